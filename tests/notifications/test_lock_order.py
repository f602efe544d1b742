"""Letters are locked first, then children, then messages: so nobody waits in a ring."""

import uuid
from threading import Event

import pytest
from django.db import transaction

from cohorts.models import Child
from notifications import aftermath, lookups, notify, restoring, rules
from notifications.models import Message
from notifications.settling import Settlement
from tests.notifications.conftest import NOW
from tests.threads import at_once, wait_for_a_waiter

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
