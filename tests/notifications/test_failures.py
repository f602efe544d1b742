"""Silences, faults and haste of Notify, played by the sandbox. The numbers are those of the
failure table (Notify §12); what it refuses is in test_refusals."""

import logging
import uuid
from datetime import timedelta

import pytest

from notifications import condition, limiter
from notifications import notify as notify_client
from notifications.models import Channel, Lane, Message, Stoppage
from tests.notifications.conftest import accepted_by, log_of, posts_of
from tests.sandbox_process import eventually

Status = Message.Status
SENT = "Session clinic initial invitation sent"


def reread(message):
    return Message.objects.get(pk=message.pk)


def send_until(postman, claim):
    """Runs of a second each: a machine that stalls may spend one on nothing."""
    eventually(lambda: (postman.send(seconds=1), claim())[1])


def to(name):
    return f"{name}@sandbox.example"


def test_a_message_is_sent_once_and_logged(queued, postman, notify, child, nurse, clock):
    message = queued(recipient="parent@example.com", sent_by=nurse, session_id=7)
    assert postman.send() == 1
    assert postman.send() == 0
    sent = reread(message)
    [theirs] = accepted_by(notify, message)
    assert (sent.status, sent.accepted_at, sent.attempts) == (Status.ACCEPTED, clock.now, 1)
    assert (str(sent.notify_id), sent.template_version) == (theirs["id"], 1)
    assert sent.claim is None
    [entry] = child.activity.all()
    assert (entry.title, entry.body, entry.is_contact_detail) == (SENT, "parent@example.com", True)
    assert (entry.actor, entry.session_id, entry.organisation) == (nurse, 7, child.organisation)


def test_replies_go_to_the_organisation(queued, postman, notify, organisation):
    organisation.notify_reply_to_id = uuid.UUID("5a4db0c5-0000-4000-8000-0000000000b1")
    organisation.save()
    message = queued()
    postman.send()
    [theirs] = accepted_by(notify, message)
    assert theirs["raw_request"]["email_reply_to_id"] == str(organisation.notify_reply_to_id)


def test_failure_01_no_connection_waits_and_is_tried_again(
    queued, postman, settings, clock, notify
):
    message = queued()
    settings.NOTIFY_BASE_URL = "http://127.0.0.1:1"
    postman.send()
    waiting = reread(message)
    assert (waiting.status, waiting.attempts) == (Status.WAITING, 1)
    assert waiting.due_at == clock.now + timedelta(seconds=5)
    settings.NOTIFY_BASE_URL = notify.base_url
    clock.forward(seconds=5)
    postman.send()
    assert reread(message).status == Status.ACCEPTED


def test_failure_01_what_is_tried_again_and_again_waits_too_long(queued, postman, settings, clock):
    """Each try puts it off: that must not make it look as if it had only just become due."""
    message = queued(lane=Lane.URGENT)
    settings.NOTIFY_BASE_URL = "http://127.0.0.1:1"
    for minutes in (0, 5, 6):
        clock.forward(minutes=minutes)
        assert postman.send(Lane.URGENT) == 1
        [urgent, _] = condition.lanes(clock.now)
        assert (urgent.oldest_due_at, urgent.waits_too_long) == (message.due_at, minutes == 6)
    assert reread(message).due_at > clock.now


def test_failure_01_twenty_silences_in_a_row_rest_all_senders(
    postman, settings, caplog, queued, monkeypatch
):
    monkeypatch.setattr(limiter, "SILENT_REST", (300_000, 300_000))
    for _ in range(25):
        queued()
    settings.NOTIFY_BASE_URL = "http://127.0.0.1:1"
    send_until(postman, lambda: "Notify does not answer: all senders rest" in caplog.text)
    grant = limiter.shared_limiter().take(1, urgent=True)
    assert grant.count == 0
    assert 200 < grant.wait_seconds <= 360


@pytest.mark.parametrize("name", ["hang-before", "drop-before"])
def test_failure_02_a_silence_before_acceptance_is_sent_again_after_the_quarantine(
    name, queued, postman, notify, clock
):
    message = queued(recipient=to(name))
    postman.send()
    assert reread(message).status == Status.UNKNOWN
    for minute in range(1, 6):
        clock.forward(minutes=1)
        postman.sweep()
        postman.send()
        assert reread(message).status == Status.UNKNOWN, f"still unclear after {minute} minutes"
    clock.forward(minutes=1)
    postman.sweep()
    assert reread(message).status == Status.WAITING
    postman.send()
    assert reread(message).status == Status.ACCEPTED
    assert len(posts_of(notify, message)) == 2
    assert len(accepted_by(notify, message)) == 1


def test_failure_02_no_answer_in_time_is_unclear(queued, postman, monkeypatch):
    monkeypatch.setattr(notify_client, "TIMEOUT", (1, 0.3))
    message = queued(recipient=to("hang-after"))
    postman.send()
    assert reread(message).status == Status.UNKNOWN
    assert "ReadTimeout" in reread(message).reason


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("hang-after", id="03"),
        pytest.param("drop-after", id="03-reset"),
        pytest.param("late-accept", id="04-late"),
        pytest.param("badjson201", id="05-unreadable"),
        pytest.param("err500-after", id="08-error-after"),
        pytest.param("html502+stored", id="09-gateway"),
        pytest.param("html503+stored", id="09-unavailable"),
        pytest.param("err504+stored", id="09-timeout"),
        pytest.param("html400+stored", id="10-foreign-shape"),
    ],
)
def test_failure_03_what_notify_took_in_silence_is_found_and_not_sent_again(
    name, queued, postman, notify, child
):
    message = queued(recipient=to(name))
    postman.send()
    assert reread(message).status == Status.UNKNOWN
    assert log_of(child) == []
    postman.settle()
    settled = reread(message)
    assert settled.status in (Status.ACCEPTED, Status.SENDING, Status.DELIVERED)
    [theirs] = accepted_by(notify, message)
    assert str(settled.notify_id) == theirs["id"]
    assert log_of(child) == [SENT]
    postman.send()
    assert len(posts_of(notify, message)) == 1


def test_failure_06_too_fast_rests_everybody_and_costs_no_attempt(
    queued, postman, notify, monkeypatch
):
    monkeypatch.setattr(limiter, "THROTTLED_REST", (300_000, 300_000))
    message = queued(recipient=to("rate429"))
    send_until(postman, lambda: posts_of(notify, message))
    waiting = reread(message)
    assert (waiting.status, waiting.attempts) == (Status.WAITING, 0)
    assert len(posts_of(notify, message)) == 1
    grant = limiter.shared_limiter().take(1, urgent=True)
    assert grant.count == 0
    assert 200 < grant.wait_seconds <= 360


def test_failure_06_after_the_rest_it_goes(queued, postman, notify, monkeypatch):
    monkeypatch.setattr(limiter, "THROTTLED_REST", (200, 200))
    message = queued(recipient=to("rate429"))
    postman.send(seconds=60)
    assert reread(message).status == Status.ACCEPTED
    assert len(posts_of(notify, message)) == 2


def test_failure_07_a_spent_allowance_stops_its_channel_until_midnight_utc(
    queued, postman, notify, clock
):
    email = queued(recipient=to("daily429"))
    postman.send()
    stoppage = Stoppage.objects.get()
    assert (stoppage.scope, stoppage.kind) == ("email", "allowance")
    assert stoppage.until.date() == clock.now.date() + timedelta(days=1)
    text = queued(channel=Channel.TEXT, recipient="+447700900123")
    postman.send()
    assert reread(text).status == Status.ACCEPTED
    waiting = reread(email)
    assert (waiting.status, waiting.attempts) == (Status.WAITING, 0)
    clock.forward(hours=12, minutes=2)
    postman.sweep()
    postman.send()
    assert reread(email).status == Status.ACCEPTED


def test_failure_08_three_server_errors_park_a_message(queued, postman, notify, child):
    message = queued(recipient=to("err500-before+n0"))
    for _ in range(5):
        postman.send()
        postman.settle()
    parked = reread(message)
    assert parked.status == Status.PARKED
    assert "internal error" in parked.reason
    assert len(posts_of(notify, message)) == 3
    assert log_of(child) == ["Session clinic initial invitation could not be sent"]


@pytest.mark.parametrize("name", ["html502", "html503", "err504"])
def test_failure_09_gateway_errors_are_settled_and_tried_again(name, queued, postman, notify):
    message = queued(recipient=to(name))
    postman.send()
    assert reread(message).status == Status.UNKNOWN
    postman.settle()
    postman.send()
    assert reread(message).status == Status.ACCEPTED
    assert len(accepted_by(notify, message)) == 1


def test_failure_09_endless_silence_ends_in_the_hands_of_a_person(queued, postman, notify):
    message = queued(recipient=to("html503+n0"))
    for _ in range(8):
        postman.send()
        postman.settle()
    assert reread(message).status == Status.PARKED
    assert len(posts_of(notify, message)) == 6


def test_failure_18_a_look_up_that_fails_or_lags_never_leads_to_a_second_message(
    queued, postman, notify
):
    message = queued(recipient=to("drop-after"))
    postman.send()
    notify.add_fault(match={"endpoint": "list"}, action="status", status=500)
    postman.settle()
    assert reread(message).status == Status.UNKNOWN
    notify.remove_faults()
    notify.add_fault(match={"endpoint": "list"}, action="html", status=404)
    postman.settle()
    assert reread(message).status == Status.UNKNOWN
    notify.remove_faults()
    postman.settle()
    assert reread(message).status in (Status.ACCEPTED, Status.SENDING, Status.DELIVERED)
    assert len(posts_of(notify, message)) == 1


def test_failure_18_one_empty_answer_among_found_ones_is_not_enough(queued, postman, notify, clock):
    message = queued(recipient=to("drop-after"))
    postman.send()
    clock.forward(minutes=5)
    notify.add_fault(match={"endpoint": "list"}, lookup_lag_s=36000, times=1)
    postman.sweep()
    assert reread(message).empty_lookups == 1
    clock.forward(minutes=1)
    postman.sweep()
    assert reread(message).status in (Status.ACCEPTED, Status.SENDING, Status.DELIVERED)


def test_failure_04_an_answer_of_before_the_quarantine_does_not_count_since_others_took_long(
    queued, postman, clock, monkeypatch
):
    message = queued(recipient=to("drop-before"))
    postman.send()
    find, asked_after, began = notify_client.Notify.find, [], clock.now

    def slowly(self, reference):
        asked_after.append(clock.now - began)
        answer = find(self, reference)
        clock.forward(minutes=2)
        return answer

    monkeypatch.setattr(notify_client.Notify, "find", slowly)
    clock.forward(minutes=4)
    postman.sweep()
    assert asked_after == [timedelta(minutes=4), timedelta(minutes=6)]
    assert (reread(message).status, reread(message).empty_lookups) == (Status.UNKNOWN, 1)


def test_a_message_sent_with_another_key_is_parked_and_not_looked_up(
    queued, postman, notify, settings
):
    message = queued(recipient=to("drop-after"))
    postman.send()
    settings.NOTIFY_KEY_TYPE = "test"
    postman.settle()
    assert reread(message).status == Status.PARKED
    assert "another Notify key" in reread(message).reason


def test_failure_26_what_notify_has_forgotten_is_parked(queued, postman, notify, clock):
    unclear = queued(recipient=to("drop-before"))
    followed = queued(recipient=to("stuck-sending"))
    postman.send()
    clock.forward(days=6)
    postman.sweep()
    assert reread(unclear).status == Status.PARKED
    notify.move_clock(offset_s=9 * 24 * 3600)
    notify.control("POST", "expire")
    notify.move_clock(offset_s=0)
    postman.reconcile()
    assert reread(followed).status == Status.PARKED
    assert "no longer knows" in reread(followed).reason


def test_two_of_one_reference_at_notify_are_accepted_and_reported(queued, postman, notify, caplog):
    message = queued(recipient=to("drop-after"))
    postman.send()
    notify.client().send_email_notification(
        "other@example.com",
        notify.template_id("clinic_initial_invitation.email"),
        message.personalisation,
        reference=message.reference,
    )
    with caplog.at_level(logging.ERROR):
        postman.settle()
    assert f"Message {message.reference} is at Notify twice" in caplog.text
    assert reread(message).status in (Status.ACCEPTED, Status.SENDING, Status.DELIVERED)


def test_i14_nothing_is_called_sent_before_notify_has_it(queued, postman, settings, child):
    queued()
    settings.NOTIFY_BASE_URL = "http://127.0.0.1:1"
    postman.send()
    assert log_of(child) == []


def test_i16_a_text_that_met_a_server_error_goes_without_a_persons_help(
    queued, postman, notify, child
):
    message = queued(channel=Channel.TEXT, recipient="+447700900506")
    postman.send()
    postman.settle()
    postman.send()
    assert reread(message).status == Status.ACCEPTED
    assert log_of(child) == [SENT]
    assert len(accepted_by(notify, message)) == 1


def test_no_address_or_name_is_logged(queued, postman, caplog):
    with caplog.at_level(logging.DEBUG):
        for name in ("canary", "drop-before+canary", "html400+canary", "err500-before+canary"):
            queued(recipient=to(name))
        queued(recipient="canary@nowhere")
        queued(channel=Channel.TEXT, recipient="+447700900124")
        postman.send()
        postman.settle()
        postman.send()
    ours = [
        record.getMessage()
        for record in caplog.records
        if not record.name.startswith(("asyncio", "django.db"))
    ]
    assert len(ours) > 10
    for secret in ("canary", "900124", "Ada"):
        assert not [line for line in ours if secret in line]
