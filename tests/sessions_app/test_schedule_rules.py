"""What dates a session may have, what follows from them, and what a draft changes."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.rules import academic_year_of
from sessions_app import schedule_rules as rules
from sessions_app.schedule_rules import Day, Notice, State
from tests.instants import at

days = st.dates(date(2020, 1, 1), date(2040, 12, 31))
sets_of_days = st.frozensets(days, min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("last_date", "is_closed", "state"),
    [
        (None, False, State.UNSCHEDULED),
        (date(2027, 3, 11), False, State.SCHEDULED),
        (date(2027, 3, 10), False, State.SCHEDULED),
        (date(2027, 3, 9), False, State.COMPLETED),
        (date(2027, 3, 9), True, State.CLOSED),
        (None, True, State.CLOSED),
    ],
)
def test_state_on_10_march(last_date, is_closed, state):
    assert state == rules.state_of(
        last_date=last_date, is_closed=is_closed, today=date(2027, 3, 10)
    )


@pytest.mark.parametrize(
    ("today", "is_open"), [(date(2024, 3, 10), True), (date(2024, 3, 11), False)]
)
def test_consent_closes_the_day_before_the_last_date(today, is_open):
    dates = [date(2024, 3, 10), date(2024, 3, 11)]
    assert rules.consent_closes_on(dates) == date(2024, 3, 10)
    assert rules.is_open_for_consent(dates, today) is is_open


def test_consent_is_not_open_without_dates():
    assert not rules.is_open_for_consent([], date(2024, 3, 10))


@pytest.mark.parametrize(
    ("dates", "today", "anchor"),
    [
        ([], date(2024, 2, 18), None),
        ([date(2024, 3, 10), date(2024, 3, 11)], date(2024, 2, 18), date(2024, 3, 10)),
        ([date(2024, 3, 10), date(2024, 3, 11)], date(2024, 3, 10), date(2024, 3, 11)),
        ([date(2024, 2, 1), date(2024, 3, 10)], date(2024, 2, 18), date(2024, 3, 10)),
        ([date(2024, 2, 2), date(2024, 2, 1)], date(2024, 2, 18), date(2024, 2, 1)),
    ],
)
def test_e21_notice_counts_back_from_the_first_future_date(dates, today, anchor):
    assert rules.anchor_date(dates, today) == anchor


def noticed(dates, today, *, chosen=None, frozen=None, days_before=21, reminder_days=0):
    return rules.notice(
        dates,
        chosen=chosen,
        frozen=frozen,
        days_before=days_before,
        today=today,
        reminder_days=reminder_days,
    )


def test_a03_clinic_parents_are_invited_three_weeks_before():
    dates = [date(2024, 3, 11), date(2024, 3, 10)]
    assert noticed(dates, date(2024, 2, 18)) == Notice(date(2024, 2, 18))


def test_a11_school_parents_are_asked_three_weeks_and_reminded_a_week_before():
    dates, today = [date(2024, 3, 1)], date(2024, 2, 1)
    assert noticed(dates, today, reminder_days=7) == Notice(date(2024, 2, 9))
    assert rules.next_reminder_on(dates, weeks=1, today=today) == date(2024, 2, 23)


@pytest.mark.parametrize(
    ("chosen", "is_valid"),
    [
        (date(2023, 12, 9), False),
        (date(2023, 12, 10), True),
        (date(2024, 3, 9), True),
        (date(2024, 3, 10), False),
    ],
)
def test_e05_a_chosen_day_is_kept_while_it_fits(chosen, is_valid):
    assert noticed([date(2024, 3, 10)], date(2024, 2, 18), chosen=chosen) == Notice(
        chosen, is_chosen=True, is_valid=is_valid
    )


def test_e05_a_day_on_which_parents_were_written_to_stays_whatever_the_dates():
    frozen = date(2024, 1, 1)
    assert noticed([date(2024, 8, 10)], date(2024, 2, 18), frozen=frozen) == Notice(frozen)


@pytest.mark.parametrize(
    ("chosen", "is_valid"), [(date(2024, 3, 2), True), (date(2024, 3, 3), False)]
)
def test_a_chosen_day_leaves_room_for_the_reminder(chosen, is_valid):
    found = noticed([date(2024, 3, 10)], date(2024, 2, 1), chosen=chosen, reminder_days=7)
    assert found == Notice(chosen, is_chosen=True, is_valid=is_valid)


def test_a_clinic_has_no_reminder_to_leave_room_for():
    day_before = date(2024, 3, 9)
    found = rules.notice(
        [date(2024, 3, 10)],
        chosen=day_before,
        frozen=None,
        days_before=21,
        today=date(2024, 2, 1),
    )
    assert found.is_valid


def test_a_frozen_day_stays_one_that_a_person_chose():
    day = date(2024, 2, 18)
    found = noticed([date(2024, 3, 10)], date(2024, 2, 20), chosen=day, frozen=day)
    assert found == Notice(day, is_chosen=True)


def test_without_dates_nobody_is_written_to():
    assert noticed([], date(2024, 2, 18), chosen=date(2024, 2, 20)) == Notice()


@pytest.mark.parametrize(
    ("first", "notice"),
    [
        (date(2027, 4, 10), date(2027, 3, 20)),
        (date(2026, 11, 5), date(2026, 10, 15)),
        (date(2028, 3, 10), date(2028, 2, 18)),
    ],
)
def test_e25_notice_is_in_calendar_days_over_clock_changes_and_leap_days(first, notice):
    assert noticed([first], date(2026, 9, 1)).on == notice


def test_a_reminder_that_is_due_today_is_the_next_one():
    assert rules.next_reminder_on([date(2024, 3, 8)], weeks=1, today=date(2024, 3, 1)) == date(
        2024, 3, 1
    )


def test_next_reminder_is_none_once_all_have_passed():
    assert rules.next_reminder_on([date(2024, 3, 1)], weeks=1, today=date(2024, 2, 24)) is None


@pytest.mark.parametrize(
    ("day", "earlier"),
    [
        (date(2024, 3, 10), date(2023, 12, 10)),
        (date(2024, 5, 31), date(2024, 2, 29)),
        (date(2025, 5, 31), date(2025, 2, 28)),
        (date(2024, 1, 31), date(2023, 10, 31)),
    ],
)
def test_three_calendar_months_before(day, earlier):
    assert rules.months_before(day, 3) == earlier


def test_bounds_of_notice():
    assert rules.notice_bounds(date(2024, 3, 10)) == (date(2023, 12, 10), date(2024, 3, 9))
    assert rules.notice_bounds(date(2024, 3, 10), reminder_days=7) == (
        date(2023, 12, 10),
        date(2024, 3, 2),
    )


@pytest.mark.parametrize(
    ("requests_on", "weeks"),
    [(date(2024, 2, 9), 3), (date(2024, 2, 10), 2), (date(2024, 2, 24), 0)],
)
def test_most_reminder_weeks_before_1_march(requests_on, weeks):
    assert rules.most_reminder_weeks(anchor=date(2024, 3, 1), requests_on=requests_on) == weeks


@pytest.mark.parametrize(
    ("day", "holds"),
    [
        (date(2026, 8, 31), False),
        (date(2026, 9, 1), True),
        (date(2027, 8, 31), True),
        (date(2027, 9, 1), False),
    ],
)
def test_dates_lie_in_the_academic_year(day, holds):
    assert rules.is_in_year(day, 2026) is holds


@pytest.mark.parametrize(
    ("today", "years"),
    [
        (date(2027, 7, 31), (2026,)),
        (date(2027, 8, 1), (2026, 2027)),
        (date(2027, 8, 31), (2026, 2027)),
        (date(2027, 9, 1), (2027,)),
    ],
)
def test_next_year_is_prepared_from_1_august(today, years):
    assert rules.years_to_prepare(today) == years


@pytest.mark.parametrize(
    ("day", "concerns"),
    [
        (date(2027, 3, 10), []),
        (date(2027, 3, 13), ["a Saturday"]),
        (date(2027, 3, 14), ["a Sunday"]),
        (date(2027, 3, 26), ["a bank holiday, Good Friday"]),
        (date(2027, 12, 28), ["a bank holiday, Boxing Day (substitute day)"]),
        (date(2027, 2, 19), ["in the past"]),
        (date(2027, 2, 13), ["in the past", "a Saturday"]),
    ],
)
def test_what_a_person_may_want_to_know_about_a_date(day, concerns):
    assert rules.concerns(day, today=date(2027, 2, 20)) == concerns


@given(sets_of_days, days, st.integers(1, 90))
def test_default_notice_lies_before_a_date_of_the_session(dates, today, days_before):
    on = noticed(dates, today, days_before=days_before).on
    assert on + timedelta(days=days_before) in dates
    if any(day > today for day in dates):
        assert on + timedelta(days=days_before) > today


@given(days)
def test_bounds_leave_room_and_hold_the_usual_three_weeks(anchor):
    first, last = rules.notice_bounds(anchor)
    assert first <= anchor - timedelta(days=21) <= last < anchor
    assert first.day <= anchor.day


@given(days, st.integers(0, 90))
def test_longest_reminder_still_follows_the_request(anchor, notice):
    requests_on = anchor - timedelta(days=notice)
    weeks = rules.most_reminder_weeks(anchor=anchor, requests_on=requests_on)
    assert anchor - timedelta(weeks=weeks) >= requests_on
    assert anchor - timedelta(weeks=weeks + 1) < requests_on


@given(sets_of_days, st.integers(1, 12), days)
def test_next_reminder_is_never_in_the_past(dates, weeks, today):
    due = rules.next_reminder_on(dates, weeks=weeks, today=today)
    assert due is None or (due >= today and due + timedelta(weeks=weeks) in dates)


@given(days, st.integers(2020, 2040))
def test_a_day_is_in_its_own_academic_year_only(day, year):
    assert rules.is_in_year(day, year) is (academic_year_of(day) == year)


@given(sets_of_days, days)
def test_a_session_moves_forward_through_its_states(dates, today):
    order = [State.SCHEDULED, State.COMPLETED]
    last = max(dates)
    now, later = (
        rules.state_of(last_date=last, is_closed=False, today=day)
        for day in (today, today + timedelta(days=1))
    )
    assert order.index(later) >= order.index(now)
    assert (now == State.SCHEDULED) is (last >= today)


drafts = st.tuples(
    st.dictionaries(st.integers(1, 6), days, max_size=6),
    st.lists(st.tuples(st.one_of(st.none(), st.integers(1, 6)), days), max_size=6),
)


@given(drafts)
def test_every_saved_and_every_drafted_date_is_accounted_for_once(draft):
    saved, rows = draft
    by_id = {key: value for key, value in rows if key in saved}
    rows = [Day(None, value) for key, value in rows if key is None] + [
        Day(key, value) for key, value in by_id.items()
    ]
    changes = rules.changes(saved, rows)
    assert sorted(saved.values()) == sorted(
        [*changes.kept, *changes.removed, *(old for old, _ in changes.moved)]
    )
    assert sorted(row.value for row in rows) == sorted(
        [*changes.kept, *changes.added, *(new for _, new in changes.moved)]
    )
    assert not set(changes.gone) & {row.value for row in rows}


def test_today_is_not_in_the_past():
    today = date(2027, 3, 10)
    assert rules.concerns(today, today=today) == []
    assert rules.concerns(date(2027, 3, 9), today=today) == ["in the past"]


def test_a_saved_date_that_the_draft_leaves_alone_is_kept():
    saved = {1: date(2027, 3, 10), 2: date(2027, 3, 17)}
    found = rules.changes(saved, [Day(1, date(2027, 3, 10)), Day(2, date(2027, 3, 18))])
    assert found.kept == (date(2027, 3, 10),)


def test_nothing_changed_is_no_change():
    saved = {1: date(2027, 3, 10)}
    assert not rules.changes(saved, [Day(1, date(2027, 3, 10))])


def test_e02_an_amended_date_is_the_same_date_moved():
    saved = {1: date(2027, 3, 10), 2: date(2027, 3, 11)}
    changes = rules.changes(saved, [Day(1, date(2027, 3, 17)), Day(2, date(2027, 3, 11))])
    assert changes.moved == ((date(2027, 3, 10), date(2027, 3, 17)),)
    assert changes.gone == (date(2027, 3, 10),)
    assert changes.added == changes.removed == ()


def test_dates_that_swap_places_are_still_offered():
    saved = {1: date(2027, 3, 10), 2: date(2027, 3, 11)}
    changes = rules.changes(saved, [Day(1, date(2027, 3, 11)), Day(2, date(2027, 3, 10))])
    assert changes and changes.gone == ()


@pytest.mark.parametrize(
    ("now", "evening"),
    [
        ("2027-01-12T03:00", date(2027, 1, 12)),
        ("2027-01-12T19:55", date(2027, 1, 12)),
        ("2027-01-12T19:56", date(2027, 1, 13)),
        ("2027-07-12T19:55", date(2027, 7, 12)),
        ("2027-07-31T23:30", date(2027, 8, 1)),
    ],
)
def test_what_is_saved_after_the_evenings_last_job_goes_the_next_day(now, evening):
    assert rules.next_evening(at(now)) == evening


@pytest.mark.parametrize(
    ("requests_on", "academic_year", "now", "day"),
    [
        (date(2027, 1, 5), 2026, "2027-01-12T12:00", date(2027, 1, 12)),  # who joined late
        (date(2027, 1, 20), 2026, "2027-01-12T12:00", date(2027, 1, 20)),
        (date(2027, 1, 5), 2026, "2027-01-12T20:30", date(2027, 1, 13)),
        (date(2027, 8, 20), 2027, "2027-08-10T12:00", date(2027, 9, 1)),
    ],
)
def test_parents_are_asked_on_the_day_or_the_next_evening_and_never_before_september(
    requests_on, academic_year, now, day
):
    asked = rules.asks_on(requests_on=requests_on, academic_year=academic_year, now=at(now))
    assert asked == day
