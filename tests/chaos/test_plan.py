"""The seeded plan of a rehearsal, its options, and its timetable."""

import json
import random
from collections import Counter
from unittest.mock import Mock

import pytest
from celery.schedules import crontab

from mavis.celery import app
from mavis.local.console import Refusal
from mavis.local.workplace import ROOT
from mavis.rehearsals import faults, options, plan
from mavis.rehearsals.drill import Drill
from mavis.rehearsals.faults import FAULTS
from mavis.rehearsals.pace import Pace
from mavis.rehearsals.stage import Stage
from mavis.rehearsals.timetable import quickened


def drawn(seed=1):
    return plan.draw(
        seed=seed,
        seconds=600,
        kills=500,
        joins=20,
        farewells=30,
        faults=FAULTS,
        seconds_between_faults=2,
    )


def test_a_seed_decides_everything():
    assert drawn() == drawn()
    assert drawn() != drawn(seed=2)


def test_every_fault_comes_and_so_do_all_kills_joins_and_farewells():
    what = Counter(step.what for step in drawn())
    assert what.keys() >= FAULTS.keys()
    assert what[plan.KILL_SENDER] + what[plan.KILL_WORKER] == 500
    assert (what[plan.JOIN], what[plan.FAREWELL]) == (20, 30)


@pytest.mark.parametrize(("speed", "pause", "lock"), [(1, 600, 50), (20, 30, 4), (600, 6, 4)])
def test_what_lasts_is_long_by_the_clock_and_longer_than_any_wait_of_ours(speed, pause, lock):
    pace = Pace(speed)
    assert faults.lasts("Redis paused for ten minutes", pace) == pause
    assert faults.lasts("messages locked for 50 seconds", pace) == lock
    assert faults.lasts("Redis flushed", pace) == 0


def test_the_promised_run_has_room_for_every_fault_and_a_short_one_leaves_out_what_lasts():
    asked = options.read([])
    pace = Pace(asked.speed)
    assert set(faults.fitting(pace=pace, seconds=asked.seconds)) == set(FAULTS)
    short = set(FAULTS) - set(faults.fitting(pace=pace, seconds=6))
    assert short == set(faults.LASTING)


def test_nothing_begins_at_the_very_end():
    steps = drawn()
    assert steps == sorted(steps)
    assert steps[0].at >= 0
    assert steps[-1].at <= 600 * plan.CALM_FROM


@pytest.mark.parametrize(
    ("schedule", "seconds"),
    [
        (60, 3),
        (crontab(minute="*/15", hour="9-20"), 45),
        (crontab(minute=30, hour=2), 4320),
        (4, 0.5),
    ],
)
def test_the_timetable_is_as_much_quicker_as_the_clock(schedule, seconds):
    assert quickened(schedule, 20) == seconds


def test_one_worker_of_each_queue_runs_as_compose_starts_it(tmp_path):
    stage = Stage(tmp_path, Pace(20), workers=1, rate=40)
    stage.want_workers()
    delivered = (ROOT / "compose.yaml").read_text()
    for queue in ("urgent", "default"):
        _, *arguments = stage._wanted[f"worker-{queue}"]
        assert f"command: {json.dumps(['celery', *arguments])}" in delivered


def test_every_schedule_of_production_has_a_quick_one():
    for entry in app.conf.beat_schedule.values():
        assert quickened(entry["schedule"], 20) > 0


def test_the_default_run_is_the_promised_size():
    asked = options.read([])
    assert asked.messages >= 10_000
    assert asked.kills >= 500


@pytest.mark.parametrize(
    "arguments",
    [("--messages", "1"), ("--kills", "-1"), ("--speed", "0.5"), ("--minutes", "60")],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(arguments):
    with pytest.raises(Refusal):
        options.read(arguments)


def test_what_is_put_off_waits_for_the_next_turn_however_late_it_is(monkeypatch):
    """Else many kills that wait for a process would keep it from being started."""
    stage = Mock()
    drill = Drill(stage, Mock(), random.Random(1))
    monkeypatch.setattr("mavis.rehearsals.drill.AGAIN_AFTER", 0)
    tries = []

    def fail():
        tries.append(1)
        raise ProcessLookupError

    drill.later(0, fail)
    drill.later(0, fail)
    drill.turn()
    drill.turn()
    assert len(tries) == 4
    assert stage.turn.call_count == 2
