"""A clock that ran ahead and was set back: nothing it wrote waits for it, nothing goes twice."""

from datetime import timedelta

import pytest
from django.db import connection

from notifications import clock_rules, sending, set_back
from notifications.models import Channel, Lane, Message
from tests.notifications.conftest import NOW, posts_of
from tests.notifications.test_crashes_and_crowds import claim, reread

Status = Message.Status
HOUR = timedelta(hours=1)
TAKEN = (Status.ACCEPTED, Status.SENDING, Status.DELIVERED)


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.TEXT])
def test_what_was_queued_by_a_clock_ahead_goes_at_once(queued, postman, notify, channel):
    message = queued(
        channel=channel,
        recipient="a@example.com" if channel == Channel.EMAIL else "+447700900601",
        due_at=NOW + HOUR,
        now=NOW + HOUR,
    )
    postman.send()
    assert posts_of(notify, message) == []
    postman.sweep()
    postman.send()
    assert reread(message).status in TAKEN
    assert len(posts_of(notify, message)) == 1


def test_what_truly_waits_goes_on_waiting(queued, postman):
    opens = clock_rules.next_opening(NOW)
    text = {"channel": Channel.TEXT, "recipient": "+447700900601"}
    true = [
        queued(due_at=NOW + HOUR),
        queued(due_at=NOW + timedelta(minutes=9), now=NOW + timedelta(minutes=4)),
        queued(due_at=opens, **text),
    ]
    due = [message.due_at for message in true]
    postman.sweep()
    assert [reread(message).due_at for message in true] == due


def test_all_that_waits_is_brought_back_however_much_it_is(new_message, monkeypatch):
    monkeypatch.setattr(set_back, "BATCH", 2)
    Message.objects.bulk_create(
        new_message(lane=lane, due_at=NOW + ahead, created_at=NOW + ahead, recipient=f"{n}@x.test")
        for n, (lane, ahead) in enumerate(
            (lane, ahead) for lane in Lane for ahead in (HOUR, 5 * HOUR, timedelta(days=9)) * 2
        )
    )
    set_back.put_right(now=NOW)
    assert not Message.objects.filter(due_at__gt=NOW).exists()
    assert not Message.objects.filter(created_at__gt=NOW).exists()


def test_an_attempt_that_a_clock_ahead_called_unclear_is_settled_within_minutes(
    queued, postman, notify, clock
):
    message = queued(recipient="drop-before@sandbox.example")
    clock.forward(hours=1)
    postman.send()
    assert reread(message).status == Status.UNKNOWN
    clock.forward(hours=-1)
    postman.settle()
    postman.send()
    assert reread(message).status in TAKEN
    assert len(notify.messages(reference=message.reference)) == 1


def test_the_claim_of_a_worker_killed_while_the_clock_was_ahead_is_given_up(
    queued, postman, notify, clock
):
    message = queued()
    claim(NOW + HOUR)
    postman.sweep()
    assert reread(message).status == Status.UNKNOWN
    postman.settle()
    postman.send()
    assert reread(message).status in TAKEN
    assert len(posts_of(notify, message)) == 1


def test_a_sender_that_lived_through_it_does_not_begin_what_was_given_up(queued, notify, clock):
    """Else it might, whenever its turn came, after another one has sent it."""
    message = queued()
    [claimed] = claim(NOW + HOUR)
    with sending.Sender(clock) as sender:
        sender._start(claimed)
        sender._wait(5, only_outcomes=True)
    assert (reread(message).status, posts_of(notify, message)) == (Status.WAITING, [])


def test_what_notify_has_is_asked_about_again_and_not_each_minute(queued, postman, notify, clock):
    message = queued(recipient="receipt-never@sandbox.example")
    clock.forward(days=9)
    postman.send()
    clock.forward(days=-9)
    set_back.put_right(now=clock())
    assert reread(message).next_look_at == NOW
    postman.reconcile()
    set_back.put_right(now=clock())
    found = reread(message).next_look_at
    assert found is None or found > NOW


def test_nothing_is_asked_of_the_database_row_by_row(new_message, django_assert_max_num_queries):
    Message.objects.bulk_create(
        new_message(due_at=NOW + HOUR, created_at=NOW + HOUR, recipient=f"{n}@x.test")
        for n in range(40)
    )
    with django_assert_max_num_queries(12):
        set_back.put_right(now=NOW)


@pytest.mark.parametrize("status", [Status.WITHHELD, Status.PARKED, Status.REJECTED, Status.FAILED])
def test_what_is_over_is_asked_about_at_once_and_its_lease_is_left_alone(status, queued):
    """While it is asked about, nobody may send it again."""
    message = queued()
    own = Message.objects.filter(pk=message.pk)
    own.update(status=status, next_look_at=NOW + HOUR)
    set_back.put_right(now=NOW)
    assert reread(message).next_look_at == NOW
    own.update(next_look_at=NOW + set_back.LEASE)
    set_back.put_right(now=NOW)
    assert reread(message).next_look_at == NOW + set_back.LEASE


def test_what_is_over_and_asked_about_is_found_by_an_index(db):
    found = Message.objects.filter(status__in=set_back.OVER, next_look_at__gt=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "message_over_to_look_up" in found.explain()
