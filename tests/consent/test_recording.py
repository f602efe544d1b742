"""What confirming a response keeps, once."""

import threading
from uuid import uuid4

import pytest
from django.db import connection
from django.urls import reverse

from activity.models import Entry
from cohorts.models import Parent
from consent.models import ConsentResponse, ResponseDraft
from consent.services.contacts import Details
from consent.services.responses import (
    Answer,
    DraftGone,
    Given,
    ResponseNotPossible,
    forget_drafts,
    record_response,
)
from consent.services.who_answers import ContactGone, KnownParent
from programmes.models import Programme
from sessions_app.models import ProgrammeStatus
from tests import factories
from tests.consent.wizard import HEALTH, JANE, Wizard, given, on_paper, status
from tests.pages import page
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db
NOW = at("2027-01-12T10:00")


def by_phone(parent, **answer):
    who = KnownParent(parent.pk, Details(parent.email, parent.phone))
    return Given(who=who, route="phone", answers=[Answer(programme="hpv", **answer)])


def test_a_known_parent_agrees_by_phone(clinic, child, mum, nurse, nurse_client, wizard):
    assert wizard.shown.h1 == "Who are you getting a response from?"
    assert "07700 900" in wizard.shown.text
    assert mum.email in wizard.shown.text
    wizard.choose(mum.pk)
    assert wizard.shown.h1 == "How was the response given?"
    wizard.answer(route="phone")
    assert wizard.shown.h1 == (
        f"Does {mum.full_name} agree to {child.full_name} having the HPV vaccination?"
    )
    assert wizard.shown.title.startswith("Agree or refuse: HPV vaccination")
    wizard.answer(decision="given")
    assert wizard.shown.h1 == "Health questions"
    wizard.answer(**HEALTH)
    assert wizard.shown.h1 == "Check and confirm answers"
    assert wizard.shown.summary["Decision"] == "Consent given"
    assert wizard.shown.summary["Name"] == mum.full_name
    assert not ConsentResponse.objects.exists()

    wizard.answer()

    assert wizard.shown.banner == "Consent recorded for Jo Lee."
    assert "Ready for nurse" in wizard.shown.text
    response = ConsentResponse.objects.get()
    assert (response.decision, response.route) == ("given", "phone")
    assert (response.parent, response.parent_name) == (mum, mum.full_name)
    assert response.relationship == "Mum"
    assert (response.recorded_by, response.responded_at) == (nurse, NOW)
    assert (response.programme_id, response.academic_year) == ("hpv", 2026)
    assert [answer["yes"] for answer in response.health_answers] == [False] * 6
    assert status(child).consent == "given"
    entry = Entry.objects.get(kind="consent")
    assert entry.title == f"Consent given by {mum.full_name} (Mum)"
    assert (entry.actor, entry.session_id) == (nurse, clinic.session.pk)
    assert entry.body == "HPV, by phone"
    assert not ResponseDraft.objects.exists()

    tabs = page(
        nurse_client.get(reverse("consent:responses", kwargs={"slug": clinic.session.slug}))
    ).tabs
    assert list(tabs)[:2] == ["No response 0", "Consent given 1"]


def test_a_new_contact_becomes_a_parent_of_the_child(child, wizard):
    wizard.answer(contact="new")
    assert wizard.shown.h1 == "Details for parent or guardian"
    wizard.answer(**JANE).answer(**on_paper(NOW.date())).answer(decision="given").answer(**HEALTH)
    assert wizard.shown.summary["Phone number"] == "07987 654321"
    wizard.answer()
    jane = Parent.objects.get(full_name="Jane Smith")
    assert (jane.email, jane.phone) == ("jane@example.com", "+447987654321")
    assert jane.organisation == child.organisation
    assert child.relationships.get(parent=jane).kind == "mother"
    assert ConsentResponse.objects.get().parent == jane
    titles = set(Entry.objects.filter(child=child).values_list("title", flat=True))
    assert "Parent or guardian added: Jane Smith (Mum)" in titles
    assert "Consent given by Jane Smith (Mum)" in titles


def test_a_contact_who_is_known_after_all_is_not_added_twice(child, wizard):
    parent = factories.ParentFactory(
        organisation=child.organisation, full_name="JANE SMITH", email="jane@example.com", phone=""
    )
    factories.RelationshipFactory(child=child, parent=parent, kind="guardian")
    wizard.answer(contact="new").answer(**JANE).answer(route="phone")
    wizard.answer(decision="not_provided").answer()
    parent.refresh_from_db()
    assert parent.phone == "+447987654321", "the blank is filled"
    response = ConsentResponse.objects.get()
    assert (response.parent, response.relationship) == (parent, "Guardian")


def test_e07_somebody_else_with_the_same_address_is_another_person(child, wizard):
    parent = factories.ParentFactory(
        organisation=child.organisation, full_name="Joan Smith", email="jane@example.com"
    )
    factories.RelationshipFactory(child=child, parent=parent)
    wizard.answer(contact="new").answer(**JANE).answer(route="phone")
    wizard.answer(decision="not_provided").answer()
    assert ConsentResponse.objects.get().parent != parent
    assert Parent.objects.filter(email="jane@example.com").count() == 2


def test_e34_no_response_is_kept_but_counts_for_nothing(child, wizard, mum):
    wizard.choose(mum.pk).answer(route="phone").answer(decision="not_provided")
    assert wizard.step == "check"
    wizard.answer()
    assert ConsentResponse.objects.get().decision == "not_provided"
    assert status(child).consent == "no_response"
    assert (
        Entry.objects.get(kind="consent").title == f"Consent not provided by {mum.full_name} (Mum)"
    )


def test_extra_support_calls_for_no_triage(child, wizard, mum):
    wizard.choose(mum.pk).answer(route="phone").answer(decision="given")
    wizard.answer(**HEALTH | {"extra_support": "yes"}, extra_support_details="Quiet room").answer()
    assert status(child).triage == "not_needed"


def test_confirming_looks_at_every_answer_again(child, wizard, mum):
    given(wizard, mum)
    child.relationships.all().delete()
    wizard.answer()
    assert wizard.step == "who"
    assert not ConsentResponse.objects.exists()


def test_a_double_click_on_confirm_records_once(wizard, mum):
    check = given(wizard, mum).address
    for _ in range(2):
        wizard.address = check
        wizard.answer()
        assert wizard.shown.banner == "Consent recorded for Jo Lee."
    assert ConsentResponse.objects.count() == 1
    assert Entry.objects.filter(kind="consent").count() == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_confirms_at_the_same_moment_record_once(clinic, child, mum, nurse):
    draft = ResponseDraft.objects.create(
        owner=nurse, session=clinic.session, child=child, programme_id="hpv"
    )
    together = threading.Barrier(4)
    recorded = []

    def confirm():
        together.wait()
        try:
            response = record_response(
                draft_id=draft.pk,
                given=by_phone(mum, decision="refused", reason="personal"),
                now=NOW,
                by=nurse,
            )
            recorded.append(response.pk)
        finally:
            connection.close()

    clicks = [threading.Thread(target=confirm) for _ in range(4)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()
    assert len(recorded) == 4
    assert len(set(recorded)) == ConsentResponse.objects.count() == 1


def test_e31_nothing_is_recorded_once_the_session_is_closed(clinic, wizard, mum, nurse):
    given(wizard, mum)
    clinic.session.closed_at = NOW
    clinic.session.closed_by = nurse
    clinic.session.save()
    wizard.answer()
    assert "this session is closed" in wizard.shown.banner
    assert not ConsentResponse.objects.exists()


def test_an_earlier_responder_may_answer_again(clinic, child, answered, nurse_client):
    former = answered(child, "given", parent_name="Gran", relationship="Grandmother").parent
    wizard = Wizard(nurse_client, clinic, child)
    assert f"{former.full_name} (Grandmother)" in wizard.shown.text
    wizard.choose(former.pk).answer(route="phone").answer(decision="refused")
    wizard.answer(reason="personal").answer(send="yes").answer()
    assert status(child).consent == "refused"


def test_e33_parents_of_one_name_stay_two(clinic, child, mum, nurse_client):
    twin = factories.RelationshipFactory(
        child=child,
        kind="father",
        parent=factories.ParentFactory(
            organisation=child.organisation, full_name=mum.full_name, email="other@example.com"
        ),
    )
    given(Wizard(nurse_client, clinic, child), mum).answer()
    wizard = Wizard(nurse_client, clinic, child).choose(twin.parent_id)
    wizard.answer(route="phone").answer(decision="refused").answer(reason="personal").answer(
        send="yes"
    ).answer()
    assert status(child).consent == "conflicts"


def test_e32_each_programme_has_its_own_answer(clinic, organisation, nurse_client):
    menacwy = Programme.objects.get(key="menacwy")
    clinic.session.programmes.add(menacwy)
    organisation.programmes.add(menacwy)
    child = clinic.child(birth_academic_year=2012)
    wizard = Wizard(nurse_client, clinic, child, programme="menacwy")
    wizard.choose(child.relationships.get().parent_id).answer(route="phone")
    wizard.answer(decision="refused").answer(reason="personal").answer(send="yes").answer()
    consents = dict(
        ProgrammeStatus.objects.filter(child=child).values_list("programme_id", "consent")
    )
    assert consents == {"hpv": "no_response", "menacwy": "refused"}


def test_a_new_contact_makes_a_child_invitable_at_once(clinic, nurse_client):
    child = clinic.child(parents=0)
    assert not clinic.invitations(child)
    wizard = Wizard(nurse_client, clinic, child).answer(contact="new").answer(**JANE)
    wizard.answer(route="phone").answer(decision="not_provided").answer()
    assert clinic.invitations(child)


def test_the_service_refuses_strangers_and_spent_drafts(clinic, child, nurse):
    draft = ResponseDraft.objects.create(
        owner=nurse, session=clinic.session, child=child, programme_id="hpv"
    )
    stranger = factories.ParentFactory(organisation=child.organisation)
    given = by_phone(stranger, decision="not_provided")
    with pytest.raises(ContactGone):
        record_response(draft_id=draft.pk, given=given, now=NOW, by=nurse)
    with pytest.raises(DraftGone):
        record_response(draft_id=uuid4(), given=given, now=NOW, by=nurse)
    clinic.session.programmes.clear()
    with pytest.raises(ResponseNotPossible):
        record_response(draft_id=draft.pk, given=given, now=NOW, by=nurse)


def test_drafts_nobody_went_on_with_are_forgotten(wizard, morning):
    assert forget_drafts(before=at("2027-01-12T09:59")) == 0
    assert forget_drafts(before=at("2027-01-12T10:01")) == 1
    assert not ResponseDraft.objects.exists()
