"""When parents are reminded of a visit to the school."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.clock import LONDON, london_day
from consent import reminding_rules
from tests.instants import at

JAN_12 = date(2027, 1, 12)


@pytest.mark.parametrize(
    ("now", "is_clinic", "is_closed", "due"),
    [
        ("2027-01-11T08:59", False, False, None),
        ("2027-01-11T09:00", False, False, JAN_12),
        ("2027-01-11T19:59", False, False, JAN_12),
        ("2027-01-11T20:00", False, False, None),
        ("2027-01-10T09:00", False, False, None),
        ("2027-01-12T09:00", False, False, None),
        ("2027-01-13T09:00", False, False, None),
        ("2027-01-11T09:00", True, False, None),
        ("2027-01-11T09:00", False, True, None),
    ],
)
def test_a16_parents_are_reminded_at_nine_the_day_before(now, is_clinic, is_closed, due):
    assert due == reminding_rules.date_to_remind_of(
        dates=[JAN_12, date(2027, 1, 19)], is_clinic=is_clinic, is_closed=is_closed, now=at(now)
    )


@pytest.mark.parametrize("now", ["2027-03-27T09:00", "2026-10-24T09:00", "2026-12-31T09:00"])
def test_the_day_before_is_londons_also_when_clocks_change(now):
    tomorrow = at(now).date() + timedelta(days=1)
    assert reminding_rules.day_reminded_of(at(now)) == tomorrow


@given(
    dates=st.lists(st.dates(date(2026, 9, 1), date(2027, 8, 31)), max_size=8, unique=True),
    now=st.datetimes(
        at("2026-09-01T00:00").replace(tzinfo=None),
        at("2027-08-31T00:00").replace(tzinfo=None),
        timezones=st.just(LONDON),
    ),
)
def test_a_reminder_is_of_a_date_to_come_and_names_no_earlier_one_as_later(dates, now):
    due = reminding_rules.date_to_remind_of(dates=dates, is_clinic=False, is_closed=False, now=now)
    if due is not None:
        assert due in dates and due - london_day(now) == timedelta(days=1)
        later = reminding_rules.dates_after(dates, due)
        assert later == sorted(later) and all(day > due for day in later)
        assert {*later, due} == {day for day in dates if day > london_day(now)}
