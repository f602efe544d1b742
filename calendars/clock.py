"""The one place that asks what time it is."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

LONDON = ZoneInfo("Europe/London")


def _shift() -> timedelta:
    """How far `MAVIS_TODAY` moves the clock of a local run: whole days, so hours stay real."""
    if not settings.MAVIS_TODAY:
        return timedelta()
    return settings.MAVIS_TODAY - settings.STARTED_ON


def now() -> datetime:
    """The present instant in UTC.

    In a local run moved by `MAVIS_TODAY`; in a rehearsal what its own clock shows, which may run
    faster than time (`CLOCK_FROM`, `CLOCK_SINCE`, `CLOCK_SPEED`).
    """
    if settings.CLOCK_FROM:
        passed = timezone.now() - settings.CLOCK_SINCE
        return settings.CLOCK_FROM + passed * settings.CLOCK_SPEED
    return timezone.now() + _shift()


def real_seconds(seconds: float) -> float:
    """How long so many seconds of our clock really last: less in a rehearsal, whose clock is fast.

    For waits that another clock measures: Redis's, or that of the process.
    """
    return seconds / settings.CLOCK_SPEED


def today() -> date:
    """The present day in London, whatever zone the process runs in."""
    return now().astimezone(LONDON).date()


def london_day(moment: datetime) -> date:
    """The London day on which an instant falls (00:30 in summer is still the UTC day before)."""
    return moment.astimezone(LONDON).date()


def london_instant(day: date, at: time) -> datetime:
    """The instant at which London clocks show `at` on `day`.

    A time that a clock change repeats means its first occurrence; one that it skips means the
    instant as far after the change.
    """
    return datetime.combine(day, at, tzinfo=LONDON).astimezone(ZoneInfo("UTC"))
