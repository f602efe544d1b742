"""Reading a date that was typed in three parts. Source: GOV.UK Design System, date input."""

from datetime import date

PARTS = ("day", "month", "year")
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
SHORTEST_MONTH_NAME = 3
YEAR_DIGITS = 4


class UnreadableDate(ValueError):
    """Says what is wrong, as the end of a sentence that starts with the field's label.

    `parts` are the names of the parts to mend.
    """

    def __init__(self, problem: str, parts: tuple[str, ...]) -> None:
        super().__init__(problem)
        self.problem = problem
        self.parts = parts


def read_date(day: str, month: str, year: str) -> date | None:
    """The date typed, or None if every part is empty; month names are understood.

    Raises `UnreadableDate` for anything else.
    """
    typed = dict(zip(PARTS, (day.strip(), month.strip(), year.strip()), strict=True))
    if not any(typed.values()):
        return None
    missing = tuple(part for part in PARTS if not typed[part])
    if missing:
        raise UnreadableDate(f"must include a {' and '.join(missing)}", missing)
    wrong = []
    day_number = _number(typed["day"])
    if day_number is None or not 1 <= day_number <= 31:
        wrong.append("day")
    month_number = _month(typed["month"])
    if month_number is None:
        wrong.append("month")
    year_number = _number(typed["year"])
    if year_number is None or year_number == 0:
        wrong.append("year")
    elif len(typed["year"]) != YEAR_DIGITS:
        raise UnreadableDate("must have a year of 4 numbers", ("year",))
    if wrong:
        raise UnreadableDate("must be a real date", tuple(wrong))
    assert day_number is not None and month_number is not None and year_number is not None
    try:
        return date(year_number, month_number, day_number)
    except ValueError:
        raise UnreadableDate("must be a real date", ("day",)) from None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= YEAR_DIGITS else None


def _month(text: str) -> int | None:
    """1 to 12, from a number or from at least three letters of a month's name."""
    number = _number(text)
    if number is not None:
        return number if 1 <= number <= len(MONTHS) else None
    if len(text) < SHORTEST_MONTH_NAME:
        return None
    return next((i for i, m in enumerate(MONTHS, 1) if m.startswith(text.lower())), None)
