"""Academic years and year groups: plain arithmetic on dates."""

from datetime import date

FIRST_MONTH = 9


def academic_year_of(day: date) -> int:
    """The academic year a day lies in, named by its first calendar year.

    1 September starts a year. Source: cohorts and imports §2.1.
    """
    return day.year if day.month >= FIRST_MONTH else day.year - 1


def first_day_of(academic_year: int) -> date:
    """1 September of the year."""
    return date(academic_year, FIRST_MONTH, 1)


def last_day_of(academic_year: int) -> date:
    """31 August of the following calendar year."""
    return date(academic_year + 1, 8, 31)


def academic_year_label(academic_year: int) -> str:
    """As people write it: 2026/27."""
    return f"{academic_year}/{(academic_year + 1) % 100:02d}"


def year_group_of(birth_academic_year: int, academic_year: int) -> int:
    """The year group of children born in one academic year; 0 is Reception, below is nursery.

    Source: cohorts and imports §2.1.
    """
    return academic_year - birth_academic_year - 5


def birth_academic_year_of(year_group: int, academic_year: int) -> int:
    """The birth year that belongs to a year group, for a child taught out of their age group."""
    return academic_year - year_group - 5


def year_group_label(year_group: int) -> str:
    """Nursery, Reception or Year n."""
    if year_group < 0:
        return "Nursery"
    return "Reception" if year_group == 0 else f"Year {year_group}"


def age_on(born: date, day: date) -> int:
    """Whole years of age; who was born on 29 February ages on 1 March in other years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
