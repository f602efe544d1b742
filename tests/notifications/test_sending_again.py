"""Sending again, by hand or all that was refused: nothing twice into one inbox."""

from contextlib import suppress
from threading import Event

import pytest
from django.db import transaction

from notifications import resending, rules
from notifications.models import Message
from tests.factories import ParentFactory
from tests.notifications.conftest import NOW
from tests.threads import at_once, wait_for_a_waiter

Status = Message.Status


@pytest.fixture
def ended(queued, parent):
    """A message that came to nothing, or to whatever the test says."""

    def make(status=Status.FAILED, *, reason="", accepted_at=None, **fields):
        fields = {"parent": parent, "recipient": fields.get("parent", parent).email} | fields
        message = queued(**fields)
        claim = message.letter if status in (Status.CLAIMED, Status.UNKNOWN) else None
        Message.objects.filter(pk=message.pk).update(
            status=status, reason=reason, accepted_at=accepted_at, claim=claim
        )
        return Message.objects.get(pk=message.pk)

    return make


@pytest.fixture
def refused(ended):
    def make(**fields):
        return ended(Status.PARKED, reason=f"{rules.REFUSED}Template not found", **fields)

    return make


def try_again():
    return resending.try_refused_again(Message.objects.all(), now=NOW)


# Both buttons at the same time.


@pytest.mark.django_db(transaction=True)
def test_what_somebody_sends_again_meanwhile_is_not_tried_again_too(refused, superuser):
    message = refused()
    is_sent = Event()

    def send():
        with transaction.atomic():
            is_new = resending.send_again(message.pk, by=superuser, now=NOW)
            is_sent.set()
            wait_for_a_waiter()
        return is_new

    def try_all():
        assert is_sent.wait(60)
        return try_again()

    assert at_once(send, try_all) == [True, 0]
    assert [each.resend_of for each in Message.objects.filter(status=Status.WAITING)] == [message]


@pytest.mark.django_db(transaction=True)
def test_what_is_tried_again_meanwhile_is_not_sent_again_too(refused, superuser):
    message = refused()
    is_tried = Event()

    def try_all():
        with transaction.atomic():
            number = try_again()
            is_tried.set()
            wait_for_a_waiter()
        return number

    def send():
        assert is_tried.wait(60)
        with pytest.raises(resending.CannotSendAgain):
            resending.send_again(message.pk, by=superuser, now=NOW)

    assert at_once(try_all, send) == [1, None]
    assert list(Message.objects.filter(status=Status.WAITING)) == [message]


@pytest.mark.django_db(transaction=True)
def test_whoever_comes_first_each_message_goes_once(refused, superuser):
    messages = [refused() for _ in range(20)]

    def send_each():
        for message in messages:
            with suppress(resending.CannotSendAgain):
                resending.send_again(message.pk, by=superuser, now=NOW)

    at_once(send_each, try_again, try_again)
    waiting = Message.objects.filter(status=Status.WAITING)
    assert len({message.letter for message in waiting}) == len(waiting) == 20
