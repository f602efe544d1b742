"""A worker that hangs beside a healthy one shows, though the pulse of its queue is well."""

from datetime import UTC, datetime, timedelta

import pytest
from celery.contrib.testing.worker import start_worker
from celery.signals import worker_ready, worker_shutdown

from heartbeats import workers
from heartbeats.models import Worker
from mavis.celery import app
from notifications import hints
from tests.conftest import signed_in
from tests.mavis.test_watching import TOKEN, figures
from tests.pages import page
from tests.sandbox_process import eventually

NOW = datetime(2027, 1, 12, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def worker(name, minutes):
    """One that took its last job so long ago."""
    at = NOW - timedelta(minutes=minutes)
    return Worker.objects.create(name=name, queues="default", started_at=at, took_at=at)


@pytest.mark.parametrize(
    ("minutes", "is_listed", "is_silent", "is_alarming"),
    [
        (0, True, False, False),
        (15, True, False, False),
        (16, True, True, True),
        (120, True, True, True),
        # Another may long have taken the place of one that was killed.
        (121, True, True, False),
        (24 * 60, True, True, False),
        (24 * 60 + 1, False, False, False),
    ],
)
def test_how_long_a_worker_may_take_no_job(minutes, is_listed, is_silent, is_alarming):
    worker("default@a", minutes)
    found = [(each.is_silent, each.is_alarming) for each in workers.states(NOW)]
    assert found == [(is_silent, is_alarming)] * is_listed


def test_the_silent_one_is_named_beside_the_healthy_one(superuser, client, time_machine):
    time_machine.move_to(NOW)
    worker("default@healthy", 1)
    worker("default@hangs", 20)
    listed = page(signed_in(superuser).get("/operations/schedules/"))
    rows = [row for row in listed.rows if row[0].startswith("default@")]
    assert [row[:2] for row in rows] == [
        ["default@hangs", "Takes none"],
        ["default@healthy", "Takes jobs"],
    ]
    alarms = client.get("/watchz", headers=TOKEN).json()["alarms"]
    assert [alarm for alarm in alarms if "worker" in alarm] == [
        "worker takes no jobs: default@hangs"
    ]
    told = figures(client)
    assert told["mavis_worker_silent", "default@hangs"] == 1
    assert told["mavis_worker_silent", "default@healthy"] == 0


def test_one_that_starts_again_is_well_and_forgets_the_long_gone():
    worker("default@a", 60)
    worker("default@gone", 25 * 60)
    workers.started("default@a", queues="default", now=NOW)
    assert [each.name for each in Worker.objects.all()] == ["default@a"]
    assert not workers.states(NOW)[0].is_silent


def test_a_job_noted_late_sets_nothing_back():
    workers.took_a_job("default@a", now=NOW)
    workers.took_a_job("default@a", now=NOW - timedelta(minutes=5))
    assert Worker.objects.get().took_at == NOW


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_real_worker_is_noted_when_it_takes_a_job():
    hints.connection().flushdb()
    workers._noted_at.clear()
    with start_worker(app, pool="solo", perform_ping_check=False, loglevel="ERROR"):
        app.send_task("heartbeats.pulse")
        eventually(lambda: Worker.objects.exists())
    hints.connection().flushdb()


class Consumer:
    """What Celery sends its signals with."""

    app = app
    hostname = "default@here"


def test_celery_s_signals_note_the_start_and_the_end(monkeypatch):
    # The worker of tests sends neither. Here is no thread of its own, whose connection is closed.
    monkeypatch.setattr(workers.connection, "close", lambda: None)
    consumer = Consumer()
    worker_ready.send(sender=consumer)
    assert Worker.objects.get().name == "default@here"
    worker_shutdown.send(sender=consumer)
    assert not Worker.objects.exists()
