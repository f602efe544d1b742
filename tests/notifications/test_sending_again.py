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


# To an address that the letter went to already.


@pytest.fixture
def two(ended, parent, organisation):
    """`two("failed", "delivered")`: what came of Mum's message and Dad's of one letter, whose
    addresses have become the same since.
    """

    def make(of_mum, of_dad, *, now_at="dad@example.com", **fields):
        dad = ParentFactory(organisation=organisation, email="dad@example.com")
        first = ended(of_mum)
        second = ended(of_dad, parent=dad, letter=first.letter, **fields)
        type(parent).objects.filter(pk__in=[parent.pk, dad.pk]).update(email=now_at)
        return first, second

    return make


ALIVE = (
    Status.WAITING,
    Status.CLAIMED,
    Status.UNKNOWN,
    Status.ACCEPTED,
    Status.SENDING,
    Status.DELIVERED,
    Status.PARKED,
)


@pytest.mark.parametrize("status", ALIVE)
def test_an_address_that_has_the_letter_or_may_get_it_gets_nothing_more(status, two, superuser):
    mums, _ = two(Status.FAILED, status, accepted_at=NOW)
    with pytest.raises(resending.CannotSendAgain, match="goes to the same email address"):
        resending.send_again(mums.pk, by=superuser, now=NOW)
    assert Message.objects.count() == 2


@pytest.mark.parametrize("status", [Status.FAILED, Status.REJECTED, Status.WITHHELD])
def test_an_address_that_the_letter_did_not_reach_may_get_it(status, two, superuser):
    mums, _ = two(Status.FAILED, status)
    assert resending.send_again(mums.pk, by=superuser, now=NOW)
    assert Message.objects.get(resend_of=mums).recipient == "dad@example.com"


def test_another_letter_to_the_address_is_no_reason(ended, superuser):
    ended(Status.DELIVERED, accepted_at=NOW)
    assert resending.send_again(ended().pk, by=superuser, now=NOW)


def test_of_two_parked_ones_that_come_to_one_address_one_goes(two, superuser):
    mums, dads = two(Status.PARKED, Status.PARKED)
    assert resending.send_again(dads.pk, by=superuser, now=NOW)
    for _ in range(2):
        with pytest.raises(resending.CannotSendAgain):
            resending.send_again(mums.pk, by=superuser, now=NOW)
    Message.objects.filter(resend_of=dads).update(status=Status.FAILED)
    assert resending.send_again(mums.pk, by=superuser, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_sent_again_at_once_to_one_corrected_address_go_once(two, superuser):
    both = two(Status.FAILED, Status.FAILED, now_at="shared@example.com")
    is_sent = Event()

    def send(message):
        return resending.send_again(message.pk, by=superuser, now=NOW)

    def first():
        with transaction.atomic():
            assert send(both[0])
            is_sent.set()
            wait_for_a_waiter()

    def second():
        assert is_sent.wait(60)
        with pytest.raises(resending.CannotSendAgain):
            send(both[1])

    at_once(first, second)
    [again] = Message.objects.filter(recipient="shared@example.com")
    assert again.resend_of == both[0]
