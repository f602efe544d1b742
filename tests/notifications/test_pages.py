from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import User
from notifications import lookups, outbox, resending, rules, selectors
from notifications.models import Channel, Lane, Message, Stoppage
from tests.factories import ChildFactory, ParentFactory
from tests.notifications.conftest import NOW
from tests.pages import count_queries, page
from tests.threads import at_once

Status = Message.Status
ADDRESS = "/operations/messages/"


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def in_trouble(queued, parent):
    """A message that failed, or whatever the test says."""

    def make(status=Status.FAILED, **fields):
        saved = queued(**({"parent": parent, "recipient": parent.email} | fields))
        changes = {"reason": "the address or number does not exist"}
        if status == Status.UNKNOWN:
            changes |= {"claim": saved.letter, "claimed_at": NOW - timedelta(hours=2)}
        Message.objects.filter(pk=saved.pk).update(status=status, **changes)
        return Message.objects.get(pk=saved.pk)

    return make


def again(message):
    return reverse("messages:send-again", kwargs={"reference": message.reference})


def test_failures_are_listed_with_their_reasons(in_trouble, superuser_client, child):
    in_trouble(Status.FAILED)
    in_trouble(Status.REJECTED, channel=Channel.TEXT)
    shown = page(superuser_client.get(f"{ADDRESS}?tab=not-delivered"))
    assert shown.h1 == "Messages"
    assert shown.current_tab == "Not delivered 2"
    assert [row[1] for row in shown.rows] == [f"{child.given_name} {child.family_name}"] * 2
    assert "Could not be delivered: the address or number does not exist" in shown.text
    assert "Session clinic initial invitation Text message" in shown.text
    assert shown.links[child.full_name] == f"/children/{child.public_id}/"


def test_a_child_who_is_anothers_now_is_named_without_a_link(
    in_trouble, superuser_client, child, elsewhere
):
    in_trouble()
    type(child).objects.filter(pk=child.pk).update(organisation=elsewhere)
    shown = page(superuser_client.get(f"{ADDRESS}?tab=not-delivered"))
    assert shown.rows[0][1] == child.full_name
    assert child.full_name not in shown.links


def test_parked_and_long_unclear_messages_need_attention(in_trouble, superuser_client):
    in_trouble(Status.PARKED)
    in_trouble(Status.UNKNOWN)
    fresh = in_trouble(Status.UNKNOWN)
    Message.objects.filter(pk=fresh.pk).update(claimed_at=NOW)
    shown = page(superuser_client.get(ADDRESS))
    assert shown.current_tab == "Needs attention 2"
    assert len(shown.rows) == 2
    assert "Notify is being asked" in shown.text


def test_old_failures_and_other_statuses_are_not_listed(in_trouble, superuser_client):
    old = in_trouble(Status.FAILED)
    Message.objects.filter(pk=old.pk).update(created_at=NOW - timedelta(days=31))
    in_trouble(Status.WITHHELD)
    assert page(superuser_client.get(ADDRESS)).tabs.keys() == {
        "Needs attention 0",
        "Not delivered 0",
    }


def test_no_address_is_shown(in_trouble, superuser_client, parent):
    in_trouble(Status.PARKED)
    assert parent.email not in superuser_client.get(ADDRESS).content.decode()


def test_only_operators_may_look(in_trouble, nurse_client, administrator_client, client):
    message = in_trouble()
    for address in (ADDRESS, again(message)):
        assert nurse_client.get(address).status_code == 403
        assert administrator_client.get(address).status_code == 403
        assert client.get(address).status_code == 302


def test_operators_see_their_own_organisation_and_staff_without_one_see_all(
    in_trouble, superuser_client, elsewhere
):
    child = ChildFactory(organisation=elsewhere)
    theirs = in_trouble(Status.PARKED, child=child, organisation=elsewhere)
    in_trouble(Status.PARKED)
    assert len(page(superuser_client.get(ADDRESS)).rows) == 1
    assert superuser_client.get(again(theirs)).status_code == 404
    assert superuser_client.post(again(theirs)).status_code == 404
    staff = Client()
    staff.force_login(
        User.objects.create_user(
            "staff@example.com", given_name="Stan", family_name="Staff", is_staff=True
        )
    )
    shown = page(staff.get(ADDRESS))
    assert len(shown.rows) == 2
    assert child.given_name not in shown.text
    page(staff.get(again(theirs)))


def test_queries_do_not_grow_with_the_list(in_trouble, superuser_client):
    for _ in range(2):
        in_trouble(Status.PARKED, child=ChildFactory())
    few = count_queries(lambda: superuser_client.get(ADDRESS))
    for _ in range(40):
        in_trouble(Status.PARKED, child=ChildFactory())
    assert count_queries(lambda: superuser_client.get(ADDRESS)) == few


# What stands still, and the queue.


def test_a_stoppage_is_shown_and_can_be_ended(superuser_client, nurse_client, db):
    stoppage = Stoppage.objects.create(
        scope="all", kind="key", reason="Notify refuses our key: API key revoked", since=NOW
    )
    shown = page(superuser_client.get(ADDRESS))
    assert "Sending stands still: everything" in shown.text
    assert "API key revoked" in shown.text
    end = reverse("messages:end-stoppage", kwargs={"stoppage_id": stoppage.pk})
    assert nurse_client.post(end).status_code == 403
    assert superuser_client.get(end).status_code == 405
    shown = page(superuser_client.post(end, follow=True))
    assert shown.banner == "Sending goes on within a minute"
    assert "stands still" not in shown.text
    stoppage.refresh_from_db()
    assert stoppage.ended_at == NOW


def test_the_queue_and_its_progress_are_shown(new_message, superuser_client):
    outbox.queue_all([new_message(due_at=NOW - timedelta(hours=1)) for _ in range(3)], now=NOW)
    outbox.queue_all([new_message(due_at=NOW + timedelta(hours=1))], now=NOW)
    done = Message.objects.earliest("pk")
    Message.objects.filter(pk=done.pk).update(status=Status.ACCEPTED, accepted_at=NOW)
    shown = page(superuser_client.get(ADDRESS))
    assert shown.summary["Due and waiting"] == "2 messages"
    assert shown.summary["Oldest due"] == "12 January 2027 at 11:00am"
    assert "Messages wait too long" not in shown.text
    assert "Messages sent: 1 of 3" in shown.text


def test_an_empty_queue_shows_no_progress(superuser_client):
    shown = page(superuser_client.get(ADDRESS))
    assert shown.summary["Due and waiting"] == "0 messages"
    assert shown.summary["Oldest due"] == "None"
    assert "Messages sent" not in shown.text


def test_what_waits_too_long_and_what_is_unclear_is_shown(queued, in_trouble, superuser_client):
    queued(lane=Lane.URGENT, due_at=NOW - timedelta(minutes=11))
    in_trouble(Status.UNKNOWN)
    shown = page(superuser_client.get(ADDRESS))
    assert "Messages wait too long: replies and late joiners" in shown.text
    assert shown.summary["Outcome unclear"] == "1 message, 1 for over an hour"


def test_progress_of_one_session(new_message, organisation, elsewhere):
    now = datetime(2027, 7, 1, 23, 30, tzinfo=UTC)  # half past midnight in London
    due = now - timedelta(minutes=10)
    outbox.queue_all([new_message(session_id=7, due_at=due) for _ in range(5)], now=now)
    outbox.queue_all([new_message(session_id=8, due_at=due)], now=now)
    outbox.queue_all([new_message(session_id=7, due_at=due - timedelta(hours=2))], now=now)
    of_yesterday = Message.objects.latest("pk")
    first, second, withheld = Message.objects.filter(session_id=7).order_by("pk")[:3]
    Message.objects.filter(pk__in=[first.pk, second.pk, of_yesterday.pk]).update(
        status=Status.DELIVERED, accepted_at=now
    )
    Message.objects.filter(pk=withheld.pk).update(status=Status.WITHHELD)
    assert selectors.sending_progress(organisation, 7, now) == selectors.Progress(2, 4)
    assert selectors.sending_progress(organisation, 9, now) is None
    assert selectors.sending_progress(elsewhere, 7, now) is None
    assert selectors.sending_progress(organisation, 7, due - timedelta(minutes=1)) is None


# Sending again.


def test_a_failed_message_is_sent_again_once_to_the_corrected_address(
    in_trouble, superuser_client, superuser, parent
):
    failed = in_trouble()
    parent.email = "corrected@example.com"
    parent.save()
    asked = page(superuser_client.get(again(failed)))
    assert asked.h1 == "Send this message again?"
    assert "may write to the parent twice" not in asked.text
    banners = [page(superuser_client.post(again(failed), follow=True)).banner for _ in range(2)]
    assert banners == ["The message will be sent again", "It has been sent again already"]
    second = failed.resends.get()
    assert (second.recipient, second.letter) == ("corrected@example.com", failed.letter)
    assert second.reference != failed.reference
    assert (second.sent_by, second.lane, second.due_at) == (superuser, Lane.URGENT, NOW)
    assert second.personalisation == failed.personalisation
    assert Message.objects.count() == 2
    assert page(superuser_client.get(f"{ADDRESS}?tab=not-delivered")).rows == []


def test_the_same_address_may_be_tried_again_and_again_but_once_each(in_trouble, superuser):
    first = in_trouble()
    assert resending.send_again(first.pk, by=superuser, now=NOW)
    second = Message.objects.get(resend_of=first)
    with pytest.raises(resending.CannotSendAgain):
        resending.send_again(second.pk, by=superuser, now=NOW)
    Message.objects.filter(pk=second.pk).update(status=Status.FAILED)
    assert resending.send_again(second.pk, by=superuser, now=NOW)
    assert not resending.send_again(first.pk, by=superuser, now=NOW)
    assert Message.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_five_who_send_a_message_again_at_once_make_one_message(in_trouble, superuser):
    failed = in_trouble()

    def send():
        return resending.send_again(failed.pk, by=superuser, now=NOW)

    assert sorted(at_once(*[send] * 5)) == [False] * 4 + [True]
    assert Message.objects.count() == 2
    assert failed.resends.count() == 1


@pytest.mark.django_db(transaction=True)
def test_refused_messages_tried_again_by_two_at_once_go_once(in_trouble):
    for _ in range(3):
        in_trouble(Status.PARKED)
    Message.objects.update(reason=rules.REFUSED + "a value is missing")

    def try_again():
        return resending.try_refused_again(Message.objects.all(), now=NOW)

    assert sorted(at_once(try_again, try_again)) == [0, 3]
    assert Message.objects.filter(status=Status.WAITING).count() == 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"email_failed_at": NOW}, "known to be wrong"),
        ({"email": ""}, "no email address any more"),
    ],
)
def test_a_wrong_or_missing_address_is_not_tried_again(
    in_trouble, superuser_client, parent, change, words
):
    failed = in_trouble()
    type(parent).objects.filter(pk=parent.pk).update(**change)
    shown = page(superuser_client.post(again(failed), follow=True))
    assert words in shown.banner
    assert (shown.current_tab, len(shown.rows)) == ("Not delivered 1", 1)
    assert Message.objects.count() == 1


def test_a_message_to_a_removed_parent_is_not_sent_again(in_trouble, superuser_client):
    failed = in_trouble(parent=None, recipient="gone@example.com")
    assert "removed" in page(superuser_client.post(again(failed), follow=True)).banner


def test_a_number_is_taken_for_a_text(in_trouble, superuser, organisation):
    parent = ParentFactory(organisation=organisation, phone="+447700900124")
    failed = in_trouble(
        parent=parent, channel=Channel.TEXT, recipient="+447700900123", status=Status.PARKED
    )
    assert resending.send_again(failed.pk, by=superuser, now=NOW)
    assert Message.objects.get(resend_of=failed).recipient == "+447700900124"


def test_who_sends_a_doubtful_message_again_is_warned(in_trouble, superuser_client):
    parked = in_trouble(Status.PARKED)
    Message.objects.filter(pk=parked.pk).update(reason=lookups.FORGOTTEN)
    assert "may write to the parent twice" in page(superuser_client.get(again(parked))).text


def test_what_was_refused_for_a_mistake_is_tried_again_all_at_once(
    in_trouble, superuser_client, nurse_client, elsewhere
):
    refused = [in_trouble(Status.PARKED) for _ in range(3)]
    theirs = in_trouble(
        Status.PARKED, child=ChildFactory(organisation=elsewhere), organisation=elsewhere
    )
    Message.objects.update(reason=f"{rules.REFUSED}Template not found")
    forgotten = in_trouble(Status.PARKED)
    Message.objects.filter(pk=forgotten.pk).update(reason=lookups.FORGOTTEN)
    assert "refused 3 messages" in page(superuser_client.get(ADDRESS)).text
    address = reverse("messages:try-refused-again")
    assert nurse_client.post(address).status_code == 403
    assert superuser_client.get(address).status_code == 405
    shown = page(superuser_client.post(address, follow=True))
    assert shown.banner == "3 messages go back to the queue"
    waiting = Message.objects.filter(status=Status.WAITING, due_at=NOW)
    assert set(waiting) == set(refused)
    assert set(Message.objects.filter(status=Status.PARKED)) == {theirs, forgotten}
    assert page(superuser_client.post(address, follow=True)).banner.startswith("0 messages")
