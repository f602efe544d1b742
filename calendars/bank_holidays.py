"""England's bank holidays, by name."""

from datetime import date
from functools import cache

import holidays


@cache
def _of(year: int) -> dict[date, str]:
    return dict(holidays.country_holidays("GB", subdiv="ENG", years=year))


def bank_holiday(day: date) -> str:
    """The name of England's bank holiday on a day; empty on other days."""
    return _of(day.year).get(day, "").replace("(observed)", "(substitute day)")
