"""Messages that their guard lets go with other words."""

import uuid
from datetime import timedelta

import pytest

from notifications import outbox
from notifications.models import Channel, Message
from notifications.rewording import Rewording
from notifications.signals import letters_curtailed
from tests.notifications.conftest import VALUES, accepted_by, log_of, posts_of

Status = Message.Status
LESS = Rewording(
    VALUES | {"vaccination": "MMR vaccination"}, "written without HPV: had it", frozenset({"hpv"})
)


@pytest.fixture
def answers():
    """What the guard answers, by message."""
    answers = {}
    outbox.register_guard("clinic_initial_invitation", lambda messages, *, now: answers)
    return answers


@pytest.fixture
def announced():
    letters = []

    def hear(sender, **what):
        letters.append(what["letters"])

    letters_curtailed.connect(hear)
    yield letters
    letters_curtailed.disconnect(hear)


def test_the_new_words_go_under_the_same_reference_and_the_log_says_so(
    queued, postman, notify, child, answers, announced
):
    message, other = queued(), queued()
    answers[message.pk] = LESS
    assert postman.send() == 2
    [theirs] = accepted_by(notify, message)
    assert "MMR vaccination" in theirs["subject"]
    assert "HPV" not in theirs["body"]
    assert "HPV vaccination" in accepted_by(notify, other)[0]["subject"]
    kept = Message.objects.get(pk=message.pk)
    assert (kept.status, kept.left_out) == (Status.ACCEPTED, ["hpv"])
    assert kept.personalisation == LESS.personalisation
    assert announced == [{message.letter}]
    assert sorted(log_of(child)) == [
        "Session clinic initial invitation sent",
        "Session clinic initial invitation sent",
        "Session clinic initial invitation written without HPV: had it",
    ]


def test_a_letter_is_curtailed_when_one_of_its_messages_is_held_back(
    queued, postman, answers, announced
):
    letter = uuid.uuid4()
    queued(letter=letter)
    text = queued(letter=letter, channel=Channel.TEXT, recipient="+447700900123")
    answers[text.pk] = "The child has moved away"
    postman.send()
    assert announced == [{letter}]


def test_what_cannot_be_written_down_is_not_sent_and_holds_up_nobody(
    queued, postman, notify, answers, clock, caplog
):
    def broken(sender, **what):
        raise RuntimeError("broken")

    message, other = queued(), queued()
    answers[message.pk] = LESS
    letters_curtailed.connect(broken)
    try:
        postman.send()
    finally:
        letters_curtailed.disconnect(broken)
    assert "What messages say instead could not be written down" in caplog.text
    assert posts_of(notify, message) == []
    assert len(posts_of(notify, other)) == 1
    kept = Message.objects.get(pk=message.pk)
    assert (kept.status, kept.personalisation) == (Status.WAITING, VALUES)
    clock.forward(minutes=5)
    postman.send()
    [theirs] = accepted_by(notify, message)
    assert "MMR vaccination" in theirs["subject"]


def test_a_text_that_says_less_since_the_evening_rests_until_the_morning(
    queued, postman, notify, answers, clock
):
    clock.now = clock.now.replace(hour=21)
    late = clock.now - timedelta(minutes=5)
    text = queued(channel=Channel.TEXT, recipient="+447700900123", due_at=late, now=late)
    answers[text.pk] = LESS
    postman.send()
    assert posts_of(notify, text) == []
    clock.forward(hours=11)
    postman.send()
    [theirs] = accepted_by(notify, text)
    assert "MMR vaccination" in theirs["body"]
