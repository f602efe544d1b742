"""When jobs write what a saving makes due, minute by minute, and what of it can be called back."""

from datetime import date, timedelta

import pytest

from calendars.clock import LONDON, london_day, london_instant
from sessions_app.evening_rules import next_writing, writing_of
from sessions_app.rules import CALL_BACK_WITHIN, HELD_FROM
from sessions_app.schedule_rules import (
    LAST_JOB_AT,
    WRITES_FROM,
    WRITES_UNTIL,
    is_open_for_consent,
    next_evening,
)
from tests.instants import at

LATER, EVE = [date(2027, 1, 19)], [date(2027, 1, 6)]
MINUTE = timedelta(minutes=1)
FEW, MANY = HELD_FROM - 1, HELD_FROM


@pytest.mark.parametrize(
    ("time", "dates", "letters", "writes_at", "is_held"),
    [
        ("10:00", LATER, MANY, "05T16:00", True),
        ("10:00", LATER, FEW, "05T16:00", False),
        ("15:58", LATER, MANY, "05T16:00", True),
        ("15:59", LATER, MANY, "05T16:01", True),
        ("16:14", LATER, MANY, "05T16:16", True),
        ("16:14", LATER, FEW, "05T16:14", False),
        ("19:53", LATER, MANY, "05T19:55", True),
        ("19:53:01", LATER, MANY, "06T16:00", True),
        ("19:53:01", LATER, FEW, "05T19:53:01", False),
        ("19:54", LATER, MANY, "06T16:00", True),
        ("19:55", LATER, MANY, "06T16:00", True),
        ("19:55:01", LATER, FEW, "06T16:00", False),
        ("19:59", LATER, MANY, "06T16:00", True),
        ("20:00", LATER, MANY, "06T16:00", False),
        ("19:53", EVE, MANY, "05T19:55", True),
        ("19:54", EVE, MANY, "05T19:54", False),
        ("19:56", EVE, MANY, "06T16:00", False),
    ],
)
def test_when_jobs_write_and_whether_it_can_be_called_back(
    time, dates, letters, writes_at, is_held
):
    writing = writing_of(dates, letters=letters, now=at(f"2027-01-05T{time}"))
    assert (writing.at, writing.is_held) == (at(f"2027-01-{writes_at}"), is_held)


@pytest.mark.parametrize("dates", [LATER, EVE])
@pytest.mark.parametrize("letters", [0, FEW, MANY, 500])
def test_at_every_minute_of_the_day_a_job_comes_and_who_may_call_back_has_two_minutes(
    dates, letters
):
    midnight = at("2027-01-05T00:00")
    for minutes in range(24 * 60):
        now = midnight + minutes * MINUTE
        writing = writing_of(dates, letters=letters, now=now)
        time = writing.at.astimezone(LONDON).time()
        assert WRITES_FROM <= time <= LAST_JOB_AT, "a job begins then, or later that evening"
        assert writing.at >= next_writing(now) >= now
        if writing.is_held:
            assert letters >= HELD_FROM
            assert writing.at >= now + CALL_BACK_WITHIN
            assert is_open_for_consent(dates, london_day(writing.at))
        elif letters >= HELD_FROM:
            is_over = now.astimezone(LONDON).time() >= WRITES_UNTIL
            next_day = next_evening(now + CALL_BACK_WITHIN)
            assert is_over or not is_open_for_consent(dates, next_day)
        if not writing.is_held:
            assert writing.at in (now, london_instant(next_evening(now), WRITES_FROM))
