"""When requests and reminders go, as a table of days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import asking_rules
from consent.asking_rules import Reminder
from tests.instants import at

JAN_12, JAN_15 = date(2027, 1, 12), date(2027, 1, 15)


def day(text):
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2027-01-12T01:30", False),
        ("2027-01-12T15:59", False),
        ("2027-01-12T16:00", True),
        ("2027-01-12T19:59", True),
        ("2027-01-12T20:00", False),
        ("2027-07-12T16:00", True),
        ("2027-07-12T15:59", False),
    ],
)
def test_jobs_write_between_four_and_eight_in_london_summer_and_winter(moment, expected):
    assert asking_rules.is_time_to_write(at(moment)) is expected


@pytest.mark.parametrize(
    ("today", "requests_on", "is_closed", "expected"),
    [
        ("2026-12-21", "2026-12-22", False, False),
        ("2026-12-22", "2026-12-22", False, True),
        ("2027-01-11", "2026-12-22", False, True),
        ("2027-01-12", "2026-12-22", False, True),
        ("2027-01-15", "2026-12-22", False, False),
        ("2026-12-22", "2026-12-22", True, False),
        ("2026-12-22", None, False, False),
    ],
)
def test_requests_go_from_their_day_while_parents_can_answer(
    today, requests_on, is_closed, expected
):
    assert (
        asking_rules.requests_are_due(
            dates=[JAN_12, JAN_15],
            requests_on=requests_on and day(requests_on),
            is_closed=is_closed,
            today=day(today),
        )
        is expected
    )


def test_without_dates_nobody_is_asked():
    assert not asking_rules.requests_are_due(
        dates=[], requests_on=JAN_12, is_closed=False, today=JAN_12
    )


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        ("2027-01-04", []),
        ("2027-01-05", [JAN_12]),
        ("2027-01-08", [JAN_12, JAN_15]),
        ("2027-01-11", [JAN_12, JAN_15]),
        ("2027-01-12", [JAN_15]),
        ("2027-01-15", []),
        ("2027-02-01", []),
    ],
)
def test_a15_reminders_go_a_week_before_each_date_that_is_still_to_come(today, expected):
    assert (
        asking_rules.dates_to_remind_of(
            dates=[JAN_15, JAN_12], days_before=7, is_closed=False, today=day(today)
        )
        == expected
    )


@given(
    st.lists(st.dates(day("2026-09-01"), day("2027-07-31")), max_size=12),
    st.integers(1, 60),
    st.dates(day("2026-09-01"), day("2027-07-31")),
)
def test_i06_no_reminder_is_ever_due_for_a_date_that_is_here_or_past(dates, days_before, today):
    due = asking_rules.dates_to_remind_of(
        dates=dates, days_before=days_before, is_closed=False, today=today
    )
    assert all(today < one <= today + timedelta(days=days_before) for one in due)
    assert due == sorted(due)


@pytest.mark.parametrize(
    ("written", "today", "is_quiet"),
    [
        ("2027-01-05T16:00", "2027-01-05T19:45", True),
        ("2027-01-05T16:00", "2027-01-07T19:45", True),
        ("2027-01-05T19:45", "2027-01-08T16:00", False),
        ("2027-03-26T23:30", "2027-03-28T16:00", True),
        ("2027-03-26T23:30", "2027-03-29T16:00", False),
    ],
)
def test_three_london_days_lie_between_two_messages(written, today, is_quiet):
    assert (at(written) >= asking_rules.quiet_since(at(today))) is is_quiet


def test_the_schedule_names_the_day_of_each_reminder_still_to_go():
    assert asking_rules.reminders_to_come(
        dates=[JAN_15, JAN_12], days_before=7, today=day("2027-01-06")
    ) == [Reminder(JAN_12, day("2027-01-06")), Reminder(JAN_15, day("2027-01-08"))]


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        ("2027-01-01", []),
        ("2027-01-02", [JAN_12]),
        ("2027-01-05", [JAN_12, JAN_15]),
        ("2027-01-12", [JAN_15]),
    ],
)
def test_a_persons_reminder_stands_for_those_due_within_three_days(today, expected):
    assert (
        asking_rules.stands_for(dates=[JAN_12, JAN_15], days_before=7, today=day(today)) == expected
    )
