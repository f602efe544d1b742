"""What Notify refuses, a message or our key, played by the sandbox. The numbers are those of the
failure table (Notify §12)."""

import uuid

import pytest

from cohorts.signals import children_changed
from notifications import stoppages
from notifications.models import Channel, Message, Stoppage
from tests.factories import ParentFactory, RelationshipFactory
from tests.notifications.conftest import log_of, posts_of

Status = Message.Status
FAILED = "Session clinic initial invitation could not be delivered"


def reread(message):
    return Message.objects.get(pk=message.pk)


def to(name):
    return f"{name}@sandbox.example"


def test_failure_10_a_refusal_in_another_shape_is_not_believed(queued, postman, parent):
    message = queued(recipient=to("html400"), parent=parent)
    postman.send()
    assert reread(message).status == Status.UNKNOWN
    parent.refresh_from_db()
    assert parent.email_failed_at is None


@pytest.mark.parametrize(
    ("channel", "address", "words"),
    [
        (Channel.EMAIL, "parent@nowhere", "email address is not valid"),
        (Channel.TEXT, "+442079460958", "not a UK mobile number"),
        (Channel.TEXT, "+33612345678", "not a UK mobile number"),
        (Channel.TEXT, "+44791234567", "not a UK mobile number"),
    ],
)
def test_failure_11_a_bad_address_ends_visibly_and_marks_the_contact(
    channel, address, words, queued, postman, child, organisation, clock
):
    email, phone = (address, "") if channel == Channel.EMAIL else ("", address)
    parent = ParentFactory(organisation=organisation, email=email, phone=phone)
    message = queued(channel=channel, recipient=address, parent=parent)
    sister = RelationshipFactory(child__organisation=organisation, parent=parent).child
    told = []

    def hear(**announced):
        told.append(announced["child_ids"])

    children_changed.connect(hear)
    try:
        postman.send()
    finally:
        children_changed.disconnect(hear)
    rejected = reread(message)
    assert rejected.status == Status.REJECTED
    assert words in rejected.reason
    parent.refresh_from_db()
    assert [parent.email_failed_at, parent.phone_failed_at] == (
        [clock.now, None] if channel == Channel.EMAIL else [None, clock.now]
    )
    assert log_of(child) == [FAILED]
    assert child.activity.get().body == f"{address}: {rejected.reason}"
    assert told == [[child.pk, sister.pk]]


def test_failure_11_a_fault_of_who_hears_of_bad_contacts_does_not_undo_the_verdict(
    queued, postman, parent, caplog, clock
):
    def broken(**announced):
        list(Message.objects.raw("SELECT 1 / 0"))

    type(parent).objects.update(email="parent@nowhere")
    message = queued(recipient="parent@nowhere", parent=parent)
    children_changed.connect(broken)
    try:
        postman.send()
    finally:
        children_changed.disconnect(broken)
    assert reread(message).status == Status.REJECTED
    parent.refresh_from_db()
    assert parent.email_failed_at == clock.now
    assert "refresh_statuses" in caplog.text


def test_failure_11_a_corrected_address_is_not_marked(queued, postman, parent):
    queued(recipient="old@nowhere", parent=parent)
    postman.send()
    parent.refresh_from_db()
    assert parent.email_failed_at is None


def test_failure_12_our_mistake_is_parked_for_a_person(queued, postman, settings, parent, notify):
    settings.NOTIFY_TEMPLATE_IDS = {
        name: str(uuid.uuid4()) for name in settings.NOTIFY_TEMPLATE_IDS
    }
    unknown_template = queued(parent=parent)
    postman.send()
    parked = reread(unknown_template)
    assert parked.status == Status.PARKED
    assert "Template not found" in parked.reason
    parent.refresh_from_db()
    assert parent.email_failed_at is None


def test_failure_12_missing_values_are_parked(queued, postman):
    message = queued(personalisation={"team_name": "Coventry SAIS"})
    postman.send()
    assert "Missing personalisation" in reread(message).reason
    assert reread(message).status == Status.PARKED


def test_failure_12_a_message_whose_wording_is_gone_is_parked(queued, postman, notify):
    message = queued()
    Message.objects.update(template="gone")
    postman.send()
    assert reread(message).status == Status.PARKED
    assert posts_of(notify, message) == []


def test_failure_13_a_team_key_rejects_quietly_outside_production(queued, postman, parent):
    message = queued(recipient=to("team400"), parent=parent)
    postman.send()
    assert reread(message).status == Status.REJECTED
    assert not Stoppage.objects.exists()
    parent.refresh_from_db()
    assert parent.email_failed_at is None


def test_failure_13_a_team_key_in_production_stops_sending(queued, postman, settings):
    settings.IS_LOCAL = False
    message = queued(recipient=to("team400"))
    postman.send()
    waiting = reread(message)
    assert (waiting.status, waiting.attempts) == (Status.WAITING, 0)
    assert Stoppage.objects.get().kind == "restricted"
    postman.sweep()
    assert Stoppage.objects.get().ended_at is None, "a probe cannot tell"


def test_failure_14_a_wrong_clock_stops_sending_says_by_how_much_and_heals(
    queued, postman, notify, clock
):
    notify.move_clock(offset_s=120)
    first, second = queued(), queued()
    postman.send()
    stoppage = Stoppage.objects.get()
    assert (stoppage.scope, stoppage.kind) == ("all", "skew")
    for message in (first, second):
        assert (reread(message).status, reread(message).attempts) == (Status.WAITING, 0)
    postman.sweep()
    assert postman.send() == 0
    notify.move_clock(offset_s=0)
    clock.forward(minutes=1)
    postman.sweep()
    postman.send()
    assert {reread(first).status, reread(second).status} == {Status.ACCEPTED}


def test_failure_15_a_refused_key_stops_sending_until_a_key_is_accepted(
    queued, postman, notify, settings, clock, caplog
):
    settings.NOTIFY_API_KEY = settings.NOTIFY_API_KEY[:-4] + "ffff"
    message = queued()
    postman.send()
    assert (reread(message).status, reread(message).attempts) == (Status.WAITING, 0)
    assert Stoppage.objects.get().kind == "key"
    assert "Sending stops" in caplog.text
    clock.forward(minutes=1)
    postman.sweep()
    assert postman.send() == 0
    settings.NOTIFY_API_KEY = notify.api_key()
    clock.forward(minutes=1)
    postman.sweep()
    postman.send()
    assert reread(message).status == Status.ACCEPTED


def test_failure_15_a_person_may_end_a_stoppage_and_it_returns_if_nothing_changed(
    queued, postman, settings, clock
):
    settings.NOTIFY_API_KEY = settings.NOTIFY_API_KEY[:-4] + "ffff"
    queued()
    postman.send()
    assert stoppages.end(Stoppage.objects.get().pk, now=clock.now)
    assert not stoppages.end(Stoppage.objects.get().pk, now=clock.now)
    assert postman.send() == 1
    assert Stoppage.objects.filter(ended_at__isnull=True).count() == 1
