"""What was sent after the copy and comes to be written again is recognised, however many they are.
How it comes about is in `test_restoring`.
"""

import uuid

from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications import recognising, restore_rules, wording
from notifications.models import ForgottenMessage, Message
from tests.factories import ChildFactory
from tests.notifications.conftest import NOW, VALUES
from tests.notifications.test_crashes_and_crowds import claim

Status = Message.Status


def forgotten(message, words, status="delivered"):
    return ForgottenMessage(
        reference=uuid.uuid4().hex,
        notify_id=uuid.uuid4(),
        notify_status=status,
        template=message.template,
        channel=message.channel,
        recipient=message.recipient,
        words=words,
        found_at=NOW,
    )


def queries_for(number, new_message, organisation):
    """Recognise so many of each kind; how many queries that takes."""
    name = wording.get("clinic_initial_invitation", "email").preview(VALUES)
    same = restore_rules.words_of(name.subject, name.body)
    messages, known = [], []
    for n in range(number):
        for kind, words in (("same", same), ("like", "ada something else"), ("new", "")):
            child = ChildFactory(organisation=organisation, given_name="Ada")
            message = new_message(child=child, recipient=f"{kind}{number}-{n}@example.com")
            messages.append(message)
            known += [forgotten(message, words)] if words else []
    Message.objects.bulk_create(messages)
    ForgottenMessage.objects.bulk_create(known)
    claimed = claim(NOW)
    with CaptureQueriesContext(connection) as queries:
        to_send = recognising.recognise(claimed, now=NOW)
    assert {each.recipient.partition(str(number))[0] for each in to_send} == {"new"}
    assert len(to_send) == number
    return len(queries)


def test_many_take_as_many_queries_as_few(new_message, organisation):
    few = queries_for(1, new_message, organisation)
    assert queries_for(6, new_message, organisation) == few
    taken = Message.objects.filter(status=Status.DELIVERED)
    assert len(taken) == Message.objects.filter(status=Status.PARKED).count() == 7
    # What was taken over is forgotten no more; what is only like it stays for the next.
    assert ForgottenMessage.objects.count() == 7
    assert not ForgottenMessage.objects.filter(reference__in=taken.values("reference")).exists()


def test_a_claim_that_is_over_takes_nothing_over(new_message, organisation):
    message = new_message(recipient="ada@example.com")
    message.save()
    shown = wording.get("clinic_initial_invitation", "email").preview(VALUES)
    kept = forgotten(message, restore_rules.words_of(shown.subject, shown.body))
    kept.save()
    [claimed] = claim(NOW)
    Message.objects.update(claim=uuid.uuid4())
    assert recognising.recognise([claimed], now=NOW) == []
    assert ForgottenMessage.objects.get() == kept
    assert Message.objects.get().status == Status.CLAIMED


def test_what_cannot_be_compared_waits_and_is_not_sent(
    queued, postman, notify, child, clock, monkeypatch, caplog
):
    message = queued(recipient="ada@example.com")
    forgotten(message, restore_rules.words_of(child.given_name, "something else")).save()

    def broken(messages, **_):
        messages[0].status, messages[0].notify_id = Status.ACCEPTED, uuid.uuid4()
        raise RuntimeError("broken")

    with monkeypatch.context() as patched:
        patched.setattr(recognising, "recognise", broken)
        postman.send()
    waiting = Message.objects.get()
    assert (waiting.status, waiting.attempts, waiting.notify_id) == (Status.WAITING, 0, None)
    assert "could not be compared" in caplog.text
    clock.forward(minutes=5)
    postman.send()
    assert Message.objects.get().status == Status.PARKED
    assert not notify.attempts()
