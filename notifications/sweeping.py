"""The sweep: everything that a lost hint or a dead worker left lying is found within a minute."""

from collections.abc import Callable
from datetime import datetime

from notifications import claims, lookups, outbox, restoring, set_back, stoppages
from notifications.models import Lane


def sweep(*, clock: Callable[[], datetime]) -> None:
    """Wake senders for what is due, end what is over, and settle what is unclear."""
    set_back.put_right(now=clock())
    claims.give_up_stale(now=clock())
    stoppages.end_expired(now=clock())
    stoppages.probe(now=clock())
    restoring.let_go(now=clock())
    wake_for_due(now=clock())
    if lookups.settle_unknown(clock=clock):
        wake_for_due(now=clock())


def wake_for_due(*, now: datetime) -> None:
    """Wake the senders of each lane in which something may be sent."""
    for lane in Lane:
        channels = stoppages.open_channels(lane=lane, now=now)
        if claims.backlog(lanes=[lane], channels=channels, now=now):
            outbox.wake(lane)
