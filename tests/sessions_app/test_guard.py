"""The last look before an invitation leaves."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications import outbox
from notifications.signals import letters_curtailed
from sessions_app import memberships
from sessions_app.invitations.guard import guard
from sessions_app.models import Invitation, ProgrammeStatus
from tests import factories
from tests.sessions_app.conftest import Clinic, at

W = "2027-01-04T09:00"


def reasons(clinic, now=W):
    return set(guard(clinic.messages(), now=at(now)).values())


def test_what_is_still_right_may_go(clinic):
    clinic.child(parents=2)
    clinic.plan(W)
    assert guard(clinic.messages(), now=at(W)) == {}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"date_of_death": date(2027, 1, 4)}, "The child has died"),
        ({"restricted_at": at(W)}, "The record is flagged as sensitive"),
        ({"invalidated_at": at(W)}, "The record is flagged as invalid"),
        ({"birth_academic_year": 2000}, "Not in a year group of the programme"),
    ],
)
def test_i08_e38_facts_are_looked_up_not_the_stored_status(clinic, fields, reason):
    child = clinic.child()
    clinic.plan(W)
    type(child).objects.filter(pk=child.pk).update(**fields)
    assert ProgrammeStatus.objects.get(child=child).exclusion == ""
    assert reasons(clinic) == {reason}


def test_e13_a_child_who_left_the_clinic_gets_nothing(clinic):
    child = clinic.child()
    clinic.plan(W)
    memberships.leave(clinic.session.memberships.filter(child=child), because="Moved", now=at(W))
    assert reasons(clinic) == {"The child is no longer in the community clinic cohort"}


def test_e10_vaccinated_meanwhile(clinic, facts):
    child = clinic.child()
    clinic.plan(W)
    facts(vaccination={(child.pk, "hpv"): "vaccinated"})
    assert reasons(clinic) == {"Already vaccinated"}


def test_a_repeat_is_held_back_once_consent_is_given_but_a_first_letter_goes(organisation, facts):
    clinic = Clinic(organisation, dates=[date(2027, 1, 25), date(2027, 2, 8)])
    child = clinic.child()
    clinic.plan(W)
    clinic.plan("2027-01-26T09:00")
    facts(consent={(child.pk, "hpv"): "given"})
    held = guard(clinic.messages(), now=at("2027-01-26T09:00"))
    assert {message.template: held.get(message.pk) for message in clinic.messages()} == {
        "clinic_initial_invitation": None,
        "clinic_subsequent_invitation": "Consent was given meanwhile",
    }


def test_a_text_held_overnight_is_stale_when_the_last_date_has_come(clinic):
    clinic.child()
    clinic.plan("2027-01-24T22:00")
    assert reasons(clinic, "2027-01-25T08:00") == {"No clinic date is left to book"}


def test_e13_a_parent_who_is_no_longer_the_childs_contact_gets_nothing(clinic):
    child = clinic.child(parents=2)
    clinic.plan(W)
    gone = child.relationships.first()
    recipients = {gone.parent.email, gone.parent.phone}
    gone.delete()
    held = guard(clinic.messages(), now=at(W))
    assert {m.recipient for m in clinic.messages() if m.pk in held} == recipients
    assert set(held.values()) == {"The contact details have changed"}


def test_what_was_held_back_is_invited_once_the_reason_is_gone(clinic):
    """Rule 5: a restriction is lifted before anybody was written to."""
    child = clinic.child()
    clinic.plan(W)
    type(child).objects.filter(pk=child.pk).update(restricted_at=at(W))
    letters = {message.letter for message in clinic.messages()}
    outbox.withdraw(letters, reason="Restricted", now=at(W))
    letters_curtailed.send(None, letters=letters, now=at(W))
    assert clinic.plan("2027-01-05T09:00") == 0
    type(child).objects.filter(pk=child.pk).update(restricted_at=None)
    clinic.refresh(child)
    assert clinic.plan("2027-01-06T09:00") == 1
    assert clinic.plan("2027-01-07T09:00") == 0
    assert Invitation.objects.filter(withheld_at__isnull=False).count() == 1


def test_the_guard_asks_the_same_number_of_questions_about_two_and_fifty(db):
    counts = []
    for children in (2, 50):
        clinic = Clinic(factories.OrganisationFactory())
        for _ in range(children):
            clinic.child()
        clinic.plan(W)
        messages = clinic.messages()
        with CaptureQueriesContext(connection) as queries:
            guard(messages, now=at(W))
        counts.append(len(queries))
    assert counts[0] == counts[1]
