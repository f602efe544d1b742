"""When parents are reminded of a visit to the school: plain values in and out.

Source: consent §8.1; sessions and clinics §8, E40.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from calendars.clock import LONDON, london_day
from sessions_app.schedule_rules import REMINDS_FROM, REMINDS_UNTIL

_DAY = timedelta(days=1)


def is_time_to_remind(now: datetime) -> bool:
    """Whether parents may be reminded now: from nine in the morning to eight in the evening.

    What nine o'clock missed, and what became known after it, still goes that day.
    """
    return REMINDS_FROM <= now.astimezone(LONDON).time() < REMINDS_UNTIL


def is_too_late_to_remind(now: datetime) -> bool:
    """Whether nobody is reminded any more today."""
    return now.astimezone(LONDON).time() >= REMINDS_UNTIL


def day_reminded_of(now: datetime) -> date:
    """The date that reminders are about now: tomorrow in London."""
    return london_day(now) + _DAY


def date_to_remind_of(
    *, dates: Collection[date], is_clinic: bool, is_closed: bool, now: datetime
) -> date | None:
    """The date of a session that parents are reminded of now; none if they are not.

    Schools only: who goes to a clinic has an appointment that this service does not know.
    """
    tomorrow = day_reminded_of(now)
    is_due = not is_clinic and not is_closed and tomorrow in dates and is_time_to_remind(now)
    return tomorrow if is_due else None


def dates_after(dates: Collection[date], day: date) -> list[date]:
    """The dates that are still to come after the one reminded of, in order: never today's."""
    return sorted(other for other in dates if other > day)
