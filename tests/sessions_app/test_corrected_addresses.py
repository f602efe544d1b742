"""A parent whose address is corrected while an invitation waits gets it at the new one."""

from cohorts.models import Parent
from cohorts.signals import children_changed
from notifications.models import Message
from sessions_app.invitations.guard import guard
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
