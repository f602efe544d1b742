"""A clock that ran ahead and was set back: nothing it wrote waits for it, nothing goes twice."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications import clock_rules, rules, sending, set_back
from notifications.models import Channel, Lane, Message
from tests.notifications.conftest import NOW, posts_of
from tests.notifications.test_crashes_and_crowds import claim, reread

Status = Message.Status
HOUR = timedelta(hours=1)
TAKEN = (Status.ACCEPTED, Status.SENDING, Status.DELIVERED)


def at(hour, minute=0, day=12):
    return datetime(2027, 1, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("channel", "due", "created", "claimed", "now", "expected"),
    [
        # Queued at one, while it was noon: at once, or as long from now as it was held.
        ("email", at(13), at(13), None, at(12), at(12)),
        ("email", at(13, 2), at(13), None, at(12), at(12, 2)),
        ("email", at(12, 55), at(13), None, at(12), at(12)),
        # Tried again at one, though it was queued truly.
        ("email", at(13, 1), at(11), at(13), at(12), at(12, 1)),
        ("email", at(13, 9), at(12, 30), at(13), at(12), at(12, 9)),
        # Far ahead, and written truly: the texts of the night, a held mailing.
        ("text", at(8, day=13), at(22), None, at(22), at(8, day=13)),
        ("email", at(12, 30), at(12), at(12), at(12), at(12, 30)),
        # Clocks that differ by a little.
        ("email", at(12, 5), at(12, 5), None, at(12), at(12, 5)),
        # Texts rest, whatever the clock said then.
        ("text", at(8, 30), at(8, 30), None, at(7, 30), at(8)),
        ("text", at(13, day=20), at(13, day=20), None, at(12), at(12)),
        ("text", at(8, day=13), at(21, 30), None, at(20), at(8, day=13)),
    ],
)
def test_only_a_moment_that_cannot_be_true_brings_a_message_back(
    channel, due, created, claimed, now, expected
):
    assert (
        clock_rules.due_when_right(
            channel=channel, due_at=due, created_at=created, claimed_at=claimed, now=now
        )
        == expected
    )


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (at(7, 59), at(8)),
        (at(8), at(8, day=13)),
        (at(23), at(8, day=13)),
        # Summer time begins in the night.
        (datetime(2027, 3, 27, 22, tzinfo=UTC), datetime(2027, 3, 28, 7, tzinfo=UTC)),
    ],
)
def test_texts_of_the_evening_wait_for_the_next_opening_and_for_nothing_later(now, opens):
    assert clock_rules.next_opening(now) == opens
    assert rules.send_not_before("text", opens) == opens


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
