"""Receipts for what was not being sent: the token may have leaked, or Notify took it late. It says
which. The numbers are those of the failure table (Notify §12).
"""

import uuid

import pytest

from notifications import lookups, receipts, resending, rules
from notifications.models import Message, Receipt
from tests.notifications.conftest import accepted_by, log_of, posts_of

Status = Message.Status
SENT = "Session clinic initial invitation sent"
ENDED = [Status.WITHHELD, Status.PARKED, Status.REJECTED]


def reread(message):
    return Message.objects.get(pk=message.pk)


@pytest.fixture
def told(clock):
    """Receipts come, and what they say is applied."""

    def tell(message, status="delivered", *, notify_id=None, times=1):
        for _ in range(times):
            receipt = Receipt(
                notify_id=notify_id or uuid.uuid4(), reference=message.reference, status=status
            )
            receipts.store(receipt, now=clock())
        if receipts.apply_waiting(clock=clock):
            lookups.check_accepted(clock=clock)
        return reread(message)

    return tell


@pytest.fixture
def ended(queued, parent):
    def make(status):
        message = queued(parent=parent, recipient=parent.email)
        reason = f"{rules.REFUSED}Template not found" if status == Status.PARKED else "Because"
        Message.objects.filter(pk=message.pk).update(status=status, reason=reason)
        return reread(message)

    return make


def at_notify(notify, message):
    """Notify has it after all; its id."""
    answer = notify.client().send_email_notification(
        message.recipient,
        notify.template_id("clinic_initial_invitation.email"),
        message.personalisation,
        reference=message.reference,
    )
    return uuid.UUID(answer["id"])


@pytest.mark.parametrize("status", ["created", "sending", "delivered", "permanent-failure"])
def test_failure_22_a_forged_receipt_for_what_waits_does_not_keep_it_from_going(
    status, queued, postman, notify, told, child
):
    message = queued()
    assert told(message, status, times=2).status == Status.UNKNOWN
    assert told(message, status).status == Status.UNKNOWN, "nor is the next one believed"
    assert postman.send() == 0
    postman.settle()
    assert reread(message).status == Status.WAITING
    assert postman.send() == 1
    assert reread(message).status == Status.ACCEPTED
    assert len(accepted_by(notify, message)) == 1
    assert log_of(child) == [SENT]


def test_failure_04_a_true_receipt_for_what_waits_again_keeps_it_from_going_twice(
    queued, postman, notify, told
):
    message = queued()
    notify_id = at_notify(notify, message)
    told(message, notify_id=notify_id)
    assert postman.send() == 0
    postman.settle()
    assert reread(message).notify_id == notify_id
    assert reread(message).status in (Status.ACCEPTED, Status.SENDING, Status.DELIVERED)
    assert postman.send() == 0
    assert len(posts_of(notify, message)) == 1


def test_failure_22_what_waits_stays_unsent_while_notify_cannot_be_asked(
    queued, postman, notify, told
):
    message = queued()
    told(message)
    notify.add_fault(match={"endpoint": "list"}, action="status", status=500)
    postman.settle()
    assert postman.send() == 0
    notify.remove_faults()
    postman.settle()
    assert postman.send() == 1


@pytest.mark.parametrize("status", ENDED)
def test_failure_22_a_forged_receipt_for_what_was_not_sent_changes_nothing(
    status, ended, told, notify, child
):
    message = ended(status)
    after = told(message, times=2)
    assert (after.status, after.reason, after.next_look_at) == (status, message.reason, None)
    assert after.notify_id is None
    assert log_of(child) == []


@pytest.mark.parametrize("status", ENDED)
def test_failure_21_a_true_receipt_for_what_we_took_for_unsent_is_confirmed_and_kept(
    status, ended, told, notify, child
):
    message = ended(status)
    notify_id = at_notify(notify, message)
    after = told(message, notify_id=notify_id)
    assert after.notify_id == notify_id
    assert after.status in (Status.ACCEPTED, Status.SENDING, Status.DELIVERED)
    assert log_of(child) == [SENT]


def test_failure_22_a_refused_one_is_not_sent_again_before_notify_was_asked(
    ended, told, notify, clock, superuser
):
    message = ended(Status.PARKED)
    notify.add_fault(match={"endpoint": "list"}, action="status", status=500)
    told(message)
    assert resending.try_refused_again(Message.objects.all(), now=clock()) == 0
    with pytest.raises(resending.CannotSendAgain, match="is being asked"):
        resending.send_again(message.pk, by=superuser, now=clock())
    notify.remove_faults()
    clock.forward(minutes=5)
    lookups.check_accepted(clock=clock)
    assert resending.try_refused_again(Message.objects.all(), now=clock()) == 1


@pytest.mark.parametrize("reason", [lookups.OTHER_KEY, lookups.FORGOTTEN])
def test_a_delivery_of_what_nobody_can_ask_about_any_more_is_believed(ended, told, notify, reason):
    """Its key or its time is over, so Notify's word is all there is; it must not go once more."""
    parked = ended(Status.PARKED)
    Message.objects.filter(pk=parked.pk).update(reason=reason)
    assert told(parked, "permanent-failure").status == Status.PARKED
    assert told(parked).status == Status.DELIVERED


def test_a_failure_of_what_notify_has_forgotten_is_not_logged_a_second_time(
    ended, told, notify, child
):
    parked = ended(Status.PARKED)
    notify_id = uuid.uuid4()
    Message.objects.filter(pk=parked.pk).update(reason=lookups.FORGOTTEN, notify_id=notify_id)
    after = told(parked, "permanent-failure", notify_id=notify_id)
    assert (after.status, after.reason, after.next_look_at) == (
        Status.PARKED,
        lookups.FORGOTTEN,
        None,
    )
    assert log_of(child) == []
