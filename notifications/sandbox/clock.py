"""The sandbox's own clock, and how its instants are written."""

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
MICROSECONDS = 1_000_000
RETENTION_SWEEP_HOUR_UTC = 3


class Clock:
    """Real time moved by an offset and, if asked, running faster; set through the control API."""

    def __init__(self) -> None:
        self.speed = 1.0
        self._anchor_real = self._anchor_shown = time.time()

    def now(self) -> float:
        """Seconds since the epoch on the sandbox's clock."""
        return self._anchor_shown + (time.time() - self._anchor_real) * self.speed

    def micros(self) -> int:
        """Microseconds since the epoch, the unit in which the store keeps instants."""
        return int(self.now() * MICROSECONDS)

    def set(self, *, offset_s: float | None = None, speed: float | None = None) -> None:
        """Move the clock to `offset_s` seconds from real time, and let it run at `speed`."""
        shown = self.now()
        self._anchor_real = time.time()
        self._anchor_shown = shown if offset_s is None else self._anchor_real + offset_s
        if speed is not None:
            self.speed = speed

    def reset(self) -> None:
        self.set(offset_s=0.0, speed=1.0)

    def real_seconds_until(self, micros: int) -> float:
        """How long to wait in real time until the clock shows that instant; 0 if it has passed."""
        return max(0.0, (micros / MICROSECONDS - self.now()) / self.speed)

    @property
    def offset_s(self) -> float:
        return self.now() - time.time()


def iso(micros: int | None) -> str | None:
    """`YYYY-MM-DDTHH:MM:SS.ffffffZ`, or None. Source: Notify §3.4."""
    if micros is None:
        return None
    return from_micros(micros).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_micros(micros: int) -> datetime:
    # By whole microseconds: a float of this size would lose the last digits.
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)


def to_micros(instant: datetime) -> int:
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def utc_day(micros: int) -> date:
    """The day a daily allowance counts for; it starts at midnight UTC. Source: Notify §7."""
    return from_micros(micros).date()


def retention_cutoff(now: int, days: int) -> int:
    """Messages created before this instant are forgotten.

    Each night about 03:00 UTC everything from before London midnight, `days` days ago, is deleted.
    Source: Notify §7.
    """
    last_sweep = from_micros(now) - timedelta(hours=RETENTION_SWEEP_HOUR_UTC)
    day = last_sweep.astimezone(LONDON).date() - timedelta(days=days)
    return to_micros(datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC))
