"""The operators' page of scheduled jobs."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command

from heartbeats import recording
from heartbeats.models import Heartbeat
from heartbeats.timetable import timetable
from tests.pages import page

NOW = datetime(2027, 1, 12, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def all_on_time(db):
    with time_machine.travel(NOW, tick=False):
        call_command("migrate", verbosity=0)
        Heartbeat.objects.update(
            watched_since=NOW, last_started_at=NOW, last_succeeded_at=NOW, last_failed_at=None
        )
        yield


def test_every_job_is_listed_and_all_are_on_time(superuser_client):
    listed = page(superuser_client.get("/operations/schedules/"))
    assert all(name in listed.text for name in timetable())
    assert "Work out again how every child stands refresh-statuses" in listed.text
    assert "Overdue" not in listed.text.replace("is overdue", "")
    assert "All on time" in page(superuser_client.get("/operations/messages/")).text


def test_overdue_and_failed_jobs_come_first_with_the_kind_of_error(superuser_client):
    long_ago = NOW - timedelta(hours=1)
    Heartbeat.objects.filter(schedule="notifications.sweep").update(last_succeeded_at=long_ago)
    later = NOW + timedelta(seconds=1)
    recording.note("pulse-urgent", "last_failed_at", now=later, error="OperationalError")
    recording.note("refresh-statuses", "last_started_at", now=later)
    text = page(superuser_client.get("/operations/schedules/")).text
    assert text.index("notifications.sweep") < text.index("pulse-urgent") < text.index("forget-")
    assert "OperationalError" in text
    assert "Running since" in text
    trouble = page(superuser_client.get("/operations/messages/")).text
    assert "1 scheduled job is overdue" in trouble


def test_only_operators_may_look(nurse_client, administrator_client, client):
    assert nurse_client.get("/operations/schedules/").status_code == 403
    assert administrator_client.get("/operations/schedules/").status_code == 403
    assert client.get("/operations/schedules/").status_code == 302
