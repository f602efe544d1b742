"""What dates a session may have, and what follows from them: plain functions of plain values.

Source of every rule: sessions and clinics §1.2, §3.1 and §4.2, with its edge cases E2 to E6 and
E21 to E24.
"""

from calendar import monthrange
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum

from calendars.bank_holidays import bank_holiday
from calendars.clock import LONDON, london_day
from calendars.rules import academic_year_of, first_day_of, last_day_of

SATURDAY = 5
MONTHS_OF_NOTICE = 3
WEEK = timedelta(days=7)
DAY = timedelta(days=1)
PREPARATION = timedelta(days=31)
# When jobs write to the parents of a school's children, in London. Source: consent §8.1.
WRITES_FROM, WRITES_UNTIL = time(16), time(20)
# When the last of an evening's jobs begins: what is saved later goes the next day.
LAST_JOB_AT = time(19, 55)
# When parents are reminded of tomorrow's visit to a school. Source: consent §8.1; E40.
REMINDS_FROM, REMINDS_UNTIL = time(9), time(20)


class State(Enum):
    """Where a session stands. The words are those of its status tag."""

    UNSCHEDULED = "No sessions scheduled"
    SCHEDULED = "Sessions scheduled"
    COMPLETED = "All sessions completed"
    CLOSED = "Closed"


def state_of(*, last_date: date | None, is_closed: bool, today: date) -> State:
    """Where a session stands on a day; the day of its last date still counts as scheduled."""
    if is_closed:
        return State.CLOSED
    if last_date is None:
        return State.UNSCHEDULED
    return State.SCHEDULED if last_date >= today else State.COMPLETED


def consent_closes_on(dates: Collection[date]) -> date | None:
    """The last day on which parents may respond: the day before the last date."""
    return max(dates) - DAY if dates else None


def is_open_for_consent(dates: Collection[date], today: date) -> bool:
    """Whether parents may respond: while there are dates, up to the day before the last one."""
    closes_on = consent_closes_on(dates)
    return closes_on is not None and today <= closes_on


def asks_on(*, requests_on: date, academic_year: int, now: datetime) -> date:
    """The day on which jobs write what is due from `requests_on`: that day, or the next on which
    they still write. So it is for a school's requests, its reminders, and a child who joins late.

    Not before 1 September: in August, the sessions of the coming year wait.
    """
    return max(requests_on, first_day_of(academic_year), next_evening(now))


def next_evening(now: datetime) -> date:
    """The day on which the next job that writes to parents of schools begins."""
    is_over = now.astimezone(LONDON).time() > LAST_JOB_AT
    return london_day(now) + is_over * DAY


def anchor_date(dates: Collection[date], today: date) -> date | None:
    """The date that notice is counted back from: the first one still to come.

    Where every date has passed it is the first of them. Source: E21, E22.
    """
    if not dates:
        return None
    return min((day for day in dates if day > today), default=min(dates))


@dataclass(frozen=True, slots=True)
class Notice:
    """The day that parents are first written to; none for a session without dates.

    `is_valid` is false where the day a person chose no longer fits the dates: they are asked.
    """

    on: date | None = None
    is_chosen: bool = False
    is_valid: bool = True


def notice(
    dates: Collection[date],
    *,
    chosen: date | None,
    frozen: date | None,
    days_before: int,
    today: date,
    reminder_days: int = 0,
) -> Notice:
    """When parents are first written to about these dates.

    A day on which that has happened is frozen; a day that a person chose is kept while it fits;
    otherwise it is `days_before` the first date still to come. Source: E5, E6, E21.
    """
    anchor = anchor_date(dates, today)
    if anchor is None:
        return Notice()
    if frozen is not None:
        return Notice(frozen, is_chosen=chosen is not None)
    if chosen is None:
        return Notice(anchor - timedelta(days=days_before))
    first, last = notice_bounds(anchor, reminder_days=reminder_days)
    return Notice(chosen, is_chosen=True, is_valid=first <= chosen <= last)


def months_before(day: date, months: int) -> date:
    """The same day of the month that many calendar months earlier, or that month's last day."""
    index = day.year * 12 + day.month - 1 - months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def notice_bounds(anchor: date, *, reminder_days: int = 0) -> tuple[date, date]:
    """The first and last day on which parents may first be written to about a session.

    At most three calendar months before; for a clinic at the latest the day before, for a school
    early enough to leave room for the reminder.
    """
    return months_before(anchor, MONTHS_OF_NOTICE), anchor - timedelta(days=reminder_days) - DAY


def most_reminder_weeks(*, anchor: date, requests_on: date) -> int:
    """The longest notice of a consent reminder that still comes after the request."""
    return (anchor - requests_on) // WEEK


def next_reminder_on(dates: Iterable[date], *, weeks: int, today: date) -> date | None:
    """The next day that a consent reminder is due; none once all of them have passed."""
    return min((day - weeks * WEEK for day in dates if day - weeks * WEEK >= today), default=None)


def is_in_year(day: date, academic_year: int) -> bool:
    """Whether a session of the academic year may be held on a day, past or not."""
    return first_day_of(academic_year) <= day <= last_day_of(academic_year)


def years_to_prepare(today: date) -> tuple[int, ...]:
    """The academic years that sessions must exist for: from 1 August the next one too.

    Source: sessions and clinics §1.4.
    """
    year = academic_year_of(today)
    return (year, year + 1) if today >= prepared_from(year + 1) else (year,)


def prepared_from(academic_year: int) -> date:
    """The first day on which sessions of an academic year exist: 1 August before it."""
    return first_day_of(academic_year) - PREPARATION


def concerns(day: date, *, today: date) -> list[str]:
    """What a person may want to know about a date before they keep it; never a refusal."""
    found = []
    if day < today:
        found.append("in the past")
    if day.weekday() >= SATURDAY:
        found.append("a Saturday" if day.weekday() == SATURDAY else "a Sunday")
    if name := bank_holiday(day):
        found.append(f"a bank holiday, {name}")
    return found


@dataclass(frozen=True, slots=True)
class Day:
    """A date of a session in a draft: `id` is the saved row it amends, none for a new one."""

    id: int | None
    value: date


@dataclass(frozen=True, slots=True)
class Changes:
    """What a draft does to the saved dates, in the order of the dates."""

    kept: tuple[date, ...] = ()
    added: tuple[date, ...] = ()
    moved: tuple[tuple[date, date], ...] = ()
    removed: tuple[date, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.moved or self.removed)

    @property
    def gone(self) -> tuple[date, ...]:
        """The days that families may have booked and that are no longer offered."""
        offered = {*self.kept, *self.added, *(new for _, new in self.moved)}
        return tuple(sorted({*self.removed, *(old for old, _ in self.moved)} - offered))


def changes(saved: Mapping[int, date], days: Sequence[Day]) -> Changes:
    """Compare a draft with the saved dates, by row: an amended row is the same date, moved."""
    amended = {day.id: day.value for day in days if day.id is not None}
    return Changes(
        kept=tuple(sorted(value for key, value in saved.items() if amended.get(key) == value)),
        added=tuple(sorted(day.value for day in days if day.id is None)),
        moved=tuple(
            sorted(
                (value, amended[key])
                for key, value in saved.items()
                if key in amended and amended[key] != value
            )
        ),
        removed=tuple(sorted(value for key, value in saved.items() if key not in amended)),
    )
