"""What people read about a child's invitation, and what a change would send."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cohorts.models import Child
from notifications.models import Message
from sessions_app import invitations
from sessions_app.choices import Exclusion
from tests import factories
from tests.sessions_app.conftest import Clinic, at

W = "2027-01-04T09:00"


def test_before_the_day_it_says_when(clinic):
    child = clinic.child()
    outlook = clinic.outlook(child, "2026-12-10T12:00")
    assert outlook.text == "Will be invited on 4 January 2027"
    assert outlook.day == date(2027, 1, 4)


def test_between_planning_and_notifys_answer_it_is_being_sent(clinic):
    child = clinic.child()
    clinic.plan(W)
    assert clinic.outlook(child, W).text == "Invitation is being sent"


def settle(clinic, status, at_=W):
    Message.objects.filter(organisation=clinic.organisation).update(
        status=status, accepted_at=at(at_) if status in ("accepted", "delivered") else None
    )


def test_once_accepted_it_says_the_day_it_went(clinic):
    child = clinic.child()
    clinic.plan(W)
    settle(clinic, "accepted", "2027-01-05T08:00")
    assert clinic.outlook(child, "2027-01-06T12:00").text == "Invited on 5 January 2027"


@pytest.mark.parametrize("status", ["failed", "rejected", "parked"])
def test_i14_nothing_delivered_is_not_called_sent(clinic, status):
    child = clinic.child()
    clinic.plan(W)
    settle(clinic, status)
    outlook = clinic.outlook(child, "2027-01-06T12:00")
    assert outlook.is_in_trouble
    assert outlook.text == "Invited on 4 January 2027, but it could not be delivered"


@pytest.mark.parametrize(
    ("email", "text", "words"),
    [
        ("rejected", "withheld", "Invited on 4 January 2027, but it could not be delivered"),
        ("delivered", "withheld", "Invited on 4 January 2027"),
        ("waiting", "withheld", "Invitation is being sent"),
    ],
)
def test_what_was_held_back_neither_hides_a_failure_nor_delays_for_ever(clinic, email, text, words):
    child = clinic.child()
    clinic.plan(W)
    for channel, status in (("email", email), ("text", text)):
        Message.objects.filter(channel=channel).update(
            status=status, accepted_at=at(W) if status == "delivered" else None
        )
    assert clinic.outlook(child, "2027-01-06T12:00").text == words


def test_a_closed_session_and_a_stranger(clinic):
    child = clinic.child()
    clinic.session.closed_at = at(W)
    clinic.session.save()
    assert clinic.outlook(child, W).text == "Not invited: the session is closed"
    stranger = factories.ChildFactory()
    assert invitations.outlooks(clinic.session, [stranger.pk], now=at(W)) == {}


def test_the_filter_says_what_the_outlook_says(clinic):
    clinic.child()
    clinic.plan(W)
    clinic.child(parents=0)
    clinic.child(restricted_at=at(W))
    clinic.session.invitations_on = date(2027, 1, 20)
    clinic.session.save()
    clinic.child()
    children = invitations.with_state(Child.objects.all(), clinic.session)
    states = dict(children.values_list("pk", "invitation_state"))
    said = invitations.outlooks(clinic.session, states, now=at("2027-01-05T12:00"))
    assert states == {pk: outlook.state for pk, outlook in said.items()}
    assert sorted(states.values()) == ["invited", "not_invited", "not_invited", "to_be_invited"]
    for state in invitations.State.values:
        picked = invitations.in_state(Child.objects.all(), clinic.session, state)
        assert {child.pk for child in picked} == {pk for pk in states if states[pk] == state}


def test_a_preview_adds_up(clinic, facts):
    for _ in range(3):
        clinic.child()
    clinic.plan(W)
    later = [clinic.child(joined="2026-12-01T10:00") for _ in range(2)]
    clinic.child(parents=0)
    clinic.child(date_of_death=date(2026, 12, 1))
    preview = invitations.preview(
        clinic.session,
        dates=[date(2027, 3, 1)],
        invitations_on=date(2027, 2, 8),
        now=at("2027-01-05T12:00"),
    )
    assert preview.later == [(date(2027, 2, 8), len(later))]
    assert preview.already_invited == 3
    assert dict(preview.left_out) == {Exclusion.DECEASED: 1, Exclusion.NO_CONTACT: 1}
    at_once = invitations.preview(
        clinic.session,
        dates=[date(2027, 1, 20)],
        invitations_on=date(2027, 1, 1),
        now=at("2027-01-05T12:00"),
    )
    assert (at_once.now, at_once.later) == (2, [])
    none_left = invitations.preview(
        clinic.session, dates=[date(2027, 1, 5)], invitations_on=None, now=at("2027-01-05T12:00")
    )
    assert (none_left.now, none_left.waiting) == (0, 2)


def test_what_the_preview_promises_is_what_planning_does(clinic):
    for parents in (1, 2, 0, 1):
        clinic.child(parents=parents)
    preview = invitations.preview(
        clinic.session, dates=[date(2027, 1, 25)], invitations_on=date(2027, 1, 4), now=at(W)
    )
    assert preview.now == clinic.plan(W)


def test_the_same_queries_for_two_and_for_fifty(db):
    counts = []
    for size in (2, 50):
        clinic = Clinic(factories.OrganisationFactory())
        children = [clinic.child() for _ in range(size)]
        clinic.plan(W)
        with CaptureQueriesContext(connection) as queries:
            invitations.outlooks(clinic.session, [child.pk for child in children], now=at(W))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_rule_5_a_letter_that_reached_nobody_goes_to_a_new_address_once(clinic):
    child = clinic.child()
    clinic.plan(W)
    settle(clinic, "rejected")
    assert invitations.catch_up([child.pk], now=at("2027-01-05T10:00")) == 0
    factories.RelationshipFactory(child=child, parent__email="right@example.com")
    clinic.refresh(child)
    assert invitations.catch_up([child.pk], now=at("2027-01-05T11:00")) == 1
    assert "right@example.com" in {message.recipient for message in clinic.messages(child)}
    assert invitations.catch_up([child.pk], now=at("2027-01-05T12:00")) == 0


@pytest.mark.parametrize("status", ["waiting", "accepted", "delivered", "parked"])
def test_a_letter_that_may_have_reached_somebody_is_never_sent_again(clinic, status):
    child = clinic.child()
    clinic.plan(W)
    Message.objects.filter(channel="text").update(status="failed")
    Message.objects.filter(channel="email").update(
        status=status, accepted_at=at(W) if status in ("accepted", "delivered") else None
    )
    factories.RelationshipFactory(child=child)
    clinic.refresh(child)
    assert invitations.catch_up([child.pk], now=at("2027-01-05T11:00")) == 0
