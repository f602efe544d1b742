"""Senders that die in the middle, and many at once: each message goes once."""

import os
import random
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection

from notifications import calling, claims, hints, limiter, outbox, sending
from notifications.models import Channel, Lane, Message
from tests.instants import python_in_our_time
from tests.notifications.conftest import NOW, accepted_by, log_of, posts_of
from tests.sandbox_process import eventually

Status = Message.Status
SENT = "Session clinic initial invitation sent"


def reread(message):
    return Message.objects.get(pk=message.pk)


def to(name):
    return f"{name}@sandbox.example"


def claim(now):
    return claims.backlog(lanes=[Lane.BULK], channels=Channel.values, now=now).claim(
        most=50, now=now
    )


# Crashes.


def test_failure_16_a_sender_that_died_before_the_call(queued, postman, notify, clock):
    message = queued()
    claim(clock.now)
    postman.sweep()
    assert reread(message).status == Status.CLAIMED
    clock.forward(minutes=2, seconds=1)
    postman.sweep()
    assert reread(message).status == Status.UNKNOWN
    postman.settle()
    assert reread(message).status == Status.WAITING
    postman.send()
    assert reread(message).status == Status.ACCEPTED
    assert len(posts_of(notify, message)) == 1


def test_failure_16_a_sender_that_died_after_the_call(queued, postman, notify, clock, child):
    message = queued()
    [claimed] = claim(clock.now)
    calls = calling.Calls(clock, threads=1)
    calls.start(claimed)
    calls.close()
    clock.forward(minutes=3)
    postman.sweep()
    postman.settle()
    assert reread(message).status in (Status.ACCEPTED, Status.SENDING, Status.DELIVERED)
    postman.send()
    assert len(posts_of(notify, message)) == 1
    assert log_of(child) == [SENT]


def test_an_answer_that_comes_after_its_claim_was_given_up_still_counts(
    queued, postman, notify, clock
):
    message = queued()
    [claimed] = claim(clock.now)
    sender = sending.Sender(clock)
    clock.forward(minutes=3)
    claims.give_up_stale(now=clock.now)
    claimed.claimed_at = clock.now
    with sender:
        sender._start(claimed)
        sender._wait(5, only_outcomes=True)
    assert reread(message).status == Status.ACCEPTED


def test_a_claim_that_grew_old_before_its_call_is_given_back(queued, notify, clock):
    message = queued()
    [claimed] = claim(clock.now)
    clock.forward(seconds=31)
    with sending.Sender(clock) as sender:
        sender._start(claimed)
        sender._wait(5, only_outcomes=True)
    assert (reread(message).status, reread(message).attempts) == (Status.WAITING, 0)
    assert posts_of(notify, message) == []


KILLED = """
import django

django.setup()
from calendars import clock
from notifications import outbox, sending
outbox._guards.clear()
sending.send_due(lane=1, clock=clock.now)
"""


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_failure_16_a_sender_that_is_killed_in_mid_call_loses_and_doubles_nothing(
    new_message, postman, notify, clock
):
    messages = [
        new_message(recipient=to(f"hang-{when}+{n}"))
        for when in ("before", "after")
        for n in range(5)
    ]
    messages += [new_message() for _ in range(5)]
    outbox.queue_all(messages, now=NOW)
    database = urlsplit(os.environ["DATABASE_URL"])
    environment = os.environ | {
        "DATABASE_URL": database._replace(path=f"/{connection.settings_dict['NAME']}").geturl(),
        "NOTIFY_BASE_URL": notify.base_url,
        "MAVIS_TODAY": f"{NOW + timedelta(days=1):%Y-%m-%d}",
        "DJANGO_SETTINGS_MODULE": "mavis.settings.test",
    }
    process = subprocess.Popen(python_in_our_time(KILLED), env=environment)
    try:
        eventually(lambda: len(notify.attempts()) >= 15)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
    hints.connection().flushdb()
    assert Message.objects.filter(status=Status.CLAIMED).exists()
    for _ in range(3):
        clock.now = Message.objects.latest("claimed_at").claimed_at + timedelta(minutes=3)
        postman.sweep()
        postman.settle()
        clock.forward(hours=1)
        postman.send()
    assert set(Message.objects.values_list("status", flat=True)) <= {
        Status.ACCEPTED,
        Status.SENDING,
        Status.DELIVERED,
    }
    assert {len(accepted_by(notify, message)) for message in messages} == {1}


# Many at once.


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_failure_17_two_senders_at_once_send_each_message_once(new_message, postman, notify):
    outbox.queue_all([new_message() for _ in range(120)], now=NOW)

    def run():
        try:
            return postman.send()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(run) for _ in range(2)]
        assert sum(each.result() for each in done) == 120
    assert len(notify.messages()) == 120
    assert notify.invariants()["duplicate_references"] == []
    assert Message.objects.filter(status=Status.ACCEPTED).count() == 120


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_reply_goes_at_once_while_a_mailing_uses_up_the_allowance(
    new_message, postman, notify, settings
):
    # In the time of the test not one more than the burst may go.
    settings.NOTIFY_RATE_PER_SECOND, settings.NOTIFY_RATE_BURST = 0.01, 20
    outbox.queue_all([new_message() for _ in range(25)], now=NOW)

    def mail():
        try:
            postman.send(Lane.BULK, seconds=60)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        mailing = pool.submit(mail)
        eventually(lambda: len(notify.messages()) == 15)
        outbox.queue_all([new_message(lane=Lane.URGENT) for _ in range(5)], now=NOW)
        postman.send(Lane.URGENT)
        assert len(notify.messages()) == 20
        assert not Message.objects.filter(lane=Lane.URGENT, status=Status.WAITING).exists()
        hints.connection().delete(*hints.connection().keys("mavis:notify:*:full-at"))
        mailing.result()
    assert len(notify.messages()) == 30


STORM = [
    "parent", "hang-before", "hang-after", "drop-before", "drop-after", "late-accept",
    "err500-before", "err500-after", "html502", "html503", "err504", "html400", "badjson201",
    "html502+stored", "err504+stored", "drop-before+n3", "html503+n3", "rate429",
]  # fmt: skip


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_storm_of_faults_loses_nothing_and_doubles_nothing(
    new_message, postman, notify, clock, monkeypatch
):
    monkeypatch.setattr(limiter, "THROTTLED_REST", (50, 200))
    monkeypatch.setattr(limiter, "SILENT_REST", (50, 200))
    luck = random.Random(20270112)
    names = [f"{luck.choice(STORM)}+{n}" for n in range(150)]
    outbox.queue_all([new_message(recipient=to(name)) for name in names], now=NOW)
    notify.add_fault(match={"endpoint": "list", "probability": 0.2}, action="status", status=503)

    def run():
        try:
            return postman.send(seconds=10)
        finally:
            connection.close()

    open_statuses = [Status.WAITING, Status.CLAIMED, Status.UNKNOWN]
    for _ in range(8):
        with ThreadPoolExecutor(2) as pool:
            for each in [pool.submit(run) for _ in range(2)]:
                each.result()
        if not Message.objects.filter(status__in=open_statuses).exists():
            break
        postman.settle()
    assert not Message.objects.exclude(
        status__in=[Status.ACCEPTED, Status.SENDING, Status.DELIVERED]
    ).exists()
    told = notify.invariants()
    assert (told["accepted"], told["duplicate_references"]) == (150, [])
