"""The run of a sender: guards, lanes, the night, crashes, and many senders at once."""

import os
import random
import signal
import subprocess
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection

from calendars import clock as calendar_clock
from notifications import claims, hints, limiter, outbox, sending, slots, tasks
from notifications.models import Channel, Lane, Message
from notifications.signals import letters_withheld
from tests.instants import python_in_our_time
from tests.notifications.conftest import NOW, accepted_by, log_of, posts_of
from tests.sandbox_process import eventually

Status = Message.Status
SENT = "Session clinic initial invitation sent"
WITHHELD = "Session clinic initial invitation not sent: The child has moved away"


def reread(message):
    return Message.objects.get(pk=message.pk)


def to(name):
    return f"{name}@sandbox.example"


def claim(now):
    return claims.backlog(lanes=[Lane.BULK], channels=Channel.values, now=now).claim(
        most=50, now=now
    )


@pytest.fixture
def guard():
    """Withholds what the test names; records what it was asked about."""

    class Guard:
        reasons: dict[int, str] = {}

        def __init__(self):
            self.asked = []

        def __call__(self, messages, *, now):
            self.asked.append([message.pk for message in messages])
            return self.reasons

    guard = Guard()
    outbox.register_guard("clinic_initial_invitation", guard)
    return guard


@pytest.fixture
def announced():
    """The letters of which it was announced that nothing was sent."""
    letters = []

    def hear(sender, **what):
        letters.append(what["letters"])

    letters_withheld.connect(hear)
    yield letters
    letters_withheld.disconnect(hear)


# Guards.


def test_i08_a_guard_is_asked_just_before_sending_and_holds_back(
    queued, postman, guard, notify, child, announced
):
    letter = uuid.uuid4()
    held = queued(letter=letter)
    goes = queued()
    guard.reasons = {held.pk: "The child has moved away"}
    assert postman.send() == 1
    withheld = reread(held)
    assert (withheld.status, withheld.reason) == (Status.WITHHELD, "The child has moved away")
    assert withheld.attempts == 0
    assert [sorted(asked) for asked in guard.asked] == [[held.pk, goes.pk]]
    assert reread(goes).status == Status.ACCEPTED
    assert posts_of(notify, held) == []
    assert sorted(log_of(child)) == sorted([WITHHELD, SENT])
    assert announced == [{letter}]


def test_a_letter_of_which_something_went_is_not_announced(queued, postman, guard, announced):
    letter = uuid.uuid4()
    queued(letter=letter)
    text = queued(letter=letter, channel=Channel.TEXT, recipient="+447700900123")
    guard.reasons = {text.pk: "The child has moved away"}
    postman.send()
    assert announced == []


def test_a_letter_is_announced_once_its_last_message_is_held_back(
    queued, postman, guard, announced, clock
):
    letter = uuid.uuid4()
    email = queued(letter=letter)
    text = queued(
        letter=letter,
        channel=Channel.TEXT,
        recipient="+447700900123",
        due_at=NOW + timedelta(hours=1),
    )
    guard.reasons = {message.pk: "The child has moved away" for message in (email, text)}
    postman.send()
    assert announced == []
    clock.forward(hours=1)
    postman.send()
    assert announced == [{letter}]


def test_without_the_guards_word_nothing_goes_and_others_do(
    queued, postman, guard, notify, caplog, clock
):
    def broken(messages, *, now):
        raise RuntimeError("broken")

    outbox.register_guard("clinic_initial_invitation", broken)
    held = queued()
    other = queued(
        template="consent_clinic_request",
        personalisation=held.personalisation
        | {"consent_link": "https://example.com", "consent_deadline": "1 May 2027"},
    )
    postman.send()
    waiting = reread(held)
    assert (waiting.status, waiting.attempts) == (Status.WAITING, 0)
    assert waiting.due_at == clock.now + timedelta(minutes=1)
    assert reread(other).status == Status.ACCEPTED
    assert "its messages wait" in caplog.text


def test_a_fault_of_who_hears_of_withheld_letters_holds_up_nobody_else(
    queued, postman, guard, caplog, clock
):
    def broken(sender, **what):
        raise RuntimeError("broken")

    letters_withheld.connect(broken)
    try:
        held, goes = queued(), queued()
        guard.reasons = {held.pk: "The child has moved away"}
        postman.send()
        assert reread(goes).status == Status.ACCEPTED
        assert reread(held).status == Status.CLAIMED
    finally:
        letters_withheld.disconnect(broken)
    clock.forward(minutes=3)
    postman.sweep()
    postman.settle()
    postman.send()
    assert reread(held).status == Status.WITHHELD


def test_links_in_a_childs_name_do_not_reach_the_parent(queued, postman, notify):
    values = queued().personalisation
    message = queued(
        personalisation=values | {"full_and_preferred_child_name": "[Ada](https://evil.example)"}
    )
    postman.send()
    [theirs] = accepted_by(notify, message)
    assert theirs["raw_request"]["sanitise_content_for"] == ["full_and_preferred_child_name"]


# The night, and lanes.


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


def test_without_redis_messages_wait(queued, postman, settings, caplog):
    message = queued()
    hints.connection.cache_clear()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert postman.send() == 0
    hints.connection.cache_clear()
    assert reread(message).status == Status.WAITING
    assert "Redis is away" in caplog.text


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
    sender = sending.Sender(clock)
    with sender:
        sender._attempt(claimed, 1e12)
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


def test_queries_do_not_grow_with_the_messages(
    new_message, postman, django_assert_max_num_queries, child
):
    outbox.queue_all([new_message() for _ in range(45)], now=NOW)
    with django_assert_max_num_queries(60):
        postman.send()
    assert child.activity.count() == 45


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_who_withhold_the_last_two_messages_of_a_letter_announce_it_once(
    new_message, guard, announced, postman
):
    letters = [uuid.uuid4() for _ in range(20)]
    outbox.queue_all(
        [
            new_message(
                letter=letter,
                recipient=f"{name}@example.com",
            )
            for letter in letters
            for name in ("a", "b")
        ],
        now=NOW,
    )
    guard.reasons = dict.fromkeys(Message.objects.values_list("pk", flat=True), "Has moved")

    def run():
        try:
            return postman.send()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(run) for _ in range(2)]:
            each.result()
    assert sorted(letter for some in announced for letter in some) == sorted(letters)


# Jobs.


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


def test_every_scheduled_job_exists_and_may_run_on_an_empty_outbox(db, notify):
    from mavis.celery import app

    for entry in app.conf.beat_schedule.values():
        if entry["task"].startswith("notifications."):
            app.tasks[entry["task"]].run()
            app.tasks[entry["task"]].run()
