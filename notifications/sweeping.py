"""The sweep: everything that a lost hint or a dead worker left lying is found within a minute.

It is short, so that it may share its queue with the messages that somebody waits for. What asks
Notify about many messages may take minutes and has a job of its own.
"""

from collections.abc import Callable
from datetime import datetime

from notifications import claims, lookups, outbox, recognising, set_back, stoppages
from notifications.models import Lane


def sweep(*, clock: Callable[[], datetime]) -> None:
    """Wake senders for what is due, end what is over, and call unclear what nobody answers for."""
    set_back.put_right(now=clock())
    claims.give_up_stale(now=clock())
    stoppages.end_expired(now=clock())
    stoppages.probe(now=clock())
    recognising.let_go(now=clock())
    wake_for_due(now=clock())


def settle_unclear(*, clock: Callable[[], datetime]) -> None:
    """Ask Notify what became of unclear attempts, and wake senders for what comes back."""
    if lookups.settle_unknown(clock=clock):
        wake_for_due(now=clock())


def wake_for_due(*, now: datetime) -> None:
    """Wake the senders of each lane in which something may be sent."""
    for lane in Lane:
        channels = stoppages.open_channels(lane=lane, now=now)
        if claims.backlog(lanes=[lane], channels=channels, now=now):
            outbox.wake(lane)
