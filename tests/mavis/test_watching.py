"""`/watchz` is for alarms and `/metrics` for Prometheus; `/healthz` does not mind either."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from prometheus_client.parser import text_string_to_metric_families

from heartbeats.models import Heartbeat
from notifications import counters, hints, limiter, selectors
from notifications.models import Lane, Message, Stoppage
from tests import factories
from tests.pages import count_queries

NOW = datetime(2027, 1, 12, 12, tzinfo=UTC)
TOKEN = {"authorization": "Bearer local-watch-token"}
Status = Message.Status


@pytest.fixture(autouse=True)
def all_is_well(db):
    hints.connection().flushdb()
    with time_machine.travel(NOW, tick=False):
        call_command("migrate", verbosity=0)
        Heartbeat.objects.update(watched_since=NOW, last_succeeded_at=NOW)
        yield
    hints.connection().flushdb()


@pytest.fixture
def waiting(organisation):
    child = factories.ChildFactory(organisation=organisation)

    def make(**fields):
        return Message.objects.create(
            **{
                "letter": uuid.uuid4(),
                "template": "clinic_initial_invitation",
                "channel": "email",
                "recipient": "canary@example.com",
                "organisation": organisation,
                "child": child,
                "due_at": NOW,
            }
            | fields
        )

    return make


def watch(client):
    response = client.get("/watchz", headers=TOKEN)
    return response.status_code, response.json()


def test_nothing_to_do(client):
    code, found = watch(client)
    assert (code, found["status"], found["alarms"]) == (200, "ok", [])
    assert found["oldest_due_seconds"] == {"urgent": 0, "bulk": 0}


def test_an_overdue_schedule_is_an_alarm_and_takes_no_web_server_away(client):
    Heartbeat.objects.filter(schedule="notifications.sweep").update(
        last_succeeded_at=NOW - timedelta(minutes=20)
    )
    code, found = watch(client)
    assert (code, found["alarms"]) == (503, ["schedule overdue: notifications.sweep"])
    healthy = client.get("/healthz")
    assert (healthy.status_code, "alarms" in healthy.json()) == (200, False)


@pytest.mark.parametrize(
    ("lane", "minutes", "expected"),
    [
        (Lane.URGENT, 9, []),
        (Lane.URGENT, 11, ["messages wait too long: urgent"]),
        (Lane.BULK, 179, []),
        (Lane.BULK, 181, ["messages wait too long: bulk"]),
    ],
)
def test_messages_that_wait_too_long_are_an_alarm(client, waiting, lane, minutes, expected):
    waiting(lane=lane, due_at=NOW - timedelta(minutes=minutes))
    code, found = watch(client)
    assert (code, found["alarms"]) == (503 if expected else 200, expected)
    assert found["oldest_due_seconds"][lane.name.lower()] == minutes * 60
    assert found["waiting"][lane.name.lower()] == 1


def test_texts_that_rest_for_the_night_do_not_wait(client, waiting):
    waiting(channel="text", recipient="+447700900123", lane=Lane.URGENT)
    night = datetime(2027, 1, 12, 23, tzinfo=UTC)
    Heartbeat.objects.update(last_succeeded_at=night)
    with time_machine.travel(night, tick=False):
        assert watch(client)[1]["waiting"]["urgent"] == 0


@pytest.mark.parametrize(("kind", "is_alarm"), [("key", True), ("allowance", False)])
def test_a_stoppage_is_an_alarm_unless_it_passes_by_itself(client, kind, is_alarm, waiting):
    Stoppage.objects.create(scope="all", kind=kind, reason="…", since=NOW)
    waiting(due_at=NOW - timedelta(hours=9))
    code, found = watch(client)
    assert found["alarms"] == ([f"sending stopped: all ({kind})"] if is_alarm else [])


def test_what_stays_unclear_is_an_alarm(client, waiting):
    for hours in (0, 2):
        waiting(status=Status.UNKNOWN, claim=uuid.uuid4(), claimed_at=NOW - timedelta(hours=hours))
    waiting(status=Status.PARKED)
    code, found = watch(client)
    assert (code, found["alarms"]) == (503, ["uncertain for over an hour: 1"])
    assert (found["uncertain"], found["need_a_person"]) == (2, 1)


def test_a_token_reads_the_alarms_with_the_health_too(client, waiting):
    """Its code stays that of health: load balancers ask it."""
    waiting(status=Status.UNKNOWN, claim=uuid.uuid4(), claimed_at=NOW - timedelta(hours=2))
    waiting(status=Status.REJECTED, settled_at=NOW)
    healthy = client.get("/healthz", headers=TOKEN)
    _, alarm = watch(client)
    assert (healthy.status_code, alarm.pop("status")) == (200, "alarm")
    assert healthy.json() == {"status": "ok", **alarm}
    assert alarm["alarms"] == ["uncertain for over an hour: 1"]
    assert alarm["not_delivered"] == 1


@pytest.mark.parametrize(
    ("days", "next_look_at", "status", "is_told"),
    [
        (5.1, None, Status.ACCEPTED, True),
        (5.1, None, Status.SENDING, True),
        (13, None, Status.SENDING, True),
        (4.9, None, Status.SENDING, False),
        (5.1, NOW, Status.SENDING, False),
        (15, None, Status.SENDING, False),
        (5.1, None, Status.DELIVERED, False),
    ],
)
def test_what_is_not_final_by_the_fifth_day_is_told(
    client, waiting, days, next_look_at, status, is_told
):
    accepted_at = NOW - timedelta(days=days)
    waiting(status=status, accepted_at=accepted_at, next_look_at=next_look_at)
    _, found = watch(client)
    assert found["never_final"] == is_told
    assert found["alarms"] == (["not final after five days: 1"] if is_told else [])
    assert figures(client)[("mavis_messages_never_final",)] == is_told


def test_what_is_never_final_is_found_without_reading_all_messages(db):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    found = selectors.never_final(None, NOW).order_by()[:10]
    assert "message_never_final" in found.explain()


@pytest.mark.parametrize("path", ["/watchz", "/metrics"])
def test_a_token_opens_them_and_nothing_else(client, superuser_client, settings, path):
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["mavis.example.com"]
    settings.WATCH_TOKENS = ["new", "old"]
    for token in ("new", "old"):
        headers = {"authorization": f"Bearer {token}", "host": "10.0.0.7"}
        assert client.get(path, headers=headers).status_code == 200
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Basic new"}):
        assert superuser_client.get(path, headers=headers).status_code == 401
    settings.WATCH_TOKENS = []
    assert client.get(path, headers={"authorization": "Bearer "}).status_code == 404
    assert client.post(path).status_code == 405


def figures(client):
    """Every figure by name and the values of its labels, which come in the order of their names."""
    response = client.get("/metrics", headers=TOKEN)
    assert response.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }


def test_prometheus_reads_what_the_night_watch_sees(client, waiting):
    waiting(lane=Lane.URGENT, due_at=NOW - timedelta(minutes=11))
    waiting(status=Status.UNKNOWN, claim=uuid.uuid4(), claimed_at=NOW - timedelta(hours=2))
    waiting(status=Status.PARKED)
    Stoppage.objects.create(scope="text", kind="allowance", reason="…", since=NOW)
    Heartbeat.objects.filter(schedule="pulse-urgent").update(
        last_succeeded_at=NOW - timedelta(minutes=20), last_failed_at=NOW, last_error="KeyError"
    )
    hints.connection().rpush("urgent", "a job", "another one")
    counters.count({("email", "delivered"): 3})
    counters.count({("email", "delivered"): 2, ("text", "failed"): 1})
    found = figures(client)
    assert found["mavis_up", "database"] == found["mavis_up", "broker"] == 1
    assert found["mavis_schedule_overdue", "pulse-urgent"] == 1
    assert found["mavis_schedule_failing", "pulse-urgent"] == 1
    assert found["mavis_schedule_last_success_age_seconds", "pulse-urgent"] == 20 * 60
    assert found["mavis_schedule_overdue", "notifications.sweep"] == 0
    assert found["mavis_messages_due", "urgent"] == 1
    assert found["mavis_messages_oldest_due_age_seconds", "urgent"] == 11 * 60
    assert found["mavis_messages_wait_too_long", "urgent"] == 1
    assert found["mavis_messages_uncertain", "over_an_hour"] == 1
    assert found[("mavis_messages_needing_a_person",)] == 1
    assert found["mavis_sending_stopped", "allowance", "text"] == 1
    assert found["mavis_queue_jobs", "urgent"] == 2
    assert found["mavis_messages_total", "email", "delivered"] == 5
    assert found["mavis_messages_total", "text", "failed"] == 1


def test_receipts_with_a_wrong_token_are_counted_where_an_alarm_looks_for_them(client):
    counted = ("mavis_request_seconds_count", "messages:receipts", "401")
    before = figures(client).get(counted, 0)
    client.post("/notify/receipts", headers={"authorization": "Bearer wrong"})
    assert figures(client)[counted] == before + 1


def test_the_limiter_is_read_without_taking_from_it(client, settings):
    brake = limiter.shared_limiter()
    whole = figures(client)[("mavis_limiter_available",)]
    assert whole == settings.NOTIFY_RATE_BURST
    brake.take(100, urgent=True)
    left = figures(client)[("mavis_limiter_available",)]
    assert 100 <= left < whole
    seconds = brake.rest_throttled()
    assert 0 < figures(client)[("mavis_limiter_rest_seconds",)] <= seconds


def test_without_redis_the_figures_of_the_database_are_there(client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    hints.connection.cache_clear()
    try:
        found = figures(client)
        assert watch(client)[0] == 503
    finally:
        hints.connection.cache_clear()
    assert found["mavis_up", "broker"] == 0
    assert ("mavis_messages_due", "bulk") in found
    assert not [name for name in found if name[0].startswith("mavis_queue")]


def test_without_the_table_of_heartbeats_alarms_ring(client):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE heartbeats_heartbeat RENAME TO gone")
    # A failed statement ends the transaction that a test runs in: nothing else can be asked.
    assert client.get("/watchz", headers=TOKEN).status_code == 503


def test_queries_do_not_grow_with_the_messages(client, waiting):
    waiting()
    few = count_queries(lambda: figures(client))
    for _ in range(24):
        waiting(due_at=NOW - timedelta(hours=4))
    assert count_queries(lambda: figures(client)) == few
