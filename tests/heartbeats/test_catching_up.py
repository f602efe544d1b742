"""What came once a night and was missed while beat was down is run once, by itself."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from heartbeats import catching_up, recording, rules
from heartbeats.models import Heartbeat
from heartbeats.tasks import catch_up as catch_up_task
from heartbeats.timetable import timetable
from notifications import hints
from tests.threads import at_once

RARE = {name for name, comes in timetable().items() if not comes.is_frequent}
# A Tuesday noon, and beat has stood still since Saturday.
STOPPED = datetime(2027, 1, 9, 12, tzinfo=UTC)
NOW = datetime(2027, 1, 12, 12, 30, tzinfo=UTC)


def test_beat_and_the_catching_up_leave_no_gap_and_do_nothing_twice():
    assert rules.BEAT_SENDS_WITHIN.total_seconds() == settings.CELERY_BEAT_CRON_STARTING_DEADLINE
    assert rules.MISSED_AFTER > rules.BEAT_SENDS_WITHIN


@pytest.fixture
def stopped(db):
    """Every schedule ran until beat was stopped three days ago; the broker is empty."""
    hints.connection().flushdb()
    Heartbeat.objects.all().delete()
    for name in timetable():
        Heartbeat.objects.create(
            schedule=name,
            watched_since=STOPPED - timedelta(days=30),
            last_started_at=STOPPED,
            last_succeeded_at=STOPPED,
        )
    yield
    hints.connection().flushdb()


def run(name, at, *, ends="last_succeeded_at"):
    recording.note(name, "last_started_at", now=at)
    recording.note(name, ends, now=at, error="KeyError" * (ends == "last_failed_at"))


def jobs():
    return hints.connection().llen("default")


def test_every_missed_job_is_sent_once_in_the_order_of_the_night(stopped):
    sent = []
    for minute in range(len(RARE) + 5):
        now = NOW + timedelta(minutes=minute)
        if name := catching_up.catch_up(now=now):
            sent.append(name)
            run(name, now)
    assert sorted(sent) == sorted(RARE)
    in_order = ["wipe-old-uploads", "ensure-sessions", "refresh-statuses"]
    in_order.append("place-newcomers-to-the-year")
    assert [name for name in sent if name in in_order] == in_order
    assert jobs() == len(RARE)


def test_the_next_waits_until_the_one_before_has_ended_or_takes_too_long(stopped):
    first = catching_up.catch_up(now=NOW)
    recording.note(first, "last_started_at", now=NOW)
    assert catching_up.catch_up(now=NOW + timedelta(minutes=1)) is None
    assert catching_up.catch_up(now=NOW + catching_up.PATIENCE) is None
    late = NOW + catching_up.PATIENCE + timedelta(seconds=1)
    second = catching_up.catch_up(now=late)
    assert second not in (None, first)
    run(second, late + timedelta(seconds=1), ends="last_failed_at")
    third = catching_up.catch_up(now=late + timedelta(seconds=2))
    assert third not in (None, first, second), "a failed one keeps no other waiting"


def test_one_that_the_broker_lost_is_sent_again(stopped):
    first = catching_up.catch_up(now=NOW)
    hints.connection().flushdb()
    assert catching_up.catch_up(now=NOW + timedelta(minutes=5)) is None
    later = NOW + catching_up.PATIENCE + timedelta(seconds=1)
    assert catching_up.catch_up(now=later) == first


def test_nothing_was_missed(stopped):
    Heartbeat.objects.update(last_started_at=NOW, last_succeeded_at=NOW)
    assert catching_up.catch_up(now=NOW) is None
    assert jobs() == 0


def test_what_is_sent_carries_the_schedule_s_name(stopped):
    name = catching_up.catch_up(now=NOW)
    (job,) = hints.connection().lrange("default", 0, -1)
    assert f'"mavis_schedule": "{name}"'.encode() in job


def test_a_broker_that_is_away_leaves_no_claim(stopped, monkeypatch):
    def fail(name):
        raise ConnectionError

    monkeypatch.setattr(catching_up, "send", fail)
    with pytest.raises(ConnectionError):
        catching_up.catch_up(now=NOW)
    assert not Heartbeat.objects.filter(caught_up_at__isnull=False).exists()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_many_at_once_send_one(stopped):
    sent = at_once(*[lambda: catching_up.catch_up(now=NOW) for _ in range(6)])
    assert len([name for name in sent if name]) == 1
    assert jobs() == 1


def test_the_job_asks_the_clock(stopped, time_machine):
    time_machine.move_to(NOW)
    catch_up_task()
    assert jobs() == 1
