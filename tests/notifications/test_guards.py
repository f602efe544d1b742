"""What the guards say just before a message goes, and who hears of what they held back."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from notifications import condition, outbox
from notifications.models import Channel, Message
from notifications.settling import Settlement
from notifications.signals import letters_curtailed, letters_withheld
from tests.notifications.conftest import NOW, log_of, posts_of

Status = Message.Status
SENT = "Session clinic initial invitation sent"
WITHHELD = "Session clinic initial invitation not sent: The child has moved away"


def reread(message):
    return Message.objects.get(pk=message.pk)


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
        | {
            "consent_link": "https://example.com",
            "consent_deadline": "1 May 2027",
            "privacy_notice": "https://example.com/privacy",
        },
    )
    postman.send()
    waiting = reread(held)
    assert (waiting.status, waiting.attempts) == (Status.WAITING, 0)
    assert waiting.due_at == clock.now + timedelta(minutes=1)
    assert reread(other).status == Status.ACCEPTED
    clock.forward(hours=3, minutes=1)
    postman.send()
    [_, bulk] = condition.lanes(clock.now)
    assert (bulk.oldest_due_at, bulk.waits_too_long) == (held.due_at, True)
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
        waiting = reread(held)
        assert (waiting.status, waiting.attempts) == (Status.WAITING, 0)
        assert (waiting.reason, waiting.settled_at) == ("", None)
        clock.forward(hours=3, minutes=1)
        postman.send()
        assert [each.waits_too_long for each in condition.lanes(clock.now)] == [False, True]
    finally:
        letters_withheld.disconnect(broken)
    clock.forward(minutes=5)
    postman.send()
    assert reread(held).status == Status.WITHHELD


@pytest.mark.parametrize("fault", [None, RuntimeError("broken")])
def test_who_hears_of_a_message_that_failed_cannot_undo_what_notify_said(
    queued, postman, notify, fault
):
    heard = []

    def hear(sender, *, letters, **_):
        heard.append(letters)
        if fault:
            raise fault

    message = queued()
    postman.send()
    letters_curtailed.connect(hear)
    try:
        settlement = Settlement(now=NOW)
        settlement.conclude(reread(message), status="temporary-failure")
        settlement.save()
    finally:
        letters_curtailed.disconnect(hear)
    assert heard == [{message.letter}]
    assert reread(message).status == Status.FAILED


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
