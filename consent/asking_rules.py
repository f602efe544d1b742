"""When parents are asked for consent and reminded without anybody's doing: plain values in and out.

Source: consent §8.1 and §8.3; sessions and clinics §8.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from calendars.clock import LONDON, london_day, london_instant
from sessions_app.schedule_rules import WRITES_FROM, WRITES_UNTIL, is_open_for_consent

DAYS_BETWEEN = 3
_DAY = timedelta(days=1)


def is_time_to_write(now: datetime) -> bool:
    """Whether jobs may write to parents: from four to eight in the evening, when they read it.

    What a job misses it does the next day; a job that comes late at night does nothing.
    """
    return WRITES_FROM <= now.astimezone(LONDON).time() < WRITES_UNTIL


def requests_are_due(
    *, dates: Collection[date], requests_on: date | None, is_closed: bool, today: date
) -> bool:
    """Whether a school's requests go: their day has come, and parents may still answer."""
    return (
        not is_closed
        and requests_on is not None
        and requests_on <= today
        and is_open_for_consent(dates, today)
    )


def dates_to_remind_of(
    *, dates: Collection[date], days_before: int | None, is_closed: bool, today: date
) -> list[date]:
    """The dates to come whose reminders are due, the next one first.

    Dates that have passed need none, so nobody who joins late is reminded of them (I6).
    """
    if is_closed or not days_before:
        return []
    return sorted(day for day in dates if day - days_before * _DAY <= today < day)


def quiet_since(now: datetime) -> datetime:
    """Who was written to since this instant is left in peace today.

    Two messages about one child are three London days apart: after the 5th comes the 8th.
    """
    return london_instant(london_day(now) - (DAYS_BETWEEN - 1) * _DAY, time())


@dataclass(frozen=True, slots=True)
class Reminder:
    """A date to come, and the day on which its reminders go."""

    date: date
    goes_on: date


def reminders_to_come(
    *, dates: Iterable[date], days_before: int | None, today: date
) -> list[Reminder]:
    """The reminders that are still to go, for the page that shows the schedule."""
    if not days_before:
        return []
    return [
        Reminder(day, max(today, day - days_before * _DAY)) for day in sorted(dates) if day > today
    ]


def stands_for(*, dates: Iterable[date], days_before: int | None, today: date) -> list[date]:
    """The dates whose reminder is skipped if a person reminds today: those due within three days.

    The next one first; of each child the first that they were not reminded of counts.
    Source: consent §8.3.
    """
    return [
        reminder.date
        for reminder in reminders_to_come(dates=dates, days_before=days_before, today=today)
        if reminder.goes_on <= today + DAYS_BETWEEN * _DAY
    ]
