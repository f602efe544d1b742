"""Claiming messages: who sends which, decided by one conditional update each time.

Source: Notify §11.3; fairness between organisations, `docs/decisions/0010-outbox.md`.
"""

import random
from collections.abc import Collection, Sequence
from datetime import UTC, datetime

import orjson
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Q

from notifications import notify, rules
from notifications.clock_rules import AHEAD
from notifications.models import Message
from notifications.rules import Queue

# Both statements compare whole rows of the index of waiting messages, and sort by them. Compared
# one by one, the columns fit the index of all messages of an organisation too; once the planner
# takes that, a claim reads everything that was ever sent.

# The queues in which something waits, found by skipping through the index from one to the next.
QUEUES = """
WITH RECURSIVE queues AS (
    (SELECT lane, channel, organisation_id FROM notifications_message
     WHERE status = 'waiting' ORDER BY lane, channel, organisation_id LIMIT 1)
    UNION ALL
    SELECT following.*
    FROM queues, LATERAL (
        SELECT lane, channel, organisation_id FROM notifications_message
        WHERE status = 'waiting' AND (lane, channel, organisation_id)
            > (queues.lane, queues.channel, queues.organisation_id)
        ORDER BY lane, channel, organisation_id LIMIT 1) AS following
)
"""
DUE_QUEUES = (
    QUEUES  # noqa: S608 - put together from our own words
    + """
SELECT queues.lane, queues.channel, queues.organisation_id
FROM queues, LATERAL (
    SELECT id FROM notifications_message AS message
    WHERE message.status = 'waiting'
      AND (message.lane, message.channel, message.organisation_id)
        >= (queues.lane, queues.channel, queues.organisation_id)
      AND (message.lane, message.channel, message.organisation_id, message.due_at)
        <= (queues.lane, queues.channel, queues.organisation_id, %(now)s)
    ORDER BY message.lane, message.channel, message.organisation_id, message.due_at
    LIMIT 1) AS head
WHERE queues.lane = ANY(%(lanes)s) AND queues.channel = ANY(%(channels)s)
"""
)

# What is read of a message that was claimed: all that is asked or written before it has settled.
# The rest is fetched if it is asked for after all. Each moment in it costs as much as ten numbers.
UNREAD = (
    *("created_at", "first_due_at", "claimed_at"),
    *("key_type", "notify_service", "resend_of_id"),
)
COLUMNS = dict.fromkeys(
    field.attname for field in Message._meta.concrete_fields if field.attname not in UNREAD
)
CLAIM = """
WITH drawn AS (
    SELECT * FROM unnest(
        %(lanes)s::smallint[], %(channels)s::text[], %(organisations)s::bigint[],
        %(shares)s::int[], %(after_due)s::timestamptz[], %(after_ids)s::bigint[]
    ) AS drawn (lane, channel, organisation_id, share, after_due, after_id)
), picked AS MATERIALIZED (
    SELECT oldest.id
    FROM drawn, LATERAL (
        SELECT id FROM notifications_message AS message
        WHERE message.status = 'waiting'
          AND (message.lane, message.channel, message.organisation_id, message.due_at, message.id)
            > (drawn.lane, drawn.channel, drawn.organisation_id, drawn.after_due, drawn.after_id)
          AND (message.lane, message.channel, message.organisation_id, message.due_at)
            <= (drawn.lane, drawn.channel, drawn.organisation_id, %(now)s)
        ORDER BY message.lane, message.channel, message.organisation_id, message.due_at,
            message.id
        LIMIT drawn.share
        FOR UPDATE SKIP LOCKED) AS oldest
    ORDER BY drawn.lane LIMIT %(most)s
)
UPDATE notifications_message AS message
SET status = 'claimed', claim = gen_random_uuid(), claimed_at = %(now)s,
    attempts = attempts + 1, empty_lookups = 0, next_look_at = NULL, attempt_ended_at = NULL,
    key_type = %(key_type)s, notify_service = %(service)s
FROM picked, accounts_organisation AS organisation
WHERE message.id = picked.id AND organisation.id = message.organisation_id
RETURNING {columns}, organisation.notify_reply_to_id
""".format(  # noqa: S608 - put together from the names of columns
    columns=", ".join(f"message.{name}" for name in COLUMNS),
)
BEFORE_ALL = (datetime.min.replace(year=1970, tzinfo=UTC), 0)


class Backlog:
    """The queues in which something was due a moment ago, for claiming from.

    It remembers how far each queue has been claimed: without that, every claim would start over
    at the head of the queue, where what is long gone lies until the database has cleaned up. It
    is for a second or so; what comes back to a queue, or comes new, is in the next one.
    """

    def __init__(self, queues: Collection[Queue]) -> None:
        self._positions = dict.fromkeys(queues, BEFORE_ALL)

    def __bool__(self) -> bool:
        return bool(self._positions)

    def channels(self, lane: int) -> set[str]:
        """The channels of a lane in which something was due."""
        return {queue.channel for queue in self._positions if queue.lane == lane}

    def claim(self, *, most: int, now: datetime) -> list[Message]:
        """Claim up to `most` messages, urgent ones first; nobody else holds them then.

        Called outside any transaction, so that the claim is committed when this returns. A claim
        is one attempt and is counted as such.
        """
        drawn = rules.draw(list(self._positions), most, random.Random())  # noqa: S311 - fairness
        if not drawn:
            return []
        queues = list(drawn)
        with connection.cursor() as cursor:
            cursor.execute(
                CLAIM,
                {
                    "lanes": [queue.lane for queue in queues],
                    "channels": [queue.channel for queue in queues],
                    "organisations": [queue.organisation_id for queue in queues],
                    "shares": list(drawn.values()),
                    "after_due": [self._positions[queue][0] for queue in queues],
                    "after_ids": [self._positions[queue][1] for queue in queues],
                    "most": most,
                    "now": now,
                    "key_type": settings.NOTIFY_KEY_TYPE,
                    "service": notify.service_id(),
                },
            )
            claimed = [_read(row, now) for row in cursor.fetchall()]
        messages = sorted(claimed, key=lambda message: (message.lane, message.due_at, message.pk))
        for message in messages:
            queue = Queue(message.lane, message.channel, message.organisation_id)
            self._positions[queue] = (message.due_at, message.pk)
        if not messages:
            for queue in queues:
                del self._positions[queue]
        return messages


def _read(row: Sequence, now: datetime) -> Message:
    """The message of a row that `CLAIM` returned: a queryset would take twice as long."""
    *values, reply_to_id = row
    message = Message.from_db(DEFAULT_DB_ALIAS, COLUMNS, values)
    message.personalisation = orjson.loads(message.personalisation)
    message.claimed_at = now
    message.reply_to_id = reply_to_id
    return message


def backlog(*, lanes: Collection[int], channels: Collection[str], now: datetime) -> Backlog:
    """What is due in these lanes and on these channels; false if nothing is."""
    return backlog_of([(lane, channel) for lane in lanes for channel in channels], now=now)


def backlog_of(queues: Collection[tuple[int, str]], *, now: datetime) -> Backlog:
    """What is due in these lanes, each on the channel beside it; false if nothing is."""
    lanes, channels = {lane for lane, _ in queues}, {channel for _, channel in queues}
    with connection.cursor() as cursor:
        cursor.execute(DUE_QUEUES, {"lanes": list(lanes), "channels": list(channels), "now": now})
        found = [Queue(*row) for row in cursor.fetchall()]
    return Backlog([queue for queue in found if (queue.lane, queue.channel) in queues])


def give_up_stale(*, now: datetime) -> int:
    """Mark claims of which nothing was heard for two minutes as unclear; how many there were.

    Their sender may have died before the request, or after it: Notify is asked which. The same
    goes for claims of a moment that is yet to come: a clock ran ahead, nobody knows how old they
    are.
    """
    is_stale = Q(claimed_at__lt=now - rules.STALE_CLAIM) | Q(claimed_at__gt=now + AHEAD)
    return Message.objects.filter(is_stale, status=Message.Status.CLAIMED).update(
        status=Message.Status.UNKNOWN,
        attempt_ended_at=now,
        empty_lookups=0,
        next_look_at=now,
        reason=rules.SENDER_GONE,
    )
