"""What follows from outcomes beyond the messages themselves: contacts that are no good, letters of
which nothing was sent, and what Notify has twice. All of it in the transaction of the outcomes.
"""

import logging
from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from cohorts.models import Child, Parent, ParentRelationship
from cohorts.signals import children_changed
from notifications.models import Channel, Message
from notifications.signals import letters_curtailed, letters_withheld

logger = logging.getLogger(__name__)

Status = Message.Status

# The field of a parent that a message on a channel went to, and the one that says it is no good.
CONTACTS = {
    Channel.EMAIL: ("email", "email_failed_at"),
    Channel.TEXT: ("phone", "phone_failed_at"),
}


def lock_ahead(messages: Collection[Message]) -> None:
    """Lock all that `Settlement.save` locks of messages that turn out to have failed, for whoever
    locks these before it saves: letters, then children, then messages, as who sends again does.
    """
    if messages:
        take_letters({message.letter for message in messages})
        lock_children(messages, flagged=messages)


def lock_children(messages: Collection[Message], *, flagged: Collection[Message]) -> None:
    """Lock the children whom messages are about that fail or are held back, and all whose contacts
    are about to be marked as no good: after letters, and before any message.
    """
    children = {message.child_id for message in messages if message.child_id}
    children |= _children_of(flagged)
    if children:
        Child.objects.lock_all(children)


def _children_of(messages: Collection[Message]) -> set[int]:
    """All children of the parents whom these went to."""
    with_parent = [message for message in messages if message.parent_id]
    if not with_parent:
        return set()
    parents = {message.parent_id for message in with_parent}
    related = ParentRelationship.objects.filter(parent__in=parents)
    children = {message.child_id for message in with_parent if message.child_id}
    return children | set(related.values_list("child_id", flat=True))


def flag_contacts(messages: Collection[Message], *, now: datetime) -> None:
    """Mark the addresses and numbers these went to as no good, unless a parent has another now.

    Their children are locked, as by `lock_children`.
    """
    with_parent = [message for message in messages if message.parent_id]
    if not with_parent:
        return
    for channel, (contact, failed_at) in CONTACTS.items():
        here = [message for message in with_parent if message.channel == channel]
        if here:
            Parent.objects.filter(
                pk__in=[message.parent_id for message in here],
                **{f"{contact}__in": [message.recipient for message in here]},
            ).update(**{failed_at: now})
    _announce_children(_children_of(with_parent), now=now)


def _announce_children(child_ids: set[int], *, now: datetime) -> None:
    """Tell who derives things from contacts. Their fault must not undo what Notify said."""
    try:
        with transaction.atomic():
            children_changed.send(Message, child_ids=sorted(child_ids), by=None, now=now)
    except Exception:
        logger.exception("Statuses may be stale after bad contacts: refresh_statuses mends them")


def take_letters(letters: Collection[UUID]) -> None:
    """Let only this transaction withhold or reword messages of these letters until it ends.

    Of two senders that have the last two messages of a letter, the second one then sees what the
    first did. The rows are not locked: what waits stays free to follow a corrected address, which
    is not waited for while this transaction waits for the child whom the corrector has.
    """
    keys = sorted(letter.int >> 65 for letter in letters)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", [keys])


def lock_letters(messages: Collection[Message]) -> dict[int, tuple[UUID, str]]:
    """Take the letters of what is withheld or failed: of all their messages, letter and status."""
    if not messages:
        return {}
    letters = {message.letter for message in messages}
    take_letters(letters)
    siblings = Message.objects.filter(letter__in=letters)
    return {
        pk: (letter, status)
        for pk, letter, status in siblings.values_list("pk", "letter", "status")
    }


def announce_withheld(
    messages: Collection[Message], siblings: Mapping[int, tuple[UUID, str]], *, now: datetime
) -> None:
    """Tell which letters lost these, and of which these were the last.

    `siblings` is what `lock_letters` found.
    """
    letters = {message.letter for message in messages}
    now_withheld = {message.pk for message in messages}
    still_alive = {
        letter
        for pk, (letter, status) in siblings.items()
        if status != Status.WITHHELD and pk not in now_withheld
    }
    if letters:
        letters_curtailed.send(Message, letters=letters, now=now)
    if unsent := letters - still_alive:
        letters_withheld.send(Message, letters=unsent, now=now)


def announce_failed(messages: Collection[Message], *, now: datetime) -> None:
    """Tell which letters reached one parent less, whom `lock_letters` has taken: the last message
    that named something may be among these. Their fault must not undo what Notify said.
    """
    letters = {message.letter for message in messages}
    if not letters:
        return
    try:
        with transaction.atomic():
            letters_curtailed.send(Message, letters=letters, now=now)
    except Exception:
        logger.exception("Letters that failed may keep their place: what changes a child frees it")


def report_doubles(accepted: Mapping[int, UUID]) -> None:
    """Log what Notify accepted for claims that were over, by message: fine if it is known by it."""
    for message in Message.objects.filter(pk__in=accepted) if accepted else ():
        if message.notify_id != accepted[message.pk]:
            logger.error(
                "Message %s: Notify accepted it as %s besides %s",
                message.reference,
                accepted[message.pk],
                message.notify_id,
            )
