"""After a restore nothing goes twice and nothing is lost. A restore is played by rolling the
database back to when the copy was made, while Notify keeps what it has."""

import contextlib
import io
import uuid
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from calendars import clock as service_clock
from notifications import allowance, recognising, resending, restoring, stoppages
from notifications.models import Allowance, Channel, ForgottenMessage, Message, Stoppage
from tests.factories import ChildFactory
from tests.notifications.conftest import NOW, VALUES, accepted_by, log_of, posts_of

Status = Message.Status
ADDRESS = "parent@example.com"
# The sandbox has gone on while the test went on.
AT_NOTIFY = {Status.ACCEPTED, Status.SENDING, Status.DELIVERED}


@contextlib.contextmanager
def after_the_copy():
    """What the database learns in here it has forgotten afterwards."""
    copy = transaction.savepoint()
    yield
    transaction.savepoint_rollback(copy)


@pytest.fixture
def resume(clock, postman):
    """Quarantine and comparison as the command does them; the copy was made now."""
    dumped_at = clock.now

    def act():
        restoring.quarantine(dumped_at=dumped_at, now=clock.now)
        clock.forward(minutes=5)
        return restoring.compare(dumped_at=dumped_at, clock=clock)

    return act


def let_sending_go_on(clock):
    for stoppage in Stoppage.objects.filter(ended_at__isnull=True):
        stoppages.end(stoppage.pk, now=clock.now)


def reread(message):
    return Message.objects.get(pk=message.pk)


def test_what_the_copy_calls_waiting_and_notify_has_is_not_sent_again(
    queued, postman, notify, resume, clock, child
):
    sent, unsent = queued(), queued(recipient="other@example.com", due_at=NOW + timedelta(hours=1))
    with after_the_copy():
        postman.send()
    found = resume()
    assert (found.accepted, found.forgotten) == (1, 0)
    postman.settle()
    assert reread(sent).status in AT_NOTIFY
    assert log_of(child) == ["Session clinic initial invitation sent"]
    assert reread(unsent).status == Status.WAITING
    assert reread(unsent).due_at == NOW + timedelta(hours=1)
    let_sending_go_on(clock)
    clock.forward(hours=1)
    postman.send()
    assert [len(posts_of(notify, each)) for each in (sent, unsent)] == [1, 1]


def counted():
    return sum(Allowance.objects.values_list("accepted", flat=True))


def test_what_notify_took_on_another_day_spends_nothing_of_todays_allowance(
    queued, postman, notify, resume, clock
):
    queued()
    with after_the_copy():
        # The sandbox keeps real time, so that it takes them long before the day of our clock.
        queued(recipient="forgotten@example.com")
        postman.send()
    found = resume()
    assert (found.accepted, found.forgotten) == (1, 1)
    assert counted() == 2
    # Read once more, and recognised when it is planned anew: nothing counts twice.
    resume()
    let_sending_go_on(clock)
    queued(recipient="forgotten@example.com")
    postman.send()
    assert not ForgottenMessage.objects.exists()
    assert counted() == 2
    assert allowance.accepted_today(clock.now) == {"email": 0, "text": 0}


def test_what_was_on_its_way_when_the_list_was_read_is_found_by_its_reference(
    queued, postman, notify, resume, clock, monkeypatch
):
    message = queued()
    with after_the_copy():
        postman.send()
    with monkeypatch.context() as blind:
        blind.setattr("notifications.notify.Notify.list_older", lambda *_, **__: [])
        assert resume().accepted == 0
    let_sending_go_on(clock)
    postman.send()
    postman.settle()
    postman.send()
    assert reread(message).status in AT_NOTIFY
    assert len(posts_of(notify, message)) == 1
    assert counted() == 1
    assert allowance.accepted_today(clock.now)["email"] == 0


def test_nothing_is_sent_until_a_person_lets_it_go_on(queued, postman, resume, clock, notify):
    message = queued()
    resume()
    postman.settle()
    assert reread(message).status == Status.WAITING
    assert postman.send() == 0
    [held] = Stoppage.objects.filter(ended_at__isnull=True)
    assert (held.scope, held.kind) == ("all", Stoppage.Kind.RESTORED)
    assert "restored from a copy of 12 January 2027 at 12:00" in held.reason
    let_sending_go_on(clock)
    postman.send()
    assert len(accepted_by(notify, message)) == 1


def test_what_the_copy_does_not_know_is_recognised_when_it_is_planned_again(
    queued, postman, notify, resume, clock, child
):
    with after_the_copy():
        sent = queued(letter=uuid.uuid4())
        postman.send()
    assert resume().forgotten == 1
    let_sending_go_on(clock)
    again = queued(letter=uuid.uuid4())
    postman.send()
    taken = reread(again)
    assert taken.status in AT_NOTIFY
    assert taken.reference == sent.reference
    assert str(taken.notify_id) == accepted_by(notify, sent)[0]["id"]
    assert log_of(child) == ["Session clinic initial invitation sent"]
    assert len(notify.messages(to=ADDRESS)) == 1
    assert not ForgottenMessage.objects.exists()


def test_twins_at_one_address_are_told_apart(queued, postman, notify, resume, clock, organisation):
    twin = ChildFactory(organisation=organisation, given_name="Ben")
    bens = VALUES | {
        "short_child_name": "Ben",
        "full_and_preferred_child_name": "Ben Example",
    }
    with after_the_copy():
        queued()
        postman.send()
    resume()
    let_sending_go_on(clock)
    other = queued(child=twin, personalisation=bens)
    postman.send()
    assert len(accepted_by(notify, other)) == 1
    queued()
    postman.send()
    assert len(notify.messages(to=ADDRESS)) == 2


def test_what_says_something_else_about_the_child_needs_a_person(
    queued, postman, notify, resume, clock, parent, child, nurse
):
    child.given_name = "Ada"
    child.save()
    parent.email = ADDRESS
    parent.save()
    with after_the_copy():
        queued()
        postman.send()
    resume()
    let_sending_go_on(clock)
    moved = queued(parent=parent, personalisation=VALUES | {"vaccination": "MMR vaccination"})
    postman.send()
    parked = reread(moved)
    assert (parked.status, parked.reason) == (Status.PARKED, recognising.SIMILAR)
    assert resending.may_have_arrived(parked)
    assert posts_of(notify, moved) == []
    # Who looks into it may well send it.
    resending.send_again(parked.pk, by=nurse, now=clock.now)
    postman.send(lane=0)
    assert len(notify.messages(to=ADDRESS)) == 2


def test_a_message_that_somebody_tried_again_after_the_copy_is_accepted(
    queued, postman, notify, resume
):
    message = queued()
    Message.objects.update(status=Status.PARKED, reason="Refused")
    with after_the_copy():
        Message.objects.update(status=Status.WAITING)
        postman.send()
    resume()
    assert reread(message).status in AT_NOTIFY


def test_a_text_and_a_message_of_another_template_are_not_taken_for_it(
    queued, postman, notify, resume, clock
):
    with after_the_copy():
        queued(channel=Channel.TEXT, recipient="+447700900601")
        postman.send()
    resume()
    let_sending_go_on(clock)
    later = queued(
        channel=Channel.TEXT,
        recipient="+447700900601",
        template="clinic_subsequent_invitation",
    )
    again = queued(channel=Channel.TEXT, recipient="+447700900601")
    postman.send()
    assert {reread(later).status, reread(again).status} <= AT_NOTIFY
    assert len(notify.messages(to="+447700900601")) == 2


def test_what_notify_may_have_forgotten_needs_a_person(queued, postman, clock, notify):
    message = queued()
    dumped_at = clock.now
    clock.forward(days=6)
    restoring.quarantine(dumped_at=dumped_at, now=clock.now)
    postman.settle()
    assert reread(message).status == Status.PARKED
    assert resending.may_have_arrived(reread(message))


def test_what_does_not_come_back_in_two_months_is_deleted(queued, postman, resume, clock):
    with after_the_copy():
        queued()
        postman.send()
    resume()
    clock.forward(days=60)
    postman.sweep()
    assert ForgottenMessage.objects.count() == 1
    clock.forward(days=1)
    postman.sweep()
    assert not ForgottenMessage.objects.exists()


def test_a_list_that_cannot_be_read_leaves_sending_held(
    queued, resume, postman, settings, monkeypatch
):
    queued()
    monkeypatch.setattr(restoring, "PAUSE_SECONDS", 0)
    settings.NOTIFY_BASE_URL = "http://127.0.0.1:1"
    with pytest.raises(restoring.CannotCompare, match="does not list"):
        resume()
    [held] = Stoppage.objects.filter(ended_at__isnull=True)
    assert held.reason == restoring.HELD


class TestCommand:
    @pytest.fixture(autouse=True)
    def time_passes(self, monkeypatch, clock, notify):
        monkeypatch.setattr(service_clock, "now", clock)
        monkeypatch.setattr("time.sleep", lambda _: clock.forward(minutes=1))

    @staticmethod
    def run(*arguments):
        out = io.StringIO()
        call_command("resume_after_restore", *arguments, stdout=out)
        return out.getvalue()

    @pytest.mark.parametrize(
        ("given", "complaint"),
        [
            ("yesterday", "must be an instant"),
            ("2027-01-12T11:00:00", "must be an instant"),
            ("2027-01-12T12:30:00+00:00", "is in the future"),
        ],
    )
    def test_it_refuses_what_is_no_instant_of_the_past(self, db, given, complaint):
        with pytest.raises(CommandError, match=complaint):
            self.run("--dumped-at", given)
        assert not Stoppage.objects.exists()

    def test_it_refuses_an_instant_long_before_the_last_trace_of_the_copy(self, queued):
        queued()
        Message.objects.update(created_at=NOW)
        with pytest.raises(CommandError, match="still at work at 2027-01-12T12:00:00"):
            self.run("--dumped-at", "2027-01-12T11:49:59+00:00")
        self.run("--dumped-at", "2027-01-12T11:50:00+00:00")

    def test_it_waits_compares_holds_and_may_run_again(self, queued, postman, clock):
        message = queued()
        Message.objects.update(created_at=NOW)
        message.refresh_from_db()
        with after_the_copy():
            postman.send()
        clock.forward(minutes=30)
        said = self.run("--dumped-at", "2027-01-12T12:10:00+00:00")
        assert "1 unsettled message will be looked up" in said
        assert "Waiting until 12:35:00" in said
        assert "1 message that the copy calls unsent had been sent, and 0 messages" in said
        assert reread(message).status in AT_NOTIFY
        again = self.run(
            *("--dumped-at", "2027-01-12T12:10:00+00:00"),
            *("--stopped-at", "2027-01-12T12:20:00+00:00"),
        )
        assert "0 unsettled messages" in again
        assert "Waiting" not in again
        assert Stoppage.objects.filter(ended_at__isnull=True).count() == 1

    def test_it_warns_of_an_old_copy(self, db):
        assert "more than six days old" in self.run("--dumped-at", "2027-01-05T12:00:00+00:00")
