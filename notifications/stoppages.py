"""When sending stands still, and what ends it. Source: Notify §12 rows 7, 13, 14 and 15."""

import logging
from datetime import datetime, timedelta

from django.db.models import Max, Q
from django.db.models.functions import Coalesce

from notifications import notify, rules
from notifications.models import Channel, Lane, Stoppage

logger = logging.getLogger(__name__)


def open_channels(*, lane: int, now: datetime) -> list[str]:
    """The channels on which a message of a lane may go now: neither stopped nor resting for the
    night, nor, for mailings, until tomorrow's allowance.
    """
    return [channel for open_lane, channel in open_queues(now=now) if open_lane == lane]


def open_queues(*, now: datetime) -> list[tuple[int, str]]:
    """The same for all lanes: each lane with each channel on which its messages may go."""
    stopped = set(
        Stoppage.objects.filter(ended_at__isnull=True)
        .filter(Q(until__isnull=True) | Q(until__gt=now))
        .values_list("scope", "kind")
    )
    shut = {scope for scope, kind in stopped if kind != Stoppage.Kind.KEPT}
    kept = {scope for scope, kind in stopped if kind == Stoppage.Kind.KEPT}
    if Stoppage.Scope.ALL in shut:
        return []
    return [
        (lane, channel)
        for lane in Lane.values
        for channel in Channel.values
        if channel not in shut
        and not (lane == Lane.BULK and channel in kept)
        and rules.send_not_before(channel, now) <= now
    ]


def opened_at(channel: str, *, lane: int, now: datetime) -> datetime | None:
    """Since when messages of a lane have been able to go on a channel that is open now: after its
    last stoppage, and texts after the night; None if it has never been shut. What rested until
    then has not waited for us.
    """
    over = Stoppage.objects.filter(scope__in=[channel, Stoppage.Scope.ALL])
    if lane != Lane.BULK:
        over = over.exclude(kind=Stoppage.Kind.KEPT)
    ended = over.aggregate(last=Max(Coalesce("ended_at", "until")))["last"]
    return max(filter(None, [ended, rules.opened_today(channel, now)]), default=None)


def stop(
    *, scope: str, kind: str, reason: str, now: datetime, until: datetime | None = None
) -> None:
    """Stop a channel, or all; one that stands still already stays as it is.

    Only where nothing but mailings rested, the new reason takes over.
    """
    end_expired(now=now)
    if kind != Stoppage.Kind.KEPT:
        Stoppage.objects.filter(scope=scope, kind=Stoppage.Kind.KEPT, ended_at__isnull=True).update(
            ended_at=now
        )
    stoppage = Stoppage(scope=scope, kind=kind, reason=reason[:300], since=now, until=until)
    Stoppage.objects.bulk_create([stoppage], ignore_conflicts=True)
    # The reason is told on the operators' page: Notify's own words stay out of the logs.
    level = logging.WARNING if kind in Stoppage.PASSING else logging.ERROR
    logger.log(level, "Sending stops (%s, %s)", scope, kind)


def stop_for(outcome: rules.Outcome, *, channel: str, now: datetime) -> None:
    """Stop what an outcome says must stop."""
    match outcome:
        case rules.Throttled("day"):
            stop(
                scope=channel,
                kind=Stoppage.Kind.ALLOWANCE,
                reason="Notify's allowance for today is spent",
                now=now,
                until=rules.allowance_renewed_at(now) + timedelta(minutes=1),
            )
        case rules.Unauthorised("skew"):
            stop(
                scope=Stoppage.Scope.ALL,
                kind=Stoppage.Kind.SKEW,
                reason=_skew_in_words(outcome.skew_seconds),
                now=now,
            )
        case rules.Unauthorised():
            stop(
                scope=Stoppage.Scope.ALL,
                kind=Stoppage.Kind.KEY,
                reason=f"Notify refuses our key: {outcome.reason}",
                now=now,
            )
        case rules.Rejected("restricted"):
            stop(
                scope=Stoppage.Scope.ALL,
                kind=Stoppage.Kind.RESTRICTED,
                reason=f"Notify refuses recipients outside the team: {outcome.reason}",
                now=now,
            )


def _skew_in_words(seconds: int | None) -> str:
    if seconds is None or abs(seconds) < rules.TOLERATED_SKEW_SECONDS:
        return "Notify says that our clock is more than 30 seconds wrong"
    direction = "ahead of" if seconds > 0 else "behind"
    return f"Our clock is {abs(seconds)} seconds {direction} Notify's"


def end_expired(*, now: datetime) -> int:
    """End the stoppages whose time is over."""
    return Stoppage.objects.filter(ended_at__isnull=True, until__lte=now).update(ended_at=now)


def end(stoppage_id: int, *, now: datetime) -> bool:
    """End one by a person's hand; false if it had ended."""
    return bool(Stoppage.objects.filter(pk=stoppage_id, ended_at__isnull=True).update(ended_at=now))


def probe(*, now: datetime) -> None:
    """Ask Notify whether it takes our key and clock by now; if so, sending goes on."""
    waiting = Stoppage.objects.filter(
        ended_at__isnull=True, kind__in=[Stoppage.Kind.SKEW, Stoppage.Kind.KEY]
    )
    if not waiting.exists():
        return
    with notify.Notify() as connection:
        refusal = connection.probe()
    if refusal is None:
        waiting.update(ended_at=now)
        logger.warning("Notify takes our key again: sending goes on")
    elif isinstance(refusal, rules.Unauthorised) and refusal.kind == "skew":
        waiting.update(kind=Stoppage.Kind.SKEW, reason=_skew_in_words(refusal.skew_seconds))
