"""Claiming messages: who sends which, decided by one conditional update each time.

Source: Notify §11.3; fairness between organisations, `docs/decisions/0010-outbox.md`.
"""

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.db import connection

from notifications import notify, rules
from notifications.models import Message

# The queues are (lane, channel, organisation), found by skipping through the index. Each claim
# draws some at random, those of the first lane before others, and takes the oldest messages of
# each, so that every organisation gets its turn however long another one's queue is.
CLAIM = """
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
), due AS (
    SELECT queues.*, count(*) OVER (PARTITION BY lane) AS number
    FROM queues
    WHERE lane = ANY(%(lanes)s) AND channel = ANY(%(channels)s) AND EXISTS (
        SELECT FROM notifications_message AS head
        WHERE head.status = 'waiting' AND head.lane = queues.lane
          AND head.channel = queues.channel
          AND head.organisation_id = queues.organisation_id AND head.due_at <= %(now)s)
    ORDER BY lane, random() LIMIT %(most)s
), picked AS MATERIALIZED (
    SELECT oldest.id
    FROM due, LATERAL (
        SELECT id FROM notifications_message AS message
        WHERE message.status = 'waiting' AND message.lane = due.lane
          AND message.channel = due.channel AND message.organisation_id = due.organisation_id
          AND message.due_at <= %(now)s
        ORDER BY message.due_at, message.id
        LIMIT greatest(1, %(most)s / due.number)
        FOR UPDATE SKIP LOCKED) AS oldest
    ORDER BY due.lane LIMIT %(most)s
)
UPDATE notifications_message AS message
SET status = 'claimed', claim = gen_random_uuid(), claimed_at = %(now)s,
    attempts = attempts + 1, empty_lookups = 0, next_look_at = NULL, attempt_ended_at = NULL,
    key_type = %(key_type)s, notify_service = %(service)s
FROM picked, accounts_organisation AS organisation
WHERE message.id = picked.id AND organisation.id = message.organisation_id
RETURNING message.*, organisation.notify_reply_to_id AS reply_to_id
"""

ANY_DUE = """
SELECT EXISTS (
    SELECT FROM accounts_organisation AS organisation, unnest(%(channels)s::text[]) AS channel
    WHERE EXISTS (
        SELECT FROM notifications_message AS message
        WHERE message.status = 'waiting' AND message.lane = %(lane)s
          AND message.channel = channel
          AND message.organisation_id = organisation.id AND message.due_at <= %(now)s))
"""


def claim(
    *, lanes: Collection[int], channels: Collection[str], most: int, now: datetime
) -> list[Message]:
    """Claim up to `most` messages that are due, urgent ones first; nobody else holds them then.

    Called outside any transaction, so that the claim is committed when this returns. A claim is
    one attempt and is counted as such.
    """
    claimed = Message.objects.raw(
        CLAIM,
        {
            "lanes": list(lanes),
            "channels": list(channels),
            "most": most,
            "now": now,
            "key_type": settings.NOTIFY_KEY_TYPE,
            "service": notify.service_id(),
        },
    )
    return sorted(claimed, key=lambda message: (message.lane, message.due_at, message.pk))


def any_due(*, lane: int, channels: Collection[str], now: datetime) -> bool:
    """Whether a message of the lane may be sent now."""
    with connection.cursor() as cursor:
        cursor.execute(ANY_DUE, {"lane": lane, "channels": list(channels), "now": now})
        return cursor.fetchone()[0]


def give_up_stale(*, now: datetime) -> int:
    """Mark claims of which nothing was heard for two minutes as unclear; how many there were.

    Their sender may have died before the request, or after it: Notify is asked which.
    """
    return Message.objects.filter(
        status=Message.Status.CLAIMED, claimed_at__lt=now - rules.STALE_CLAIM
    ).update(
        status=Message.Status.UNKNOWN,
        attempt_ended_at=now,
        empty_lookups=0,
        next_look_at=now,
        reason="The sender stopped before it knew the outcome",
    )
