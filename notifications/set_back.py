"""What was written by a clock that ran ahead, once it has been set back: nothing waits for it."""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Least

from notifications import clock_rules
from notifications.claims import QUEUES
from notifications.clock_rules import AHEAD
from notifications.lookups import LEASE, NOT_SENT
from notifications.models import Message

BATCH = 500
# Asked about at once where a receipt says otherwise, and while that lasts nobody may send it again.
OVER = (Message.Status.DELIVERED, Message.Status.FAILED, *NOT_SENT)
# Nothing that has reached Notify is looked at less often.
LONGEST_PAUSE = timedelta(days=1)

# Read by the index of waiting messages. What is due far ahead is rare but for the texts of an
# evening, which all wait for the same instant: those are stepped over.
DUE_AHEAD = (
    QUEUES  # noqa: S608 - put together from our own words
    + """
SELECT found.id
FROM queues,
    (VALUES (%(ahead)s::timestamptz, %(opening)s::timestamptz),
        (%(opening)s::timestamptz, 'infinity'::timestamptz)) AS stretch (begins, ends),
    LATERAL (
        SELECT id FROM notifications_message AS message
        WHERE message.status = 'waiting'
          AND (message.lane, message.channel, message.organisation_id, message.due_at)
            > (queues.lane, queues.channel, queues.organisation_id, stretch.begins)
          AND (message.lane, message.channel, message.organisation_id, message.due_at)
            < (queues.lane, queues.channel, queues.organisation_id, stretch.ends)
          AND (message.created_at > %(ahead)s OR message.claimed_at > %(ahead)s)
        LIMIT %(most)s) AS found
LIMIT %(most)s
"""
)


def put_right(*, now: datetime) -> None:
    """Bring back what waits for a moment that only a wrong clock can have written."""
    while _bring_back_waiting(now):
        pass
    _look_up_unclear(now)
    _check_known(now)


@transaction.atomic
def _bring_back_waiting(now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            DUE_AHEAD,
            {"ahead": now + AHEAD, "opening": clock_rules.next_opening(now), "most": BATCH},
        )
        found = [pk for (pk,) in cursor.fetchall()]
    waiting = Message.objects.filter(pk__in=found, status=Message.Status.WAITING)
    messages = list(waiting.order_by("pk").select_for_update(skip_locked=True))
    for message in messages:
        message.due_at = clock_rules.due_when_right(
            channel=message.channel,
            due_at=message.due_at,
            created_at=message.created_at,
            claimed_at=message.claimed_at,
            now=now,
        )
        message.created_at = min(message.created_at, now)
        message.claimed_at = message.claimed_at and min(message.claimed_at, now)
    Message.objects.bulk_update(messages, ["due_at", "created_at", "claimed_at"])
    return len(messages)


def _look_up_unclear(now: datetime) -> None:
    """Ask about unclear attempts; the quarantine begins anew, for nobody knows how old they are."""
    Message.objects.filter(status=Message.Status.UNKNOWN).filter(
        Q(attempt_ended_at__gt=now + AHEAD) | Q(next_look_at__gt=now + LEASE + AHEAD)
    ).update(
        attempt_ended_at=Least(F("attempt_ended_at"), now),
        next_look_at=now,
        empty_lookups=0,
    )


def _check_known(now: datetime) -> None:
    Message.objects.filter(status__in=OVER, next_look_at__gt=now + LEASE + AHEAD).update(
        next_look_at=now
    )
    Message.objects.filter(
        next_look_at__gt=now + LONGEST_PAUSE + AHEAD, accepted_at__isnull=False
    ).update(accepted_at=Least(F("accepted_at"), now), next_look_at=now)
