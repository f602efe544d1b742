"""Messages that wait follow their parent to a corrected address.

Their guards let nothing go to an address that is no longer the child's, so without this a parent
whose address was corrected while a message waited, as texts do at night, would get nothing. One
that did not wait just then, but was being sent or looked up, or lay parked, follows when it comes
to be sent after all and its guard says that the address has changed. What no guard would hold back,
since it goes where it was just given, is withheld here where it has nowhere to follow to.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.dispatch import receiver

from cohorts.models import Child, Contact, Parent
from cohorts.signals import children_changed
from notifications.aftermath import take_letters
from notifications.models import Channel, Message
from notifications.patience import impatient
from notifications.resending import refused
from notifications.settling import Settlement

CONTACT_CHANGED = "The contact details have changed"

# Of the messages that are `free` to go elsewhere, where each goes now. An address that the letter
# goes to already gets nothing more.
MOVE = """
UPDATE notifications_message AS message SET {assignments}
FROM (
    SELECT DISTINCT ON (free.letter, free.channel, contact.recipient)
           free.id, contact.recipient
    FROM free
    JOIN cohorts_contact AS contact
      ON contact.child_id = free.child_id AND contact.parent_id = free.parent_id
     AND contact.channel = free.channel
    WHERE (free.recipient_corrected OR NOT EXISTS (
          SELECT FROM cohorts_contact AS kept
          WHERE kept.child_id = free.child_id AND kept.channel = free.channel
            AND kept.recipient = free.recipient))
      AND NOT EXISTS (
          SELECT FROM notifications_message AS other
          WHERE other.letter = free.letter AND other.channel = free.channel
            AND other.recipient = contact.recipient AND other.id <> free.id)
    ORDER BY free.letter, free.channel, contact.recipient, free.id
) AS present
WHERE message.id = present.id
"""
# Only what nobody is sending or holding back, so that nobody waits for a sender here.
READDRESS = """
WITH free AS MATERIALIZED (
    SELECT * FROM notifications_message
    WHERE child_id = ANY(%(children)s) AND status = 'waiting' AND id <> ALL(%(staying)s)
    FOR UPDATE SKIP LOCKED
)
{move}
""".format(  # noqa: S608 - put together from the constants above
    move=MOVE.format(assignments="recipient = present.recipient, recipient_corrected = false")
)
# Back to the queue, and no attempt is counted.
FOLLOW = """
WITH free AS MATERIALIZED (
    SELECT * FROM notifications_message
    WHERE id = ANY(%(ids)s) AND claim = ANY(%(claims)s) FOR UPDATE
)
{move}
RETURNING message.id
""".format(  # noqa: S608 - put together from the constants above
    move=MOVE.format(
        assignments="recipient = present.recipient, status = 'waiting', claim = NULL, "
        "attempts = greatest(message.attempts - 1, 0), recipient_corrected = false"
    )
)

# Of waiting messages, the ids of those that go where they are addressed to, whatever is on record.
Staying = Callable[[Sequence[Message]], Collection[int]]
_staying: dict[str, Staying] = {}


def register_staying(template: str, staying: Staying) -> None:
    """Let an app above say which messages of a template go to an address that a person just gave
    for them: one that is on no record has not been corrected.
    """
    _staying[template] = staying


def readdress(child_ids: Iterable[int]) -> int:
    """Send what waits for parents of these children to their present addresses; how many.

    Runs in the transaction that changed the addresses.
    """
    children = list(child_ids)
    staying = _staying_of(children)
    with connection.cursor() as cursor:
        cursor.execute(READDRESS, {"children": children, "staying": staying})
        return cursor.rowcount


@impatient()
def follow_at_last(messages: Sequence[Message]) -> set[int]:
    """Put claimed messages back into the queue, each to its parent's present address; their ids.

    For those whose guard says that the address has changed. The others have nowhere to follow to.
    Raises OperationalError where somebody else has their children for long, as an import may:
    others who are due wait in the same batch.
    """
    if not messages:
        return set()
    # Whoever sends one of the letters again, or corrects these parents, is waited for.
    take_letters({message.letter for message in messages})
    Child.objects.lock_all({message.child_id for message in messages if message.child_id})
    with connection.cursor() as cursor:
        cursor.execute(
            FOLLOW,
            {
                "ids": [message.pk for message in messages],
                "claims": [message.claim for message in messages],
            },
        )
        return {pk for (pk,) in cursor.fetchall()}


def _staying_of(child_ids: list[int]) -> list[int]:
    waiting = Message.objects.filter(
        child__in=child_ids, status=Message.Status.WAITING, template__in=_staying
    )
    by_rule: dict[Staying, list[Message]] = {}
    for message in waiting:
        by_rule.setdefault(_staying[message.template], []).append(message)
    return [pk for staying, messages in by_rule.items() for pk in staying(messages)]


def follow_correction(parent: Parent, *, email: str, phone: str, now: datetime) -> None:
    """Send on what waits for a parent at the address and number that were on record until now, also
    what was given with an answer: it was the one put right. A letter stays at an address that
    another parent of the child has, too.

    So does what Notify refused for a mistake of ours, which goes once that is mended, and what is
    being sent or looked up, should it come to be sent again.

    What was given with an answer and cannot follow, as the new address or number is none that can
    be written to or has the letter already, is withheld. All else has a guard that holds it back.

    Runs in the transaction that corrected them, before `children_changed`.
    """
    for channel, old, new in (
        (Channel.EMAIL, email, parent.email),
        (Channel.TEXT, phone, parent.phone),
    ):
        if not old or old == new:
            continue
        there = Message.objects.filter(parent=parent, channel=channel, recipient=old)
        to_be_sent = Q(status=Message.Status.WAITING) | Q(pk__in=refused(there).values("pk"))
        waiting = there.filter(to_be_sent)
        if Contact.objects.filter(parent=parent, channel=channel, recipient=new).exists():
            _move(waiting, channel, old, new)
        _withhold(waiting.filter(template__in=_staying), now=now)
        _note_of_those_under_way(parent, channel, old, new)


def hand_over(*, stays: Parent, goes: Parent) -> None:
    """Let the messages to one contact be the other's, who is the same person. What somebody is
    sending at this moment keeps naming the one who goes, so that nobody waits for a sender here; so
    does what was about a child whom another organisation has now.

    Runs in the transaction that has locked the children of both, before `follow_correction`.
    """
    ours = Message.objects.filter(parent=goes, child__organisation=stays.organisation_id)
    free = ours.select_for_update(skip_locked=True, of=("self",))
    Message.objects.filter(pk__in=list(free.values_list("pk", flat=True))).update(parent=stays)


def _move(waiting: QuerySet[Message], channel: Channel, old: str, new: str) -> None:
    goes_there = Message.objects.filter(letter=OuterRef("letter"), channel=channel, recipient=new)
    shared = Contact.objects.filter(child=OuterRef("child"), channel=channel, recipient=old)
    free = waiting.filter(
        ~Exists(goes_there), ~Exists(shared) | Q(template__in=_staying)
    ).select_for_update(skip_locked=True, of=("self",))
    moved = list(free.values_list("pk", flat=True))
    Message.objects.filter(pk__in=moved).update(recipient=new, recipient_corrected=False)


def _note_of_those_under_way(parent: Parent, channel: Channel, old: str, new: str) -> None:
    """Their guards would let them go where they were just given; all others see for themselves."""
    theirs = Message.objects.filter(parent=parent, channel=channel, template__in=_staying)
    under_way = Q(status__in=[Message.Status.CLAIMED, Message.Status.UNKNOWN])
    for found, is_corrected in (
        (theirs.filter(recipient=new, recipient_corrected=True), False),
        (theirs.filter(under_way, recipient=old), True),
    ):
        free = found.select_for_update(skip_locked=True, of=("self",))
        noted = list(free.values_list("pk", flat=True))
        Message.objects.filter(pk__in=noted).update(recipient_corrected=is_corrected)


def _withhold(waiting: QuerySet[Message], *, now: datetime) -> None:
    settlement = Settlement(now=now)
    for message in waiting.select_for_update(skip_locked=True, of=("self",)):
        settlement.withhold(message, reason=CONTACT_CHANGED)
    settlement.save(announces=False)


@receiver(children_changed)
def follow(*, child_ids: list[int], **_) -> None:
    readdress(child_ids)
