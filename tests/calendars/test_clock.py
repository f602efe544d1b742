"""The clock of a rehearsal: faster than time, and the same in every process."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from calendars import clock

SINCE = datetime(2026, 5, 1, 20, tzinfo=UTC)
SHOWN = datetime(2027, 1, 12, 9, 30, tzinfo=UTC)


@pytest.fixture
def rehearsal(settings):
    settings.CLOCK_FROM, settings.CLOCK_SINCE, settings.CLOCK_SPEED = SHOWN, SINCE, 20


def test_it_shows_what_it_was_set_to_and_runs_so_many_times_as_fast(rehearsal):
    with time_machine.travel(SINCE, tick=False) as real:
        assert clock.now() == SHOWN
        real.shift(timedelta(seconds=3))
        assert clock.now() == SHOWN + timedelta(minutes=1)


def test_a_wait_that_another_clock_measures_is_as_much_shorter(rehearsal):
    assert clock.real_seconds(120) == 6


def test_without_a_rehearsal_a_second_is_a_second():
    assert clock.real_seconds(120) == 120
