"""When a child counts as vaccinated in a programme. Source: vaccination and people §1.2.

Everything here works on London days, never on instants, so that a dose of 1 September counts in
September and a gap of 28 days is 28 days whatever the clocks did in between.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from calendars.rules import academic_year_of

ADMINISTERED = "administered"
ALREADY_HAD = "already_had"

TEENAGE_DOSE_AGE = 10 * 12
TEENAGE_BOOSTER_DOSE = 5
MMR_FIRST_DOSE_AGE = 12
MMR_SECOND_DOSE_AGE = 15
MMR_GAP = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Record:
    """What the rules need of one kept vaccination record."""

    outcome: str
    performed_on: date
    dose_sequence: int | None = None
    recorded_live: bool = False


def age_in_months(born_on: date, day: date) -> int:
    """Completed months of life on a day, negative before birth.

    A month is complete on the day of the month of the birthday; where the month lacks that day,
    on the next first. A child born on 29 February is 12 months old on 1 March.
    """
    months = (day.year - born_on.year) * 12 + day.month - born_on.month
    return months if day.day >= born_on.day else months - 1


def is_vaccinated(
    programme: str, *, born_on: date, academic_year: int, records: Iterable[Record]
) -> bool:
    """Whether a child counts as vaccinated in a programme, as known of one academic year.

    `records` are the child's kept records of that programme in any order. Those after the end of
    the academic year do not count in it; for flu, only those within it do.
    """
    known = [r for r in records if _counts_in(programme, r, academic_year)]
    if any(r.outcome == ALREADY_HAD for r in known):
        return True
    given = sorted(
        (r for r in known if r.outcome == ADMINISTERED), key=lambda record: record.performed_on
    )
    if programme == "menacwy":
        return any(_is_teenage_dose(r, born_on) for r in given)
    if programme == "td_ipv":
        return any(
            _is_teenage_dose(r, born_on)
            and (r.dose_sequence == TEENAGE_BOOSTER_DOSE or r.recorded_live)
            for r in given
        )
    if programme == "mmr":
        return _has_two_mmr_doses(born_on, [r.performed_on for r in given])
    return bool(given)


def _counts_in(programme: str, record: Record, academic_year: int) -> bool:
    year = academic_year_of(record.performed_on)
    return year == academic_year if programme == "flu" else year <= academic_year


def _is_teenage_dose(record: Record, born_on: date) -> bool:
    return age_in_months(born_on, record.performed_on) >= TEENAGE_DOSE_AGE


def _has_two_mmr_doses(born_on: date, days: list[date]) -> bool:
    """One valid first dose, then one old enough and far enough from the dose before it.

    The gap is measured to the previous dose of any kind, an invalid one too.
    """
    has_first = False
    previous: date | None = None
    for day in days:
        age = age_in_months(born_on, day)
        if not has_first:
            has_first = age >= MMR_FIRST_DOSE_AGE
        elif age >= MMR_SECOND_DOSE_AGE and previous is not None and day - previous >= MMR_GAP:
            return True
        previous = day
    return False
