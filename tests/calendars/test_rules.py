from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars import rules


@pytest.mark.parametrize(
    ("born", "group"),
    [
        (date(2012, 8, 31), 8),
        (date(2012, 9, 1), 7),
        (date(2011, 9, 1), 8),
        (date(2008, 8, 31), 12),
        (date(2019, 9, 1), 0),
        (date(2020, 9, 1), -1),
    ],
)
def test_year_group_of_a_birth_date_in_2024(born, group):
    assert rules.year_group_of(rules.academic_year_of(born), 2024) == group


@given(st.integers(1990, 2100), st.integers(2000, 2100))
def test_year_group_rises_by_one_each_september(birth_year, year):
    before = rules.year_group_of(birth_year, year)
    assert rules.year_group_of(birth_year, year + 1) == before + 1


@given(st.dates(date(1990, 1, 1), date(2100, 12, 31)))
def test_every_day_lies_between_the_ends_of_its_year(day):
    year = rules.academic_year_of(day)
    assert rules.first_day_of(year) <= day <= rules.last_day_of(year)


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2013, 10, 1), date(2026, 9, 30), 12),
        (date(2013, 10, 1), date(2026, 10, 1), 13),
        (date(2012, 2, 29), date(2025, 2, 28), 12),
        (date(2012, 2, 29), date(2025, 3, 1), 13),
        (date(2012, 2, 29), date(2024, 2, 29), 12),
        (date(2026, 10, 1), date(2026, 10, 1), 0),
    ],
)
def test_age_grows_on_the_birthday(born, day, age):
    assert rules.age_on(born, day) == age


@pytest.mark.parametrize(
    ("year", "label"), [(2026, "2026/27"), (2008, "2008/09"), (2099, "2099/00")]
)
def test_academic_years_as_people_write_them(year, label):
    assert rules.academic_year_label(year) == label


@pytest.mark.parametrize(
    ("group", "label"),
    [(-2, "Nursery"), (-1, "Nursery"), (0, "Reception"), (1, "Year 1"), (11, "Year 11")],
)
def test_year_groups_as_people_say_them(group, label):
    assert rules.year_group_label(group) == label


@given(st.integers(-1, 13), st.integers(2000, 2100))
def test_a_year_group_and_its_birth_year_belong_together(group, year):
    born = rules.birth_academic_year_of(group, year)
    assert rules.year_group_of(born, year) == group
