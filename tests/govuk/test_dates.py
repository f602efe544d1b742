"""Dates typed in three parts."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govuk.dates import PARTS, UnreadableDate, read_date


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        (("5", "1", "2025"), date(2025, 1, 5)),
        (("05", "01", "2025"), date(2025, 1, 5)),
        ((" 5 ", "Jan", " 2025 "), date(2025, 1, 5)),
        (("5", "september", "2025"), date(2025, 9, 5)),
        (("29", "2", "2028"), date(2028, 2, 29)),
        (("", " ", ""), None),
    ],
)
def test_dates_are_read_as_people_write_them(typed, day):
    assert read_date(*typed) == day


@pytest.mark.parametrize(
    ("typed", "problem", "parts"),
    [
        (("5", "1", ""), "must include a year", ("year",)),
        (("", "1", "2025"), "must include a day", ("day",)),
        (("", "", "2025"), "must include a day and month", ("day", "month")),
        (("29", "2", "2027"), "must be a real date", ("day",)),
        (("32", "13", "2027"), "must be a real date", ("day", "month")),
        (("first", "1", "2027"), "must be a real date", ("day",)),
        (("1", "Ja", "2027"), "must be a real date", ("month",)),
        (("1", "1", "27"), "must have a year of 4 numbers", ("year",)),
        (("1", "1", "0000"), "must be a real date", ("year",)),
        (("-1", "1", "2027"), "must be a real date", ("day",)),
        (("\u0661", "1", "2027"), "must be a real date", ("day",)),
    ],
)
def test_what_is_wrong_is_said_of_the_part_that_is_wrong(typed, problem, parts):
    with pytest.raises(UnreadableDate) as caught:
        read_date(*typed)
    assert (caught.value.problem, caught.value.parts) == (problem, parts)


@given(st.dates(min_value=date(1000, 1, 1)))
def test_every_real_date_is_read_back(day):
    assert read_date(str(day.day), str(day.month), str(day.year)) == day
    assert read_date(f"{day:%d}", f"{day:%B}", f"{day:%Y}") == day


@given(st.text(max_size=6), st.text(max_size=6), st.text(max_size=6))
def test_anything_else_is_refused_with_parts_to_mend(day, month, year):
    try:
        read_date(day, month, year)
    except UnreadableDate as unreadable:
        assert set(unreadable.parts) <= set(PARTS)
        assert unreadable.parts
