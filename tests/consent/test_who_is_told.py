"""To whom messages about consent go, and to whom not. Source: consent §10 and §12; lessons I11."""

import pytest
from django.urls import reverse

from cohorts.models import Parent, ParentRelationship
from consent import reply_guard
from consent.guard import CONTACT_CHANGED
from consent.models import ConsentResponse
from consent.replies import WITHDRAWN
from consent.services.changes import withdraw_response
from consent.services.replies import confirm_withdrawal
from notifications import wording
from notifications.models import Message
from sessions_app import memberships
from sessions_app.models import Invitation, Membership, ProgrammeStatus, Session
from tests import factories
from tests.consent.school import School
from tests.consent.wizard import HEALTH, Wizard, names, opened
from tests.pages import page
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db
NOW = at("2027-01-12T10:00")


def told():
    found = Message.objects.exclude(template="clinic_initial_invitation")
    return sorted(found.values_list("template", "recipient"))


@pytest.fixture
def triage(nurse_client, clinic, child):
    def decide(outcome, place=clinic, **fields):
        address = reverse("consent:triage", kwargs=names(place, child) | {"programme": "hpv"})
        data = opened(nurse_client, address) | {"outcome": outcome} | fields
        response = nurse_client.post(address, data, follow=True)
        return page(response, names_person=bool(response.redirect_chain))

    return decide


UNTIL = {"delay_until-day": "1", "delay_until-month": "3", "delay_until-year": "2027"}


@pytest.mark.parametrize(
    ("outcome", "template", "says"),
    [
        ("safe", "triage_safe", "can have"),
        ("do_not_vaccinate", "triage_do_not_vaccinate", "will not have"),
        ("delay", "triage_delay", "is delayed"),
        ("invite_to_clinic", "triage_clinic", "at a clinic"),
        ("keep", "triage_under_review", "your answers"),
    ],
)
def test_i11_each_decision_has_its_own_email_about_its_own_programme(
    child, mum, answered, triage, clinic, organisation, outcome, template, says
):
    """The email follows the decision, not the answers, and names no other programme's delay."""
    answered(child, "given", parent=mum)
    answered(child, "given", parent=mum, programme_id="menacwy")
    place = clinic
    if outcome == "invite_to_clinic":
        place = School(organisation)
        memberships.join(
            place.session,
            [child.pk],
            reason=Membership.Reason.AT_SCHOOL,
            now=at("2027-01-11T09:00"),
        )
    triage(outcome, place, **UNTIL if outcome == "delay" else {})
    assert told() == [(template, mum.email)]
    message = Message.objects.get(template=template)
    read = wording.get(template, "email").preview(message.personalisation)
    assert says in read.subject
    assert "HPV" in message.personalisation["vaccination"]
    assert "MenACWY" not in read.body
    assert ("1 March 2027" in read.body) is (outcome == "delay")


def test_who_is_at_a_clinic_is_not_invited_to_one(child, mum, answered, triage):
    answered(child, "given", parent=mum)
    shown = triage("invite_to_clinic")
    assert len(shown.errors) == 1
    assert "No, invite to a community clinic" not in shown.text
    assert "No, keep in triage" in shown.text
    assert told() == []


def test_consent_10_only_those_whose_consent_counts_hear_of_triage(child, mum, answered, triage):
    """Not who was withdrawn or invalid, who answered about something else, who has no address any
    more, or is no longer a parent of the child.
    """
    answered(child, "given", parent=mum)
    others = [factories.RelationshipFactory(child=child).parent for _ in range(5)]
    withdrawn_again, invalid, other, gone, failing = others
    answered(child, "refused", parent=withdrawn_again, invalidated_at=NOW)
    answered(child, "given", parent=invalid, invalidated_at=NOW)
    answered(child, "given", parent=other, programme_id="menacwy")
    for parent in (gone, failing):
        answered(child, "given", parent=parent)
    ParentRelationship.objects.filter(parent=gone).delete()
    Parent.objects.filter(pk=failing.pk).update(email_failed_at=NOW)
    triage("do_not_vaccinate")
    assert told() == [("triage_do_not_vaccinate", mum.email)]
    triage("do_not_vaccinate")
    assert len(told()) == 1, "nothing is said twice"


def test_consent_12_a_reply_goes_to_nobody_who_left_the_record(child, mum, answered, nurse, clinic):
    response = answered(child, "given", parent=mum, email="typed@example.com")
    session = Session.objects.with_days().get(pk=clinic.session.pk)
    change = withdraw_response(response=response, reason="personal", notes="", now=NOW, by=nurse)
    Parent.objects.filter(pk=mum.pk).update(email="", phone="")
    response = ConsentResponse.objects.select_related("parent").get(pk=change.response_id)
    assert confirm_withdrawal(response, session, now=NOW, by=nurse) == 0, "nothing is stored"
    Parent.objects.filter(pk=mum.pk).update(email="now@example.com")
    response = ConsentResponse.objects.select_related("parent").get(pk=change.response_id)
    ParentRelationship.objects.filter(parent=mum).delete()
    assert confirm_withdrawal(response, session, now=NOW, by=nurse) == 0, "no longer a parent"
    factories.RelationshipFactory(child=child, parent=mum)
    assert confirm_withdrawal(response, session, now=NOW, by=nurse) == 1
    reply = list(Message.objects.filter(template=WITHDRAWN))
    assert reply_guard.guard(reply, now=NOW) == {}
    Parent.objects.filter(pk=mum.pk).update(email="later@example.com")
    assert list(reply_guard.guard(reply, now=NOW).values()) == [CONTACT_CHANGED]
    Parent.objects.filter(pk=mum.pk).update(email="now@example.com")
    ParentRelationship.objects.filter(parent=mum).delete()
    assert list(reply_guard.guard(reply, now=NOW).values()) == [CONTACT_CHANGED]


def invited():
    return Invitation.objects.standing().exists()


@pytest.mark.parametrize("stands", ["yes", "no"])
def test_consent_7_who_asked_to_talk_is_not_invited_before_it_is_decided(
    clinic, nurse_client, answered, stands
):
    """Refused and wants to be contacted: no letter about a clinic until somebody has called."""
    child = clinic.child()
    mum = child.relationships.get().parent
    refusal = answered(child, "refused", parent=mum, wants_follow_up=True)
    status = ProgrammeStatus.objects.get(child=child, programme="hpv", academic_year=2026)
    assert (status.consent, status.exclusion) == ("follow_up", "follow_up")
    clinic.plan(now="2027-01-12T10:00")
    assert not invited()
    shown = page(
        nurse_client.get(reverse("consent:child", kwargs=names(clinic, child))), names_person=True
    )
    assert "Not invited: a parent asked to talk first" in shown.text
    own = names(clinic, child) | {"response_id": refusal.public_id}
    address = reverse("consent:follow-up-response", kwargs=own)
    sent = nurse_client.post(address, {"stands": stands, "notes": "Sure"})
    if stands == "no":
        wizard = Wizard.of(nurse_client, sent)
        wizard.answer(email=mum.email, phone=mum.phone)
        assert not invited()
        wizard.answer(decision="given").answer(**HEALTH).answer()
    assert invited() is (stands == "no")


@pytest.mark.parametrize("channel", ["email", "text"])
def test_consent_12_a_request_thanks_for_no_booking_that_nobody_knows_of(channel):
    text = wording.get("consent_clinic_request", channel).body
    assert "book" not in text.lower()
    assert "before the appointment" in text
