"""A parent whose address is corrected while an invitation waits gets it at the new one; or while it
is being sent, looked up or parked, and comes to be sent after all.
"""

import uuid

import pytest

from cohorts.models import Parent
from cohorts.signals import children_changed
from notifications import claims, guarding, resending, rules
from notifications.models import Channel, Lane, Message
from notifications.settling import Settlement
from sessions_app.invitations.guard import guard
from tests import factories
from tests.sessions_app.conftest import at

W = "2027-01-04T09:00"


def correct(child, parent, **values):
    Parent.objects.filter(pk=parent.pk).update(**values)
    children_changed.send(None, child_ids=[child.pk], by=None, now=at(W))


def recipients(clinic):
    return {(message.channel, message.recipient) for message in clinic.messages()}


def parents_of(child):
    return [relationship.parent for relationship in child.relationships.order_by("pk")]


def test_what_waits_follows_and_nobody_is_written_to_twice(clinic):
    child = clinic.child(parents=2)
    one, two = parents_of(child)
    clinic.plan(W)
    correct(child, one, email="right@example.com")
    assert recipients(clinic) == {
        ("email", "right@example.com"),
        ("text", one.phone),
        ("email", two.email),
        ("text", two.phone),
    }
    assert guard(clinic.messages(), now=at(W)) == {}
    assert clinic.plan(W) == 0


def test_what_was_sent_stays_as_it_went(clinic):
    child = clinic.child()
    (parent,) = parents_of(child)
    clinic.plan(W)
    Message.objects.update(status="accepted", accepted_at=at(W))
    correct(child, parent, email="right@example.com")
    assert ("email", parent.email) in recipients(clinic)


def test_an_address_that_the_letter_goes_to_gets_nothing_more(clinic):
    child = clinic.child(parents=2)
    one, two = parents_of(child)
    clinic.plan(W)
    correct(child, one, email=two.email)
    held = guard(clinic.messages(), now=at(W))
    assert [m.recipient for m in clinic.messages() if m.pk in held] == [one.email]


def test_two_parents_who_come_to_share_an_address_get_one_message_there(clinic):
    child = clinic.child(parents=2)
    one, two = parents_of(child)
    clinic.plan(W)
    Parent.objects.filter(pk=one.pk).update(email="both@example.com")
    correct(child, two, email="both@example.com")
    held = guard(clinic.messages(), now=at(W))
    emails = [m.recipient for m in clinic.messages() if m.channel == "email" and m.pk not in held]
    assert emails == ["both@example.com"]


def test_an_address_that_is_another_parents_too_stays(clinic):
    """Two who shared an address: one gets another, the message still goes to the first."""
    child = clinic.child(parents=2)
    one, two = parents_of(child)
    Parent.objects.filter(pk=two.pk).update(email=one.email)
    clinic.plan(W)
    correct(child, one, email="new@example.com")
    held = guard(clinic.messages(), now=at(W))
    assert not held
    assert ("email", one.email) in recipients(clinic)


# Not waiting when the address is corrected.

STATES = ["waiting", "claimed", "unknown", "parked"]
# What is corrected to what; by the names of two parents, whose emails are theirs at first.
CORRECTIONS = [
    {"one": "right"},
    {"one": "two"},
    {"one": "both", "two": "both"},
    {"one": "two", "two": "one"},
    {"one": ""},
    {"one": "", "two": ""},
]


def put(message, status):
    values = {"status": status}
    if status in ("claimed", "unknown"):
        values |= {"claim": uuid.uuid4(), "claimed_at": at(W), "attempts": 1}
    if status == "parked":
        values |= {"reason": f"{rules.REFUSED}Template not found"}
    Message.objects.filter(pk=message.pk).update(**values)


def come_back(message):
    """Notify turns out not to have it, or whoever mended the mistake tries it again."""
    message.refresh_from_db()
    if message.status == "parked":
        resending.try_refused_again(Message.objects.filter(pk=message.pk), now=at(W))
    elif message.claim:
        settlement = Settlement(now=at(W))
        settlement.wait(message, due_at=message.due_at)
        settlement.save()


def send_all():
    """To whom what is due goes, in order."""
    sent = []
    for _ in range(5):
        backlog = claims.backlog(lanes=list(Lane), channels=Channel.values, now=at(W))
        for message in guarding.ask(backlog.claim(most=50, now=at(W)), now=at(W)):
            sent.append(message.recipient)
            Message.objects.filter(pk=message.pk).update(
                status="delivered", claim=None, accepted_at=at(W)
            )
    assert not Message.objects.filter(status__in=["waiting", "claimed"]).exists()
    return sorted(sent)


@pytest.mark.parametrize("ones", STATES)
@pytest.mark.parametrize("twos", STATES)
def test_whatever_it_was_doing_each_present_address_gets_it_once(clinic, ones, twos):
    for corrected in CORRECTIONS:
        child = clinic.child(parents=2)
        parents = dict(zip(("one", "two"), parents_of(child), strict=True))
        addresses = {name: f"{name}{child.pk}@example.com" for name in ("one", "two")}
        for name, parent in parents.items():
            Parent.objects.filter(pk=parent.pk).update(email=addresses[name], phone="")
        children_changed.send(None, child_ids=[child.pk], by=None, now=at(W))
        clinic.plan(W)
        first, second = clinic.messages(child)
        put(first, ones)
        put(second, twos)
        for name, to in corrected.items():
            addresses[name] = f"{to}{child.pk}@example.com" if to else ""
            Parent.objects.filter(pk=parents[name].pk).update(email=addresses[name])
        children_changed.send(None, child_ids=[child.pk], by=None, now=at(W))
        come_back(first)
        come_back(second)
        assert send_all() == sorted({to for to in addresses.values() if to}), corrected


@pytest.mark.parametrize("status", STATES)
def test_it_does_not_follow_to_an_address_that_has_the_letter_or_is_known_to_be_wrong(
    clinic, status
):
    child = clinic.child(parents=2)
    one, two = parents_of(child)
    Parent.objects.filter(pk__in=[one.pk, two.pk]).update(phone="")
    children_changed.send(None, child_ids=[child.pk], by=None, now=at(W))
    clinic.plan(W)
    first, second = clinic.messages(child)
    put(first, status)
    Message.objects.filter(pk=second.pk).update(status="delivered", accepted_at=at(W))
    correct(child, one, email="wrong@example.com", email_failed_at=at(W))
    come_back(first)
    assert send_all() == []
    first.refresh_from_db()
    assert (first.status, first.recipient) == ("withheld", one.email)


def test_what_is_left_follows_where_the_text_has_failed(clinic):
    child = clinic.child()
    (parent,) = parents_of(child)
    clinic.plan(W)
    email, text = sorted(clinic.messages(), key=lambda message: message.channel)
    put(email, "unknown")
    Message.objects.filter(pk=text.pk).update(status="failed")
    correct(child, parent, email="right@example.com")
    come_back(email)
    assert send_all() == ["right@example.com"]


def test_an_invitation_that_reached_nobody_is_freed_when_its_last_message_is_held_back(clinic):
    """The text failed, and what is left has nowhere to follow to; but there is another parent."""
    child = clinic.child()
    (parent,) = parents_of(child)
    clinic.plan(W)
    email, text = sorted(clinic.messages(), key=lambda message: message.channel)
    put(email, "unknown")
    Message.objects.filter(pk=text.pk).update(status="failed")
    factories.RelationshipFactory(child=child, parent__email="other@example.com", parent__phone="")
    correct(child, parent, email="", phone_failed_at=at(W))
    assert [each.is_standing for each in clinic.invitations()] == [True]
    come_back(email)
    assert send_all() == []
    assert [each.is_standing for each in clinic.invitations()] == [False]
    clinic.plan(W)
    assert send_all() == ["other@example.com"]


def test_an_invitation_whose_text_arrived_is_not_freed_by_an_email_that_is_held_back(clinic):
    child = clinic.child()
    (parent,) = parents_of(child)
    clinic.plan(W)
    email, text = sorted(clinic.messages(), key=lambda message: message.channel)
    put(email, "unknown")
    Message.objects.filter(pk=text.pk).update(status="delivered", accepted_at=at(W))
    factories.RelationshipFactory(child=child, parent__email="other@example.com")
    correct(child, parent, email="")
    come_back(email)
    assert send_all() == []
    assert [each.is_standing for each in clinic.invitations()] == [True]
