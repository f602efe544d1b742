"""Telling which child messages are about that were sent before the child was found, or that they
are about another one.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from activity import services as activity
from activity.models import Entry
from notifications import wording
from notifications.models import Message

Status = Message.Status


@transaction.atomic
def link(letters: Collection[UUID], *, child_id: int) -> int:
    """Give the messages of these letters that have no child theirs; how many there were.

    The child's log gets the entries of what became of them so far, at the times it happened;
    what happens to them later is logged as ever. Source: consent §3.
    """
    messages = list(
        Message.objects.filter(letter__in=letters, child__isnull=True)
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )
    Message.objects.filter(pk__in=[message.pk for message in messages]).update(child=child_id)
    activity.record_all(
        activity.entry(
            child_id=child_id,
            organisation_id=message.organisation_id,
            session_id=message.session_id,
            kind=kind,
            title=f"{wording.title(message.template, message.channel)} {what}",
            body=body,
            is_contact_detail=True,
            now=at,
        )
        for message in messages
        for kind, what, body, at in _history(message)
    )
    return len(messages)


def unlink(letters: Collection[UUID], *, child_id: int) -> int:
    """Take the messages of these letters from a child whom they are not about; how many.

    What the child's log says of them stays. Whoever finds the right child links them anew.
    """
    return Message.objects.filter(letter__in=letters, child=child_id).update(child=None)


def _history(message: Message) -> list[tuple[str, str, str, datetime]]:
    """What the log would say of a message by now: kind, words, body and time."""
    told = []
    if message.accepted_at:
        told.append((Entry.Kind.MESSAGE_SENT, "sent", message.recipient, message.accepted_at))
    ended_at = message.settled_at or message.claimed_at or message.created_at
    failure = f"{message.recipient}: {message.reason}"
    if message.status in (Status.FAILED, Status.REJECTED):
        told.append((Entry.Kind.MESSAGE_FAILED, "could not be delivered", failure, ended_at))
    elif message.status == Status.PARKED:
        told.append((Entry.Kind.MESSAGE_FAILED, "could not be sent", failure, ended_at))
    elif message.status == Status.WITHHELD:
        what = f"not sent: {message.reason}"
        told.append((Entry.Kind.MESSAGE_WITHHELD, what, message.recipient, ended_at))
    return told
