"""Whatever beat sends leaves a heartbeat, in any order that runs may come to an end."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from celery import shared_task
from celery.contrib.testing.worker import start_worker
from django.core.management import CommandError, call_command

from heartbeats import recording, selectors
from heartbeats.models import Heartbeat
from heartbeats.rules import is_in_a_doubtful_hour
from heartbeats.timetable import HEADER, timetable
from mavis.celery import QUEUES, app
from notifications import hints, outbox
from tests.threads import at_once

NOW = datetime(2027, 1, 12, 12, tzinfo=UTC)
SECRET = "9990070008"


@shared_task(name="tests.may_fail")
def may_fail(fails: bool) -> None:
    if fails:
        raise ValueError(f"NHS number {SECRET} exists")


def test_every_entry_of_the_timetable_has_a_heartbeat_and_signs_its_jobs(db):
    call_command("migrate", verbosity=0)
    assert set(Heartbeat.objects.values_list("schedule", flat=True)) == set(timetable())
    for name, entry in app.conf.beat_schedule.items():
        assert entry["options"]["headers"][HEADER] == name


def test_words_fit_their_column():
    longest = Heartbeat._meta.get_field("comes").max_length
    assert all(len(comes.in_words()) <= longest for comes in timetable().values())


def test_no_schedule_falls_into_the_hour_that_clocks_skip_or_repeat():
    assert not [name for name, comes in timetable().items() if is_in_a_doubtful_hour(comes)]


def test_every_queue_has_a_pulse():
    assert {outbox.QUEUE, app.conf.task_default_queue} == set(QUEUES)
    for queue in QUEUES:
        assert app.conf.beat_schedule[f"pulse-{queue}"]["options"]["queue"] == queue


@pytest.mark.django_db(transaction=True)
def test_workers_write_the_heartbeats_of_what_beat_sends(monkeypatch):
    hints.connection().flushdb()
    send = {"queue": "default", "headers": {HEADER: "notifications.sweep"}}
    with start_worker(app, pool="solo", perform_ping_check=False, loglevel="ERROR"):
        may_fail.apply_async([False])
        may_fail.apply_async([False], **send)
        wait_for(lambda: beat_of("notifications.sweep").last_succeeded_at)
        started = beat_of("notifications.sweep")
        assert started.last_started_at <= started.last_succeeded_at
        assert started.last_failed_at is None
        may_fail.apply_async([True], **send)
        wait_for(lambda: beat_of("notifications.sweep").last_failed_at)
    failed = beat_of("notifications.sweep")
    assert failed.last_error == "ValueError"
    assert failed.last_failed_at > failed.last_succeeded_at == started.last_succeeded_at
    # What nobody scheduled leaves no trace.
    others = Heartbeat.objects.exclude(schedule="notifications.sweep")
    assert not others.filter(last_started_at__isnull=False).exists()


def beat_of(schedule):
    return Heartbeat.objects.get(schedule=schedule)


def wait_for(claim):
    from tests.sandbox_process import eventually

    eventually(lambda: Heartbeat.objects.filter(last_started_at__isnull=False) and claim())


def test_times_only_move_forward_whatever_comes_late(db):
    recording.note("notifications.sweep", "last_failed_at", now=NOW, error="KeyError")
    recording.note(
        "notifications.sweep", "last_failed_at", now=NOW - timedelta(hours=1), error="ValueError"
    )
    recording.note("notifications.sweep", "last_succeeded_at", now=NOW)
    recording.note("notifications.sweep", "last_succeeded_at", now=NOW - timedelta(days=3))
    row = beat_of("notifications.sweep")
    assert (row.last_failed_at, row.last_error) == (NOW, "KeyError")
    assert row.last_succeeded_at == NOW


@pytest.mark.django_db(transaction=True)
def test_two_machines_at_once_leave_the_later_time():
    Heartbeat.objects.all().delete()
    times = [NOW + timedelta(seconds=second) for second in range(6)]

    def write(now):
        return lambda: recording.note("notifications.sweep", "last_succeeded_at", now=now)

    at_once(*map(write, times))
    assert beat_of("notifications.sweep").last_succeeded_at == times[-1]


def test_what_beat_leaves_for_days_is_overdue_and_then_well(db):
    with time_machine.travel(NOW, tick=False):
        call_command("migrate", verbosity=0)
        Heartbeat.objects.update(watched_since=NOW, last_succeeded_at=NOW)
    assert selectors.overdue(NOW) == []
    later = NOW + timedelta(days=3)
    assert {state.schedule for state in selectors.overdue(later)} == set(timetable())
    for name in timetable():
        recording.note(name, "last_succeeded_at", now=later)
    assert selectors.overdue(later) == []


def test_the_state_says_what_runs_and_what_fails(db):
    name = "refresh-statuses"
    recording.note(name, "last_started_at", now=NOW)
    assert state_of(name).is_running
    recording.note(name, "last_failed_at", now=NOW + timedelta(seconds=1), error="KeyError")
    state = state_of(name)
    assert (state.is_running, state.is_failing, state.is_overdue) == (False, True, True)
    recording.note(name, "last_succeeded_at", now=NOW + timedelta(seconds=2))
    state = state_of(name)
    assert (state.is_running, state.is_failing, state.is_overdue) == (False, False, False)


def state_of(name):
    return next(each for each in selectors.states(NOW) if each.schedule == name)


def test_a_schedule_without_a_row_is_overdue(db):
    Heartbeat.objects.filter(schedule="refresh-statuses").delete()
    assert state_of("refresh-statuses").is_overdue


def test_what_left_the_timetable_is_forgotten(db):
    Heartbeat.objects.create(schedule="gone", comes="Every minute")
    call_command("migrate", verbosity=0)
    assert not Heartbeat.objects.filter(schedule="gone").exists()


def test_an_operator_sends_what_is_overdue(db):
    hints.connection().flushdb()
    Heartbeat.objects.update(watched_since=NOW, last_succeeded_at=NOW)
    Heartbeat.objects.filter(schedule="pulse-urgent").update(last_succeeded_at=None)
    said = StringIO()
    with time_machine.travel(NOW + timedelta(minutes=20), tick=False):
        Heartbeat.objects.exclude(schedule="pulse-urgent").update(
            last_succeeded_at=NOW + timedelta(minutes=20)
        )
        call_command("run_schedule", "--overdue", stdout=said)
    assert said.getvalue() == "Sent pulse-urgent\n"
    (job,) = hints.connection().lrange("urgent", 0, -1)
    assert b'"mavis_schedule": "pulse-urgent"' in job
    hints.connection().flushdb()


@pytest.mark.parametrize("names", [[], ["no-such-schedule"]])
def test_an_unknown_schedule_is_refused_in_words(db, names):
    with pytest.raises(CommandError, match="timetable has"):
        call_command("run_schedule", *names)
