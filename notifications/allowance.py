"""The day's allowance at Notify, counted by ourselves: mailings stop before it is spent, so that
replies to parents still go. What rests goes on after midnight UTC.

Counted as messages are written down as accepted; by senders once a second, since each batch would
cost a statement more. Rows are never counted.
Source: Notify §7 and §12 row 7; `docs/decisions/0057-a-part-of-the-day-is-kept.md`.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Q

from notifications import rules, stoppages
from notifications.models import Allowance, Channel, Message, Stoppage

ADD = """
INSERT INTO notifications_allowance AS kept (day, channel, accepted)
SELECT %(day)s, channel, accepted
FROM unnest(%(channels)s::text[], %(numbers)s::int[]) AS counted (channel, accepted)
ORDER BY channel
ON CONFLICT (day, channel) DO UPDATE SET accepted = kept.accepted + EXCLUDED.accepted
"""


def taken(reached: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """By channel, how many Notify took of what messages came to by channel and status."""
    return {
        channel: number
        for (channel, status), number in reached.items()
        if status == Message.Status.ACCEPTED
    }


def count(accepted: Mapping[str, int], *, day: date) -> None:
    """Add to the numbers of a day (`rules.allowance_day`), by channel."""
    if not accepted:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            ADD,
            {
                "day": day,
                "channels": list(accepted),
                "numbers": list(accepted.values()),
            },
        )


def limits() -> dict[str, int]:
    """How many messages of each channel Notify takes a day."""
    return {
        Channel.EMAIL: settings.NOTIFY_DAILY_EMAILS,
        Channel.TEXT: settings.NOTIFY_DAILY_TEXTS,
    }


def accepted_today(now: datetime) -> dict[str, int]:
    """How many messages of each channel Notify has taken from us since midnight UTC."""
    found = dict(
        Allowance.objects.filter(day=rules.allowance_day(now)).values_list("channel", "accepted")
    )
    return {channel: found.get(channel, 0) for channel in Channel.values}


def left_for_bulk(*, now: datetime) -> dict[str, int]:
    """How many messages of mailings may still go today, by channel; without those that rest.

    A channel with none left is put to rest here, once a day: if a person lets it go on, it does,
    until Notify itself refuses.
    """
    most = limits()
    left = {
        channel: rules.left_for_bulk(
            accepted, limit=most[channel], kept=settings.NOTIFY_DAILY_KEPT_FOR_URGENT
        )
        for channel, accepted in accepted_today(now).items()
    }
    for channel in [channel for channel, number in left.items() if not number]:
        del left[channel]
        if not _has_rested(channel, now):
            stoppages.stop(
                scope=channel,
                kind=Stoppage.Kind.KEPT,
                reason="What is left of today's allowance at Notify is kept for replies and late "
                "joiners. Mailings go on tomorrow",
                now=now,
                until=rules.allowance_renewed_at(now) + timedelta(minutes=1),
            )
    return left


def _has_rested(channel: str, now: datetime) -> bool:
    """Whether the channel was put to rest today, or stands still anyway."""
    began = rules.allowance_renewed_at(now) - timedelta(days=1)
    stands_still = Q(ended_at__isnull=True) | Q(kind=Stoppage.Kind.KEPT, since__gte=began)
    return Stoppage.objects.filter(stands_still, scope=channel).exists()
