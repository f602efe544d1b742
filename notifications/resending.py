"""Sending a message again because a person asks for it: a new row that names the old one.

Source: Notify §11.8 and §12 rows 12, 24, 25 and 26.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from cohorts.models import Child
from notifications import aftermath, lookups, outbox, recognising, rules
from notifications.models import Channel, Lane, Message

Status = Message.Status

_typed_addresses: set[str] = set()


def goes_where_it_was_typed(template: str) -> None:
    """Let an app above say that a message may reply to an address that somebody typed: where it
    does, no parent on record has it, so that it can only go there again.
    """
    _typed_addresses.add(template)


class CannotSendAgain(Exception):
    """Why not, as a sentence for the person who asked."""


def may_have_arrived(message: Message) -> bool:
    """Whether nobody knows if Notify delivered it."""
    return message.status == Status.PARKED and message.reason in (
        lookups.FORGOTTEN,
        lookups.OTHER_KEY,
        recognising.SIMILAR,
    )


@transaction.atomic
def send_again(message_id: int, *, by: User, now: datetime) -> bool:
    """Queue a failed or parked message once more; false if somebody has done so already.

    It goes to the parent's present address, or where it was typed, and its guard is asked as ever.
    Raises CannotSendAgain, also where another message of the letter may be read at that address.
    """
    letter, child_id = Message.objects.values_list("letter", "child_id").get(pk=message_id)
    # Nobody else sends this letter again, or corrects where it goes, until this is committed.
    aftermath.take_letters([letter])
    Child.objects.lock_all([child_id] if child_id else [])
    message = Message.objects.select_for_update().get(pk=message_id)
    if message.status not in Message.UNDELIVERED:
        raise CannotSendAgain("This message does not need to be sent again.")
    if message.resends.exists():
        return False
    if message.notify_id is None and message.next_look_at:
        raise CannotSendAgain(
            "GOV.UK Notify is being asked whether it has this message. Try again in 20 minutes."
        )
    recipient = _present_address(message)
    if _may_be_read_there(message, recipient):
        raise CannotSendAgain(
            "Another message with the same letter went or goes to the same "
            f"{_what(message.channel)}."
        )
    again = Message(
        letter=message.letter,
        template=message.template,
        channel=message.channel,
        recipient=recipient,
        personalisation=message.personalisation,
        organisation_id=message.organisation_id,
        child_id=message.child_id,
        parent_id=message.parent_id,
        session_id=message.session_id,
        sent_by=by,
        resend_of=message,
        lane=Lane.URGENT,
        due_at=now,
    )
    if not outbox.queue_all([again], now=now):
        return False
    if message.left_out:
        Message.objects.filter(reference=again.reference).update(left_out=message.left_out)
    return True


def _may_be_read_there(message: Message, recipient: str) -> bool:
    """Whether another message of its letter has reached an address, or may reach it yet. A parked
    one that a person has sent again is not the one to ask about.
    """
    there = Message.objects.filter(
        letter=message.letter, channel=message.channel, recipient=recipient
    )
    is_open = Q(resends__isnull=True) | ~Q(status=Status.PARKED)
    others = there.filter(is_open).exclude(pk=message.pk)
    return others.exclude(status__in=Message.REACHED_NOBODY).exists()


def refused(messages: QuerySet[Message]) -> QuerySet[Message]:
    """Those that Notify refused for a mistake of ours, so that it never had them; without such as
    it is being asked about, since a receipt says otherwise.
    """
    return messages.filter(
        status=Status.PARKED,
        reason__startswith=rules.REFUSED,
        notify_id__isnull=True,
        next_look_at__isnull=True,
        resends__isnull=True,
    )


@transaction.atomic
def try_refused_again(messages: QuerySet[Message], *, now: datetime) -> int:
    """Put refused messages back into the queue once the mistake is mended; how many.

    The same rows go, since Notify never had them. Source: Notify §12 row 12.
    """
    # Whoever sends one again meanwhile holds its row and does not change it: that it is no longer
    # to be tried is only seen by a statement that begins after the rows are ours.
    locked = list(
        refused(messages).order_by("pk").select_for_update(of=["self"]).values_list("pk", flat=True)
    )
    waiting = Message.objects.filter(
        pk__in=refused(Message.objects.filter(pk__in=locked)).values("pk")
    ).update(status=Status.WAITING, due_at=now, first_due_at=None, reason="")
    if waiting:
        transaction.on_commit(lambda: outbox.wake(Lane.BULK), robust=True)
    return waiting


def _is_from_nobody_to_nobody(message: Message) -> bool:
    """Whether it first went by itself, to no parent on record."""
    first = message
    while first.resend_of is not None:
        first = first.resend_of
    return first.sent_by_id is None and first.parent_id is None


def _what(channel: str) -> str:
    return "email address" if channel == Channel.EMAIL else "phone number"


def _present_address(message: Message) -> str:
    if message.template in _typed_addresses and _is_from_nobody_to_nobody(message):
        if message.notify_status == rules.NO_SUCH_CONTACT:
            raise CannotSendAgain("The address or number that was typed does not exist.")
        return message.recipient
    parent = message.parent
    if parent is None:
        raise CannotSendAgain("The parent’s details have been removed from the record.")
    is_email = message.channel == Channel.EMAIL
    what = _what(message.channel)
    address = parent.email if is_email else parent.phone
    failed_at = parent.email_failed_at if is_email else parent.phone_failed_at
    if not address:
        raise CannotSendAgain(f"The parent has no {what} any more.")
    if failed_at:
        raise CannotSendAgain(
            f"The parent’s {what} is known to be wrong. Correct it on the child’s record first."
        )
    return address
