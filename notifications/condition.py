"""How sending is doing as a whole: what waits and for how long, and what is unclear."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min, Q

from accounts.models import Organisation
from notifications import selectors, stoppages
from notifications.models import Lane, Message

Status = Message.Status

# A cohort's mailing of 250,000 takes two hours; a reply to a parent takes seconds.
LONGEST_WAITS = {Lane.URGENT: timedelta(minutes=10), Lane.BULK: timedelta(hours=3)}
COUNTED_UP_TO = 10_000


@dataclass(frozen=True)
class LaneState:
    """What may go now in a lane, and does not yet. `waiting` counts no further than 10,000, and
    `oldest_due_at` is when the one that waits longest could first have gone, also if it was tried
    since and rests before the next try.
    """

    lane: Lane
    waiting: int
    oldest_due_at: datetime | None
    waits_too_long: bool


def lanes(now: datetime) -> list[LaneState]:
    """Each lane, without the channels that stand still or rest for the night."""
    return [_lane(lane, stoppages.open_channels(lane=lane, now=now), now) for lane in Lane]


def _lane(lane: Lane, channels: list[str], now: datetime) -> LaneState:
    due = Message.objects.filter(
        status=Status.WAITING, lane=lane, channel__in=channels, due_at__lte=now
    )
    waiting = due.order_by()[:COUNTED_UP_TO].count()
    since = list(due.order_by().values_list("channel").annotate(Min("due_at"))) if waiting else []
    put_off = Message.objects.filter(
        status=Status.WAITING, lane=lane, channel__in=channels, first_due_at__isnull=False
    )
    since += put_off.order_by().values_list("channel").annotate(Min("first_due_at"))
    oldest = min(
        (
            max(due_at, stoppages.opened_at(channel, lane=lane, now=now) or due_at)
            for channel, due_at in since
        ),
        default=None,
    )
    return LaneState(lane, waiting, oldest, waits_too_long(lane, oldest, now))


def waits_too_long(lane: Lane, oldest_due_at: datetime | None, now: datetime) -> bool:
    """Whether the oldest due message of a lane has waited longer than it ever should."""
    if oldest_due_at is None:
        return False
    return now - oldest_due_at > LONGEST_WAITS[lane]


@dataclass(frozen=True)
class Unsettled:
    """Messages whose outcome is unclear, those unclear for over an hour, those parked, those of the
    last 30 days that were not delivered, and those without any final word five days after Notify
    took them.
    """

    unclear: int
    long_unclear: int
    parked: int
    not_delivered: int
    never_final: int


def unsettled(organisation: Organisation | None, now: datetime) -> Unsettled:
    """How many messages are unclear, need a person, or failed; up to 10,000 each."""
    messages = selectors.messages_of(organisation).order_by()
    long_ago = Q(claimed_at__lt=now - selectors.LONG_UNKNOWN)
    unclear = messages.filter(status=Status.UNKNOWN)

    def bounded(found) -> int:
        return found[:COUNTED_UP_TO].count()

    return Unsettled(
        unclear=bounded(unclear),
        long_unclear=bounded(unclear.filter(long_ago)),
        parked=bounded(messages.filter(status=Status.PARKED, resends__isnull=True)),
        not_delivered=bounded(selectors.not_delivered(organisation, now).order_by()),
        never_final=bounded(selectors.never_final(organisation, now).order_by()),
    )
