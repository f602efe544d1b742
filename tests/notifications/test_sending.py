"""The run of a sender: its lanes, the night, and what wakes it."""

from datetime import timedelta

import pytest
from celery import current_app

from calendars import clock as calendar_clock
from cohorts.services import uploads
from mavis.celery import app
from notifications import hints, outbox, receipts, slots, sweeping, tasks
from notifications.models import Channel, Lane, Message
from tests.notifications.conftest import NOW, accepted_by

Status = Message.Status


def reread(message):
    return Message.objects.get(pk=message.pk)


@pytest.mark.parametrize(
    ("evening", "morning"),
    [
        ("2027-01-12T21:00", "2027-01-13T08:00"),
        # London clocks go forward on 28 March 2027, and back on 31 October.
        ("2027-03-27T21:00", "2027-03-28T07:00"),
        ("2027-10-30T20:00", "2027-10-31T08:00"),
    ],
)
def test_a_text_that_was_late_for_the_evening_rests_until_the_morning(
    evening, morning, queued, postman, clock
):
    evening, morning = (NOW.fromisoformat(f"{moment}:00+00:00") for moment in (evening, morning))
    late = evening - timedelta(minutes=5)
    text = queued(channel=Channel.TEXT, recipient="+447700900123", due_at=late, now=late)
    email = queued(due_at=late, now=late)
    clock.now = evening
    postman.send()
    assert (reread(text).status, reread(email).status) == (Status.WAITING, Status.ACCEPTED)
    clock.now = morning - timedelta(seconds=1)
    postman.send()
    assert reread(text).status == Status.WAITING
    clock.now = morning
    postman.send()
    assert reread(text).status == Status.ACCEPTED


def test_the_urgent_lane_leaves_bulk_alone_and_bulk_takes_urgent_first(queued, postman, notify):
    bulk, urgent = queued(), queued(lane=Lane.URGENT)
    assert postman.send(Lane.URGENT) == 1
    assert (reread(bulk).status, reread(urgent).status) == (Status.WAITING, Status.ACCEPTED)
    second = queued(lane=Lane.URGENT)
    assert postman.send(Lane.BULK) == 2
    assert reread(second).status == Status.ACCEPTED


def test_what_is_left_when_the_time_is_over_gets_a_new_sender(queued, postman):
    queued()
    postman.send(seconds=0)
    assert hints.connection().keys("mavis:hint:*")


def test_a_lane_with_enough_senders_takes_no_more(queued, postman):
    message = queued()
    with slots.slot(Lane.BULK), slots.slot(Lane.BULK):
        with slots.slot(Lane.BULK) as third:
            assert third is None
        assert postman.send() == 0
    postman.send()
    assert reread(message).status == Status.ACCEPTED


def test_slots_that_only_a_clock_set_back_can_have_left_are_free(queued, postman):
    """Their holders were killed, and Redis' clock was put back by an hour."""
    message = queued()
    seconds, _ = hints.connection().time()
    leases = dict.fromkeys(("one", "two"), seconds + 3600)
    hints.connection().zadd(f"mavis:notify:senders:{Lane.BULK}", leases)
    postman.send()
    assert reread(message).status == Status.ACCEPTED


def test_without_redis_messages_wait(queued, postman, settings, caplog):
    message = queued()
    hints.connection.cache_clear()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert postman.send() == 0
    hints.connection.cache_clear()
    assert reread(message).status == Status.WAITING
    assert "Redis is away" in caplog.text


def test_links_in_a_childs_name_do_not_reach_the_parent(queued, postman, notify):
    values = queued().personalisation
    message = queued(
        personalisation=values | {"full_and_preferred_child_name": "[Ada](https://evil.example)"}
    )
    postman.send()
    [theirs] = accepted_by(notify, message)
    assert theirs["raw_request"]["sanitise_content_for"] == ["full_and_preferred_child_name"]


def test_queries_do_not_grow_with_the_messages(
    new_message, postman, django_assert_max_num_queries, child
):
    outbox.queue_all([new_message() for _ in range(45)], now=NOW)
    with django_assert_max_num_queries(60):
        postman.send()
    assert child.activity.count() == 45


# What wakes it.


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_i26_a_message_queued_by_a_nurse_is_on_its_way_within_seconds(new_message, notify):
    now = calendar_clock.now()
    message = new_message(lane=Lane.URGENT, due_at=now)
    outbox.queue_all([message], now=now)
    assert hints.connection().keys("mavis:hint:notifications.send_due:0")
    tasks.send_due(int(Lane.URGENT))
    assert len(accepted_by(notify, message)) == 1


def test_the_sweep_finds_what_the_broker_lost(queued, postman):
    queued(lane=Lane.URGENT)
    queued()
    postman.sweep()
    assert len(hints.connection().keys("mavis:hint:*")) == 2


@pytest.mark.parametrize("lane", Lane)
def test_nothing_that_is_sent_waits_behind_an_import(lane):
    outbox.wake(lane)
    current_app.send_task(uploads.RUN_TASK, args=[1])
    queues = hints.connection()
    assert (queues.llen("urgent"), queues.llen("default")) == (1, 1)


def test_a_sweep_waits_behind_no_long_job_and_no_look_up(queued, notify, clock, monkeypatch):
    """Its queue is that of the messages that somebody waits for: what is slow keeps out of it."""
    assert app.conf.beat_schedule["notifications.sweep"]["options"]["queue"] == "urgent"
    message = queued()
    doubted = {"status": Status.UNKNOWN, "claim": message.letter, "next_look_at": NOW}
    Message.objects.update(claimed_at=NOW, attempt_ended_at=NOW, **doubted)
    sweeping.sweep(clock=clock)
    assert not notify.attempts()
    monkeypatch.setattr(receipts, "apply_waiting", lambda **_: 1)
    tasks.apply_receipts()
    assert hints.connection().keys("mavis:hint:notifications.reconcile:*")
    assert not notify.attempts()


def test_a_hint_that_only_a_clock_set_back_can_have_left_keeps_nobody_asleep(monkeypatch):
    monkeypatch.setattr(hints, "HINT_SECONDS", 5)
    assert hints.give(outbox.SEND_TASK, 1, queue="urgent")
    assert not hints.give(outbox.SEND_TASK, 1, queue="urgent")
    hints.connection().pexpire("mavis:hint:notifications.send_due:1", 3_600_000)
    assert hints.give(outbox.SEND_TASK, 1, queue="urgent")


def test_every_scheduled_job_exists_and_may_run_on_an_empty_outbox(db, notify):
    for entry in app.conf.beat_schedule.values():
        if entry["task"].startswith("notifications."):
            app.tasks[entry["task"]].run()
            app.tasks[entry["task"]].run()
