"""Triage, as a nurse does it and as parents hear of it."""

from datetime import date
from uuid import uuid4

import pytest
from django.urls import reverse

from activity.models import Entry
from consent.models import Triage
from consent.triage_guard import DECIDED_OTHERWISE, NO_LONGER_GIVEN, triage_guard
from notifications.models import Message
from programmes.models import OrganisationProgramme
from sessions_app import statuses
from sessions_app.models import Membership, ProgrammeStatus
from tests import factories
from tests.consent.wizard import names, opened
from tests.pages import count_queries, page
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db
NOW = at("2027-01-12T10:00")
ASTHMA = {
    "question": "severe_allergies",
    "text": "Does your child have any severe allergies?",
    "yes": True,
    "details": "Nuts",
    "calls_for_triage": True,
}


@pytest.fixture
def dad(child):
    return factories.RelationshipFactory(child=child).parent


@pytest.fixture
def worried(child, mum, dad, answered):
    """Two parents gave consent, each with a yes that calls for triage."""
    for parent in (mum, dad):
        answered(child, "given", parent=parent, health_answers=[ASTHMA])
    return child


@pytest.fixture
def address(clinic, child):
    return reverse("consent:triage", kwargs=names(clinic, child) | {"programme": "hpv"})


def shown(response):
    return page(response, names_person=True)


def post(client, address, outcome, **fields):
    hidden = opened(client, address)
    return client.post(address, hidden | {"outcome": outcome} | fields, follow=True)


def triage_of(child):
    return ProgrammeStatus.objects.get(child=child, programme="hpv", academic_year=2026).triage


def written():
    return [(message.template, message.recipient) for message in triage_messages()]


def triage_messages():
    return list(Message.objects.filter(template__startswith="triage_").order_by("id"))


def test_consent_14_24_parents_hear_what_was_decided(
    worried, mum, dad, clinic, nurse_client, address, nurse
):
    found = page(nurse_client.get(address))
    assert "All: Yes – Nuts" in found.text
    found = page(nurse_client.post(address, opened(nurse_client, address)))
    assert list(found.errors) == ["Select whether it is safe to vaccinate"]

    found = shown(post(nurse_client, address, "keep", notes="Ask the GP"))
    assert "Needs triage" in found.text
    assert "Ask the GP" in found.text
    emails = sorted([mum.email, dad.email])
    assert sorted(written()) == [("triage_under_review", email) for email in emails]

    found = shown(post(nurse_client, address, "do_not_vaccinate"))
    assert triage_of(worried) == "do_not_vaccinate"
    assert sorted(written()[2:]) == [("triage_do_not_vaccinate", email) for email in emails]

    assert "Update triage outcome" in found.text
    found = shown(post(nurse_client, address, "safe"))
    assert "Safe to vaccinate" in found.text
    assert sorted(written()[4:]) == [("triage_safe", email) for email in emails]
    assert [
        (entry.title, entry.actor) for entry in Entry.objects.filter(kind="triage").order_by("id")
    ] == [
        ("Triaged decision: Keep in triage", nurse),
        ("Triaged decision: Do not vaccinate", nurse),
        ("Triaged decision: Safe to vaccinate", nurse),
    ]


def test_consent_14_25_delay_puts_the_child_in_the_clinic_and_tells_the_parents(
    child, mum, nurse_client, organisation, clinic, answered
):
    school = factories.SessionFactory(organisation=organisation, dates=[date(2027, 1, 12)])
    pupil = factories.ChildFactory(organisation=organisation)
    parent = factories.RelationshipFactory(child=pupil).parent
    factories.MembershipFactory(session=school, child=pupil)
    answered(pupil, "given", parent=parent, health_answers=[ASTHMA])
    here = {"slug": school.slug, "public_id": pupil.public_id}
    address = reverse("consent:triage", kwargs=here | {"programme": "hpv"})
    late = {"delay_until-day": "1", "delay_until-month": "9", "delay_until-year": "2027"}
    found = page(
        nurse_client.post(address, opened(nurse_client, address) | {"outcome": "delay"} | late)
    )
    [error] = found.errors
    assert "must be on or before 31 August 2027" in error
    assert not Triage.objects.exists()

    soon = {"delay_until-day": "1", "delay_until-month": "3", "delay_until-year": "2027"}
    found = shown(post(nurse_client, address, "delay", notes="Unwell", **soon))
    why = "Could not vaccinate Triage decided to delay the vaccination until 1 March 2027."
    assert why in found.text
    assert Triage.objects.get().delay_until == date(2027, 3, 1)
    membership = Membership.objects.get(child=pupil, session=clinic.session)
    assert membership.reason == "triage"
    assert Membership.objects.filter(child=pupil, session=school, left_at=None).exists()
    assert ("triage_delay", parent.email) in written()
    lists = reverse("consent:triage-list", kwargs={"slug": school.slug, "group": "completed"})
    assert [row[0] for row in page(nurse_client.get(lists)).rows] == [pupil.full_name]


def test_an_answer_no_longer_needs_triage_once_it_was_decided_about(worried, nurse_client, address):
    assert "Yes – Nuts Needs triage" in page(nurse_client.get(address)).text
    after = shown(post(nurse_client, address, "safe"))
    assert "Yes – Nuts" in after.text
    assert "Needs triage" not in after.text
    again = shown(post(nurse_client, address, "keep", notes="Ask the GP"))
    assert "Yes – Nuts Needs triage" in again.text


def test_a_delay_ends_on_its_day_and_triage_is_needed_again(worried, nurse_client, address):
    soon = {"delay_until-day": "1", "delay_until-month": "3", "delay_until-year": "2027"}
    post(nurse_client, address, "delay", **soon)
    statuses.refresh([worried.pk], today=date(2027, 2, 28))
    assert triage_of(worried) == "delay"
    statuses.refresh([worried.pk], today=date(2027, 3, 1))
    assert triage_of(worried) == "needed"


@pytest.mark.parametrize("day", ["12", "11"])
def test_a_delay_lasts_until_tomorrow_at_least(worried, nurse_client, address, day):
    past = {"delay_until-day": day, "delay_until-month": "1", "delay_until-year": "2027"}
    found = page(
        nurse_client.post(address, opened(nurse_client, address) | {"outcome": "delay"} | past)
    )
    assert "must be on or after 13 January 2027" in list(found.errors)[0]


def test_the_same_decision_again_writes_to_nobody(worried, nurse_client, address):
    post(nurse_client, address, "keep")
    sent = len(written())
    post(nurse_client, address, "keep", notes="Still waiting")
    assert Triage.objects.count() == 2
    assert len(written()) == sent


def test_who_answered_since_hears_of_the_same_decision_and_nobody_hears_it_twice(
    child, mum, dad, answered, nurse_client, address, morning
):
    answered(child, "given", parent=mum, health_answers=[ASTHMA])
    post(nurse_client, address, "safe")
    answered(
        child, "given", parent=dad, health_answers=[ASTHMA], responded_at=at("2027-01-12T10:03")
    )
    for minute in ("05", "06"):
        morning.move_to(at(f"2027-01-12T10:{minute}"), tick=False)
        post(nurse_client, address, "safe")
        assert written() == [("triage_safe", mum.email), ("triage_safe", dad.email)]
    assert triage_guard(triage_messages(), now=NOW) == {}, "what was decided again is still so"


def test_one_form_decides_once(worried, nurse_client, address):
    data = opened(nurse_client, address) | {"outcome": "safe"}
    nurse_client.post(address, data)
    nurse_client.post(address, data | {"outcome": "keep"})
    assert Triage.objects.get().outcome == "safe"


def test_only_those_whose_given_consent_counts_are_written_to(
    child, mum, dad, answered, nurse_client, address
):
    answered(child, "given", parent=mum, health_answers=[ASTHMA])
    answered(child, "refused", parent=dad, invalidated_at=NOW)
    answered(child, "given", parent=dad, programme_id="menacwy", health_answers=[ASTHMA])
    post(nurse_client, address, "safe")
    assert written() == [("triage_safe", mum.email)]


@pytest.mark.parametrize("flag", ["restricted_at", "invalidated_at"])
def test_i08_no_email_about_a_child_whose_record_is_flagged(worried, nurse_client, address, flag):
    setattr(worried, flag, NOW)
    worried.save()
    post(nurse_client, address, "safe")
    assert Triage.objects.count() == 1
    assert written() == []


def test_conflicting_consent_has_no_triage(child, mum, dad, answered, nurse_client, address):
    answered(child, "given", parent=mum, health_answers=[ASTHMA])
    answered(child, "refused", parent=dad)
    sent = nurse_client.post(address, {"token": uuid4(), "outcome": "safe"}, follow=True)
    assert shown(sent).banner == "Triage is possible once consent is given."
    assert not Triage.objects.exists()


def test_consent_14_28_a_refusal_after_safe_triage_blocks(
    child, mum, dad, answered, nurse_client, address, clinic
):
    answered(child, "given", parent=mum, health_answers=[ASTHMA])
    post(nurse_client, address, "safe")
    answered(child, "refused", parent=dad, responded_at=at("2027-01-12T11:00"))
    found = shown(nurse_client.get(reverse("consent:child", kwargs=names(clinic, child))))
    assert "Conflicting consent" in found.text
    assert "Update triage outcome" not in found.text


def test_new_answers_that_worry_reopen_triage(child, mum, answered, nurse_client, address):
    answered(child, "given", parent=mum, health_answers=[ASTHMA])
    post(nurse_client, address, "safe")
    assert triage_of(child) == "safe"
    again = at("2027-01-12T11:00")
    answered(child, "given", parent=mum, health_answers=[ASTHMA], responded_at=again)
    assert triage_of(child) == "needed"


def test_a_newer_answer_lifts_no_decision_against_before_a_nurse_looks_again(
    child, mum, answered, nurse_client, address, clinic, morning
):
    """What says "no" ends by a nurse's decision only: parents are not invited meanwhile."""
    answered(child, "given", parent=mum, health_answers=[ASTHMA])
    post(nurse_client, address, "do_not_vaccinate")
    again = at("2027-01-12T10:03")
    answered(child, "given", parent=mum, health_answers=[ASTHMA], responded_at=again)
    status = ProgrammeStatus.objects.get(child=child, programme="hpv")
    assert (status.triage, status.exclusion) == ("needed", "do_not_vaccinate")
    assert clinic.plan("2027-01-12T10:04") == 0
    morning.move_to(at("2027-01-12T10:05"), tick=False)
    post(nurse_client, address, "safe")
    assert len(clinic.invitations(child)) == 1


def test_consent_14_27_administrators_and_strangers_do_not_triage(
    worried, administrator_client, client_elsewhere, address, clinic, child
):
    found = shown(administrator_client.get(reverse("consent:child", kwargs=names(clinic, child))))
    assert address not in found.links.values()
    for method in (administrator_client.get, administrator_client.post):
        assert method(address).status_code == 403
    for method in (client_elsewhere.get, client_elsewhere.post):
        assert method(address).status_code == 404
    assert not Triage.objects.exists()


def test_flu_is_safe_by_the_methods_that_were_agreed_to(
    child, mum, answered, nurse_client, clinic, organisation
):
    OrganisationProgramme.objects.create(organisation=organisation, programme_id="flu")
    clinic.session.programmes.add("flu")
    answered(
        child, "given", parent=mum, programme_id="flu", methods=["nasal"], health_answers=[ASTHMA]
    )
    address = reverse("consent:triage", kwargs=names(clinic, child) | {"programme": "flu"})
    found = page(nurse_client.get(address))
    assert "with the nasal spray" in found.text
    assert "with the injection" not in found.text
    found = page(
        nurse_client.post(address, opened(nurse_client, address) | {"outcome": "safe_injection"})
    )
    assert list(found.errors) == ["Select one of the answers"]
    post(nurse_client, address, "safe_nasal")
    assert (Triage.objects.get().outcome, Triage.objects.get().method) == ("safe", "nasal")


def test_the_guard_holds_back_what_is_no_longer_so(worried, mum, dad, nurse_client, address):
    post(nurse_client, address, "safe")
    assert triage_guard(triage_messages(), now=NOW) == {}
    few, many = (
        count_queries(lambda some=some: triage_guard(some, now=NOW))
        for some in (triage_messages()[:1], triage_messages())
    )
    assert few == many
    [mums] = [one for one in triage_messages() if one.recipient == mum.email]
    worried.consent_responses.filter(parent=mum).update(withdrawn_at=NOW)
    assert triage_guard([mums], now=NOW) == {mums.pk: NO_LONGER_GIVEN}
    worried.consent_responses.filter(parent=mum).update(withdrawn_at=None)
    post(nurse_client, address, "keep")
    assert triage_guard([mums], now=NOW) == {mums.pk: DECIDED_OTHERWISE}


def test_every_child_is_in_one_tab_of_triage_at_most(
    clinic, child, mum, answered, nurse_client, address
):
    answered(child, "given", parent=mum, health_answers=[ASTHMA])
    answered(clinic.child(given_name="Ready"), "given")
    answered(clinic.child(given_name="Refused"), "refused")
    clinic.child(given_name="Silent")
    lists = reverse("consent:triage-list", kwargs={"slug": clinic.session.slug})
    found = page(nurse_client.get(lists))
    assert list(found.tabs) == ["Triage needed 1", "Triage completed 0", "No triage needed 2"]
    assert [row[0] for row in found.rows] == ["Jo Lee"]
    session = page(
        nurse_client.get(reverse("sessions:show", kwargs={"slug": clinic.session.slug})),
    )
    assert "1 child needing triage" in session.text
    post(nurse_client, address, "safe")
    assert list(page(nurse_client.get(lists)).tabs)[:2] == [
        "Triage needed 0",
        "Triage completed 1",
    ]


def test_a_nurses_decision_and_a_dose_come_before_what_was_consented_to(
    clinic, answered, nurse_client, nurse
):
    """Who conflicts, or waits for a talk, is in no tab unless a "no" or "not yet" stands."""
    for name in ("Safe", "Stopped", "Delayed", "Done", "Torn"):
        child = clinic.child(given_name=name, family_name="Lee")
        answered(child, "given")
        outcome = {"Safe": "safe", "Stopped": "do_not_vaccinate", "Delayed": "delay"}.get(name)
        if outcome:
            Triage.objects.create(
                child=child,
                programme_id="hpv",
                organisation=clinic.organisation,
                session=clinic.session,
                academic_year=2026,
                outcome=outcome,
                delay_until=date(2027, 3, 1) if outcome == "delay" else None,
                performed_by=nurse,
                performed_at=NOW,
            )
        if name == "Done":
            factories.VaccinationRecordFactory(child=child)
        answered(child, "refused")
    answered(clinic.child(given_name="Talk"), "refused", wants_follow_up=True)
    silent = clinic.child(given_name="Silent", family_name="Lee")
    factories.VaccinationRecordFactory(child=silent)
    statuses.refresh([silent.pk], today=NOW.date())
    listed = {}
    for group in ("needed", "completed", "not-needed"):
        lists = reverse("consent:triage-list", kwargs={"slug": clinic.session.slug, "group": group})
        listed[group] = [row[0] for row in page(nurse_client.get(lists)).rows]
    assert listed == {
        "needed": [],
        "completed": ["Delayed Lee", "Stopped Lee"],
        "not-needed": ["Done Lee", "Silent Lee"],
    }


def test_the_tabs_take_as_many_queries_for_many_children(clinic, answered, nurse_client):
    lists = reverse("consent:triage-list", kwargs={"slug": clinic.session.slug})
    sizes = []
    for size in (2, 23):
        for _ in range(size):
            answered(clinic.child(), "given", health_answers=[ASTHMA])
        sizes.append(count_queries(lambda: nurse_client.get(lists)))
    assert sizes[0] == sizes[1]
