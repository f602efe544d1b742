"""When a schedule is overdue."""

from datetime import UTC, datetime, timedelta

import pytest
from celery.schedules import crontab
from hypothesis import given
from hypothesis import strategies as st

from heartbeats.rules import Interval, Times, is_in_a_doubtful_hour, is_overdue, missed_run
from heartbeats.timetable import when

MINUTELY = Interval(60)
QUARTERLY = when(crontab(minute="*/15", hour="9-20"))
DAYTIME = when(crontab(hour="9-20"))
NIGHTLY = when(crontab(minute=30, hour=3))
HOURLY = when(crontab(minute=50))


def at(text: str) -> datetime:
    """A London time in January, when London keeps UTC."""
    return datetime.fromisoformat(f"2027-01-{text}+00:00")


def overdue(comes, *, now, success=None, failure=None, since="01T00:00"):
    return is_overdue(
        comes,
        last_succeeded_at=success and at(success),
        last_failed_at=failure and at(failure),
        watched_since=at(since),
        now=at(now),
    )


@pytest.mark.parametrize(
    ("comes", "success", "now", "expected"),
    [
        # Every minute: one may be missed, and each has five minutes to end.
        (MINUTELY, "12T10:00", "12T10:06", False),
        (MINUTELY, "12T10:00", "12T10:07", False),
        (MINUTELY, "12T10:00", "12T10:08", True),
        (MINUTELY, "12T10:00", "15T10:00", True),
        # Every quarter of an hour of the day.
        (QUARTERLY, "12T10:00", "12T10:34", False),
        (QUARTERLY, "12T10:00", "12T10:35", True),
        # At night nothing falls due, however the last run of the evening went …
        (QUARTERLY, "12T20:45", "13T08:59", False),
        (QUARTERLY, "12T20:30", "13T08:59", False),
        (DAYTIME, "12T20:58", "13T08:59", False),
        # … but what was overdue in the evening stays so.
        (DAYTIME, "12T19:00", "13T03:00", True),
        # In the morning it has its time.
        (QUARTERLY, "12T20:45", "13T09:19", False),
        (QUARTERLY, "12T20:45", "13T09:20", True),
        (DAYTIME, "12T20:59", "13T09:05", False),
        (DAYTIME, "12T20:59", "13T09:06", True),
        # Once a night: two hours, then it is missed.
        (NIGHTLY, "12T03:31", "13T03:29", False),
        (NIGHTLY, "12T03:31", "13T05:29", False),
        (NIGHTLY, "12T03:31", "13T05:30", True),
        (NIGHTLY, "13T03:45", "14T03:00", False),
        # A machine whose clock is a little behind beat's has run it all the same.
        (NIGHTLY, "13T03:29:50", "14T03:00", False),
        # Late is not overdue once it has come, and a beat that was away for days is.
        (NIGHTLY, "13T09:00", "14T03:00", False),
        (NIGHTLY, "10T03:31", "13T12:00", True),
        # A clock that was set back: what ran "later" is not overdue.
        (MINUTELY, "12T11:00", "12T10:00", False),
    ],
)
def test_a_schedule_is_overdue(comes, success, now, expected):
    assert overdue(comes, success=success, now=now) is expected


def test_a_failed_nightly_job_is_overdue_at_once_and_a_failed_minute_is_not():
    assert overdue(NIGHTLY, success="12T03:31", failure="13T03:31", now="13T03:32")
    assert not overdue(MINUTELY, success="12T10:00", failure="12T10:01", now="12T10:02")
    # Failing on and on is no success.
    assert overdue(MINUTELY, success="12T10:00", failure="12T10:30", now="12T10:30")
    assert not overdue(NIGHTLY, success="13T04:00", failure="13T03:31", now="13T04:01")


def test_what_never_ran_is_judged_from_when_it_is_watched():
    assert not overdue(NIGHTLY, since="12T04:00", now="13T05:29")
    assert overdue(NIGHTLY, since="12T04:00", now="13T05:31")
    assert overdue(NIGHTLY, since="12T03:00", failure="12T03:31", now="12T03:32")


@pytest.mark.parametrize(
    ("success", "now", "expected"),
    [
        # 9:00 in London is 8:00 UTC in summer.
        (datetime(2027, 6, 30, 19, 59, tzinfo=UTC), datetime(2027, 7, 1, 8, 5, tzinfo=UTC), False),
        (datetime(2027, 6, 30, 19, 59, tzinfo=UTC), datetime(2027, 7, 1, 8, 6, tzinfo=UTC), True),
        # The nights in which the clocks change: 28 March and 31 October 2027.
        (datetime(2027, 3, 27, 20, 59, tzinfo=UTC), datetime(2027, 3, 28, 8, 5, tzinfo=UTC), False),
        (
            datetime(2027, 10, 30, 19, 59, tzinfo=UTC),
            datetime(2027, 10, 31, 9, 5, tzinfo=UTC),
            False,
        ),
    ],
)
def test_hours_are_londons_also_when_clocks_change(success, now, expected):
    verdict = is_overdue(
        DAYTIME, last_succeeded_at=success, last_failed_at=None, watched_since=success, now=now
    )
    assert verdict is expected


@given(
    st.sampled_from([MINUTELY, QUARTERLY, DAYTIME, NIGHTLY]),
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),
    st.timedeltas(timedelta(), timedelta(days=5)),
    st.timedeltas(timedelta(), timedelta(days=2)),
)
def test_once_overdue_it_stays_so_until_it_succeeds(comes, success, passed, later):
    def verdict(now, succeeded_at):
        return is_overdue(
            comes,
            last_succeeded_at=succeeded_at,
            last_failed_at=None,
            watched_since=success,
            now=now,
        )

    now = success + passed
    assert not verdict(now, now)
    if verdict(now, success):
        assert verdict(now + later, success)
    if passed >= timedelta(days=2):
        assert verdict(now, success)


def test_schedules_that_come_on_some_days_only():
    on_mondays = when(crontab(minute=0, hour=6, day_of_week=1))
    # 11 and 18 January 2027 are Mondays.
    assert not overdue(on_mondays, success="11T06:01", now="18T07:00")
    assert overdue(on_mondays, success="11T06:01", now="18T08:01")
    monthly = when(crontab(minute=0, hour=6, day_of_month=1))
    assert not overdue(monthly, success="01T06:01", now="31T23:00")


@pytest.mark.parametrize(
    ("comes", "words"),
    [
        (MINUTELY, "Every minute"),
        (Interval(900), "Every 15 minutes"),
        (Interval(90), "Every 90 seconds"),
        (QUARTERLY, "Every 15 minutes, 9:00 to 20:45"),
        (DAYTIME, "Every minute, 9:00 to 20:59"),
        (NIGHTLY, "Daily at 3:30"),
        (when(crontab(minute=5)), "Every hour"),
        (when(crontab(minute="*/5")), "Every 5 minutes"),
        (when(crontab(minute=5, hour="9-20")), "Every hour, 9:05 to 20:05"),
        (Interval(3600), "Every hour"),
        (when(crontab(minute=5, hour="6,18")), "Daily at 6:05 and 18:05"),
        (when(crontab(minute=0, hour=6, day_of_week=1)), "On some days at 6:00"),
    ],
)
def test_how_often_in_words(comes, words):
    assert comes.in_words() == words


def test_the_hour_that_clocks_skip_or_repeat_is_doubtful():
    assert is_in_a_doubtful_hour(Times(frozenset({0}), frozenset({1})))
    assert not is_in_a_doubtful_hour(Times(frozenset({0}), frozenset({1, 2})))
    assert not is_in_a_doubtful_hour(MINUTELY)


def test_a_kind_of_schedule_that_cannot_be_judged_is_refused():
    with pytest.raises(TypeError):
        when("every so often")


@pytest.mark.parametrize(
    ("comes", "started", "now", "expected"),
    [
        # In time, or a little late: beat or a worker may be about to begin it.
        (NIGHTLY, "12T03:30", "13T03:29", None),
        (NIGHTLY, "12T03:30", "13T03:36", None),
        (NIGHTLY, "12T03:30", "13T03:37", "13T03:30"),
        # Begun by a worker whose clock is a little behind beat's.
        (NIGHTLY, "13T03:29:45", "13T12:00", None),
        (NIGHTLY, "13T03:31", "13T12:00", None),
        # Three days are one run, the newest.
        (NIGHTLY, "09T03:30", "12T12:00", "12T03:30"),
        # Never begun: judged from when it is watched.
        (NIGHTLY, None, "02T03:00", "01T03:30"),
        (HOURLY, "12T09:50", "12T10:56", None),
        (HOURLY, "12T09:50", "12T10:57", "12T10:50"),
        # What comes often comes again, however long it stood still.
        (MINUTELY, "09T03:30", "12T12:00", None),
        (QUARTERLY, "09T03:30", "12T12:00", None),
        (DAYTIME, "09T03:30", "12T12:00", None),
    ],
)
def test_a_run_is_missed(comes, started, now, expected):
    found = missed_run(
        comes,
        last_started_at=started and at(started),
        watched_since=at("01T00:00"),
        now=at(now),
    )
    assert found == (expected and at(expected))


@pytest.mark.parametrize(
    ("comes", "until", "expected"),
    [
        (MINUTELY, "12T10:00:59", None),
        (MINUTELY, "12T10:01", "12T10:01"),
        (MINUTELY, "12T10:03:30", "12T10:03"),
        (Interval(3600), "12T12:30", "12T12:00"),
        (NIGHTLY, "13T03:30", "13T03:30"),
        (NIGHTLY, "13T03:29", None),
    ],
)
def test_the_newest_run_that_fell_due(comes, until, expected):
    assert comes.last_due(since=at("12T10:00"), until=at(until)) == (expected and at(expected))
