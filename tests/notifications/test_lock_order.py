"""Letters are locked first, then children, then messages: so nobody waits in a ring."""

import uuid
from threading import Event

import pytest
from django.db import transaction

from cohorts.models import Child
from notifications import aftermath, lookups, notify, outbox, patience, restoring, rules, sending
from notifications.models import Message
from notifications.rewording import Rewording
from notifications.settling import Settlement
from notifications.signals import letters_curtailed
from tests.notifications.conftest import NOW
from tests.threads import at_once, wait_for_a_waiter, while_an_import_has

Status = Message.Status


def known(message, status="permanent-failure", **more):
    kind = notify.Listed if more else notify.Known
    return kind(
        notify_id=message.notify_id or uuid.uuid4(),
        reference=message.reference,
        status=status,
        template_version=1,
        created_at=NOW,
        **more,
    )


def look_up(message):
    lookups._write_checked({message.pk: known(message)}, now=NOW)


def look_up_what_failed_for_now(message):
    lookups._write_checked({message.pk: known(message, "temporary-failure")}, now=NOW)


def look_up_what_was_refused(message):
    lookups._write_checked({message.pk: [known(message)]}, now=NOW)


def compare_after_a_restore(message):
    words = {"recipient": message.recipient, "template_id": "", "subject": "", "body": ""}
    page = [known(message, **words)]
    restoring._compare_page(page, message.channel, NOW, NOW, restoring.Comparison())


def refuse(message):
    settlement = Settlement(now=NOW)
    settlement.reject(message, rules.Rejected("recipient", "Not a valid email address"))
    settlement.save()


def hold_back(message):
    settlement = Settlement(now=NOW)
    settlement.withhold(message, reason="The child has died")
    settlement.save()


AT_NOTIFY = {"status": Status.ACCEPTED, "notify_id": uuid.UUID(int=7), "accepted_at": NOW}
CLAIMED = {"status": Status.CLAIMED, "claim": uuid.UUID(int=9), "claimed_at": NOW}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("write", "before", "after"),
    [
        (look_up, AT_NOTIFY, Status.FAILED),
        (look_up_what_failed_for_now, AT_NOTIFY, Status.FAILED),
        (look_up_what_was_refused, {"status": Status.REJECTED}, Status.FAILED),
        (compare_after_a_restore, AT_NOTIFY, Status.FAILED),
        (refuse, CLAIMED, Status.REJECTED),
        (hold_back, CLAIMED, Status.WITHHELD),
    ],
)
@pytest.mark.parametrize("has", ["letter", "child"])
def test_who_waits_for_a_letter_or_child_keeps_none_of_its_messages_from_who_has_it(
    write, before, after, has, queued, parent, child
):
    """Whoever sends a message again locks its letter, its child, and then the message."""
    message = queued(parent=parent, recipient=parent.email)
    Message.objects.filter(pk=message.pk).update(**before)
    message.refresh_from_db()
    has_it = Event()

    def send_again():
        with transaction.atomic():
            if has == "letter":
                aftermath.take_letters([message.letter])
            else:
                Child.objects.lock(child.pk)
            has_it.set()
            wait_for_a_waiter()
            return Message.objects.select_for_update(nowait=True).get(pk=message.pk).status

    def learn():
        assert has_it.wait(60)
        write(message)

    assert at_once(send_again, learn) == [before["status"], None]
    message.refresh_from_db()
    assert message.status == after


def withholding(bad):
    def guard(messages, *, now):
        return {each.pk: "The child has died" for each in messages if each.pk == bad.pk}

    return guard


def rewording_(bad):
    def guard(messages, *, now):
        return {each.pk: Rewording({}, "shorter") for each in messages if each.pk == bad.pk}

    return guard


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarding", [None, withholding, rewording_])
def test_who_has_a_child_for_long_as_an_import_may_holds_up_no_other_message(
    guarding, queued, parent, child, postman, monkeypatch
):
    monkeypatch.setattr(patience, "LONGEST_WAIT_MS", 20)
    monkeypatch.setattr(sending, "TRIES", 1)
    # Notify refuses the one, and takes the other.
    bad, good = queued(parent=parent, recipient="bad@sandbox"), queued(recipient="a@example.com")
    if guarding is not None:
        outbox.register_guard(bad.template, guarding(bad))
        letters_curtailed.connect(lock_the_child, dispatch_uid="test")
    try:
        while_an_import_has(child.pk, postman.send)
    finally:
        letters_curtailed.disconnect(dispatch_uid="test")
    bad.refresh_from_db()
    good.refresh_from_db()
    # Of what Notify refused a look-up tells; nobody needs to ask about what was not sent.
    left = Status.CLAIMED if guarding is None else Status.WAITING
    assert (bad.status, good.status) == (left, Status.ACCEPTED)


def lock_the_child(sender, *, letters, **_):
    """As whoever works out anew how a child stands."""
    children = Message.objects.filter(letter__in=letters).values_list("child_id", flat=True)
    Child.objects.lock_all(set(children))
