"""The way in: queue messages, wake the senders, say which messages must not go any more.

A message is a committed row before anything is sent. Waking is a hint that may be lost; the
sweep finds what it missed. Source: Notify §11, `docs/decisions/0010-outbox.md`.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db import connection, transaction

from notifications import hints, rules, wording
from notifications.models import Message
from notifications.rewording import Rewording

BATCH = 2000
SEND_TASK = "notifications.send_due"
# An import, or whatever else may take minutes, shares the other queue.
QUEUE = "urgent"

# Asked just before sending, in batches: message id -> why it must not be sent any more, or what it
# says instead.
Guard = Callable[..., Mapping[int, str | Rewording]]
_guards: dict[str, Guard] = {}

INSERT = """
INSERT INTO notifications_message (
    reference, letter, template, channel, recipient, personalisation, organisation_id, child_id,
    parent_id, session_id, sent_by_id, resend_of_id, lane, due_at, status, created_at)
SELECT queued.*, 'waiting', %s
FROM unnest(
    %s::text[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::jsonb[], %s::bigint[],
    %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::smallint[],
    %s::timestamptz[]) AS queued
ON CONFLICT DO NOTHING
"""


def queue_all(messages: Iterable[Message], *, now: datetime) -> int:
    """Save unsaved messages in the caller's transaction; how many were new.

    What the unique key holds already (the letter, channel and address) is left alone. Texts that
    would fall into the night are put off to the morning. On commit the senders are woken for
    what is due. Raises UnknownWording for a message nobody has written.
    """
    queued = 0
    lanes: set[int] = set()
    remaining = iter(messages)
    while batch := list(islice(remaining, BATCH)):
        for message in batch:
            wording.get(message.template, message.channel)
            message.due_at = rules.send_not_before(message.channel, message.due_at)
            if message.due_at <= now:
                lanes.add(message.lane)
        queued += _insert(batch, now)
    for lane in sorted(lanes):
        transaction.on_commit(lambda lane=lane: wake(lane), robust=True)
    return queued


def _insert(messages: Sequence[Message], now: datetime) -> int:
    columns = zip(
        *(
            (
                message.reference,
                message.letter,
                message.template,
                message.channel,
                message.recipient,
                json.dumps(message.personalisation),
                message.organisation_id,
                message.child_id,
                message.parent_id,
                message.session_id,
                message.sent_by_id,
                message.resend_of_id,
                message.lane,
                message.due_at,
            )
            for message in messages
        ),
        strict=True,
    )
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [now, *map(list, columns)])
        return cursor.rowcount


class AlreadyClaimed(Exception):
    """A sender has taken up one of the messages: it may have been sent."""


WITHDRAW = """
WITH mine AS MATERIALIZED (
    SELECT id, status FROM notifications_message
    WHERE letter = ANY(%(letters)s) AND resend_of_id IS NULL
    ORDER BY id FOR UPDATE
), withdrawn AS (
    UPDATE notifications_message AS message
    SET status = 'withheld', settled_at = %(now)s, reason = %(reason)s
    FROM mine WHERE message.id = mine.id AND mine.status = 'waiting'
)
SELECT count(*) FILTER (WHERE status = 'waiting'),
       count(*) FILTER (WHERE status NOT IN ('waiting', 'withheld'))
FROM mine
"""


def withdraw(letters: Collection[UUID], *, reason: str, now: datetime) -> int:
    """Take every message of these letters out of the queue; how many there were.

    Runs in the caller's transaction. Raises AlreadyClaimed if a sender has one of them: then
    nothing may be withdrawn, and the transaction must end.
    """
    with connection.cursor() as cursor:
        cursor.execute(WITHDRAW, {"letters": list(letters), "reason": reason, "now": now})
        withdrawn, claimed = cursor.fetchone()
    if claimed:
        raise AlreadyClaimed
    return withdrawn


def keep_waiting(letters: Iterable[UUID]) -> None:
    """Let no sender take up a message of these letters that waits, until the transaction ends.

    What the caller reads afterwards is thus what is true of them: sent off before, or not at all
    before all that it writes can be seen.
    """
    waiting = Message.objects.filter(letter__in=list(letters), status=Message.Status.WAITING)
    list(waiting.order_by("pk").select_for_update(no_key=True).values_list("pk"))


HOLD = """
UPDATE notifications_message
SET due_at = CASE channel WHEN 'text' THEN %(texts_from)s ELSE %(until)s END::timestamptz
WHERE letter = ANY(%(letters)s) AND status = 'waiting' AND resend_of_id IS NULL
"""


def hold(letters: Collection[UUID], *, until: datetime) -> None:
    """Let no message of these letters, queued in this transaction, go before an instant."""
    with connection.cursor() as cursor:
        cursor.execute(
            HOLD,
            {
                "letters": list(letters),
                "until": until,
                "texts_from": rules.send_not_before("text", until),
            },
        )


def wake(lane: int) -> None:
    """Ask a worker to send what is due. A broker that is down is logged, never an error."""
    hints.give(SEND_TASK, int(lane), queue=QUEUE)


def register_guard(template: str, guard: Guard) -> None:
    """Have `guard(messages, *, now)` asked about every message of a template before it goes.

    It answers message id -> reason, in words for the child's page, for those that must not be
    sent any more, and -> Rewording for those that go, but say something else. It is asked in
    batches and outside any transaction.
    """
    _guards[template] = guard


def guard_of(template: str) -> Guard | None:
    """The guard that was registered for a template."""
    return _guards.get(template)
