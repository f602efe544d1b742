"""Get consent response: the pages, and what confirming keeps."""

import threading
from uuid import uuid4

import pytest
from django.db import connection
from django.urls import reverse

from activity.models import Entry
from cohorts.models import Parent, ParentRelationship
from consent.models import ConsentResponse, ResponseDraft
from consent.questions import current_set
from consent.services.responses import (
    Answer,
    ContactGone,
    DraftGone,
    ResponseNotPossible,
    record_response,
)
from programmes.models import Programme
from sessions_app.models import ProgrammeStatus
from tests import factories
from tests.pages import page
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db

NOW = at("2027-01-12T10:00")
HEALTH = {question.key: "no" for question in current_set("hpv").questions}
JANE = {
    "full_name": "Jane Smith",
    "kind": "mother",
    "email": " Jane@Example.com",
    "phone": "07987 654321",
}


def names(clinic, child):
    return {"slug": clinic.session.slug, "public_id": child.public_id}


class Wizard:
    """A nurse with the journey open: each answer follows the redirect to the next page."""

    def __init__(self, client, clinic, child, programme="hpv"):
        self.client = client
        start = reverse(
            "consent:start-response", kwargs=names(clinic, child) | {"programme": programme}
        )
        self.shown = self.follow(client.post(start))

    def follow(self, response):
        while response.status_code == 302:
            self.address = response["Location"]
            response = self.client.get(self.address)
        return page(response, names_person="responses" not in self.address)

    def answer(self, **data):
        response = self.client.post(self.address, data)
        self.shown = self.follow(response)
        return self

    def open(self, step):
        self.address = self.address.rsplit("/", 2)[0] + f"/{step}/"
        self.shown = self.follow(self.client.get(self.address))
        return self

    @property
    def step(self):
        return self.address.rstrip("/").rsplit("/", 1)[1]


@pytest.fixture
def child(clinic):
    return clinic.child(given_name="Jo", family_name="Lee")


@pytest.fixture
def mum(child):
    return child.relationships.get().parent


@pytest.fixture
def wizard(nurse_client, clinic, child):
    return Wizard(nurse_client, clinic, child)


def given(wizard, mum):
    """Everything answered with a yes; the check page is open."""
    return (
        wizard.answer(contact=mum.pk)
        .answer(route="phone")
        .answer(decision="given")
        .answer(**HEALTH)
    )


def status(child):
    return ProgrammeStatus.objects.get(child=child, programme_id="hpv", academic_year=2026)


def test_a_known_parent_agrees_by_phone(clinic, child, mum, nurse, nurse_client, wizard):
    assert wizard.shown.h1 == "Who are you getting a response from?"
    assert "07700 900" in wizard.shown.text
    assert mum.email in wizard.shown.text
    wizard.answer(contact=mum.pk)
    assert wizard.shown.h1 == "How was the response given?"
    wizard.answer(route="phone")
    assert wizard.shown.h1 == "Do they agree to them having the HPV vaccination?"
    wizard.answer(decision="given")
    assert wizard.shown.h1 == "Health questions"
    wizard.answer(**HEALTH)
    assert wizard.shown.h1 == "Check and confirm answers"
    assert wizard.shown.summary["Decision"] == "Consent given"
    assert wizard.shown.summary["Name"] == mum.full_name
    assert not ConsentResponse.objects.exists()

    wizard.answer()

    assert wizard.shown.banner == "Consent response recorded."
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
    wizard.answer(**JANE).answer(route="paper").answer(decision="given").answer(**HEALTH)
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


def test_another_relationship_needs_its_name_and_responsibility(child, wizard):
    carer = JANE | {"kind": "other"}
    wizard.answer(contact="new").answer(**carer)
    assert set(wizard.shown.errors) == {
        "Enter the relationship to the child",
        "Select whether they have parental responsibility",
    }
    wizard.answer(**carer, other_name="Carer", has_responsibility="no")
    assert list(wizard.shown.errors) == [
        "Only somebody with parental responsibility can give or refuse consent"
    ]
    wizard.answer(**carer, other_name="Carer", has_responsibility="yes")
    wizard.answer(route="phone").answer(decision="not_provided").answer()
    relationship = ParentRelationship.objects.get(parent__full_name="Jane Smith")
    assert (relationship.kind, relationship.other_name) == ("other", "Carer")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"full_name": ""}, "Enter full name"),
        ({"full_name": "\u200b"}, "Enter full name"),
        ({"full_name": "<script>"}, "Full name must only include"),
        ({"full_name": "x" * 301}, "Full name must be 300 characters or"),
        ({"kind": ""}, "Select relationship to child"),
        ({"email": "", "phone": ""}, "Enter an email address or a phone number"),
        ({"email": "jane@example.com."}, "Email address must be in the right format"),
        ({"email": "jane..smith@example.com"}, "Email address must be in the right format"),
        ({"phone": "12"}, "Phone number must be a real number"),
    ],
)
def test_bad_contact_details_are_refused_beside_their_field_and_kept(wizard, changes, error):
    wizard.answer(contact="new").answer(**JANE | changes)
    [found] = wizard.shown.errors
    assert found.startswith(error)
    assert wizard.shown.values["full_name"] == (JANE | changes)["full_name"].replace(
        "\u200b", "\u200b"
    )


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ([], "Select who you are getting a response from"),
        (["who"], "Select how the response was given"),
        (["who", "route"], "Select whether they agree"),
    ],
)
def test_each_question_needs_an_answer(wizard, mum, answers, error):
    replies = {"who": {"contact": mum.pk}, "route": {"route": "phone"}}
    for name in answers:
        wizard.answer(**replies[name])
    wizard.answer()
    assert list(wizard.shown.errors) == [error]
    wizard.answer(contact="999999", route="online", decision="maybe")
    assert len(wizard.shown.errors) == 1


def test_a_refusal_asks_for_the_reason_and_its_details(child, wizard, mum):
    wizard.answer(contact=mum.pk).answer(route="in_person").answer(decision="refused")
    assert wizard.shown.h1 == "Why are they refusing to give consent?"
    wizard.answer()
    assert list(wizard.shown.errors) == ["Select why they are refusing to give consent"]
    wizard.answer(reason="medical")
    assert wizard.shown.h1 == "What medical reasons prevent their child from being vaccinated?"
    wizard.answer(notes="x" * 1001)
    assert list(wizard.shown.errors) == ["Details must be 1000 characters or less"]
    wizard.answer(notes="Under a\nspecialist")
    assert wizard.shown.summary["Reason for refusal"] == "Medical reasons"
    assert wizard.shown.summary["Details"] == "Under aspecialist"
    wizard.answer()
    response = ConsentResponse.objects.get()
    assert (response.decision, response.reason) == ("refused", "medical")
    assert response.notes.splitlines() == ["Under a", "specialist"]
    assert response.health_answers == []
    assert status(child).consent == "refused"
    assert Entry.objects.get(kind="consent").title == f"Consent refused by {mum.full_name} (Mum)"


def test_personal_choice_needs_no_details(wizard, mum):
    wizard.answer(contact=mum.pk).answer(route="phone").answer(decision="refused")
    wizard.answer(reason="personal")
    assert wizard.step == "check"


def test_e34_no_response_is_kept_but_counts_for_nothing(child, wizard, mum):
    wizard.answer(contact=mum.pk).answer(route="phone").answer(decision="not_provided")
    assert wizard.step == "check"
    wizard.answer()
    assert ConsentResponse.objects.get().decision == "not_provided"
    assert status(child).consent == "no_response"
    assert Entry.objects.get(kind="consent").title == f"No response from {mum.full_name} (Mum)"


def test_each_health_question_needs_an_answer_and_a_yes_needs_details(child, wizard, mum):
    wizard.answer(contact=mum.pk).answer(route="phone").answer(decision="given").answer()
    assert len(wizard.shown.errors) == 6
    wizard.answer(**HEALTH | {"severe_allergies": "yes"})
    assert list(wizard.shown.errors) == ["Give details: Does your child have any severe allergies?"]
    details = "Nuts <b>&\n\u202emore"
    wizard.answer(**HEALTH | {"severe_allergies": "yes"}, severe_allergies_details="x" * 1001)
    assert len(wizard.shown.errors) == 1
    wizard.answer(**HEALTH | {"severe_allergies": "yes"}, severe_allergies_details=details)
    assert wizard.shown.summary["Does your child have any severe allergies?"].startswith(
        "Yes: Nuts <b>&"
    )
    wizard.answer()
    assert "Needs triage" in wizard.shown.text
    assert (status(child).consent, status(child).triage) == ("given", "needed")


def test_extra_support_calls_for_no_triage(child, wizard, mum):
    wizard.answer(contact=mum.pk).answer(route="phone").answer(decision="given")
    wizard.answer(**HEALTH | {"extra_support": "yes"}, extra_support_details="Quiet room").answer()
    assert status(child).triage == "not_needed"


def test_change_comes_back_to_the_check_by_way_of_what_it_now_asks(wizard, mum):
    given(wizard, mum)
    wizard.open("route").answer(route="paper")
    assert wizard.step == "check"
    assert wizard.shown.summary["How the response was given"] == "Paper"
    wizard.open("decision").answer(decision="refused")
    assert wizard.step == "reason"
    wizard.answer(reason="other").answer(notes="Because")
    assert wizard.step == "check"
    wizard.open("reason").answer(reason="medical")
    assert wizard.step == "notes", "notes belong to their reason"
    wizard.open("decision").answer(decision="given")
    assert wizard.step == "health", "health answers were dropped with the refusal"
    wizard.answer(**HEALTH).answer()
    response = ConsentResponse.objects.get()
    assert (response.reason, response.notes, response.route) == ("", "", "paper")


def test_what_was_answered_is_shown_again(wizard, mum):
    given(wizard, mum)
    assert wizard.open("route").shown.values["route"] == "phone"
    assert wizard.open("health").shown.values["severe_allergies"] == "no"
    assert wizard.open("who").shown.values["contact"] == str(mum.pk)


def test_pages_cannot_be_skipped(wizard, mum):
    wizard.open("check")
    assert wizard.step == "who"
    wizard.open("health")
    assert wizard.step == "who"
    wizard.answer(contact=mum.pk).open("check")
    assert wizard.step == "route"


def test_confirming_looks_at_every_answer_again(child, wizard, mum):
    given(wizard, mum)
    child.relationships.all().delete()
    wizard.answer()
    assert wizard.step == "who"
    assert not ConsentResponse.objects.exists()


def test_back_links_lead_one_page_back_and_from_the_first_to_the_child(clinic, child, wizard, mum):
    record = reverse("consent:child", kwargs=names(clinic, child))
    assert wizard.shown.links["Back"] == record
    wizard.answer(contact=mum.pk)
    assert wizard.shown.links["Back"].endswith("/who/")
    wizard.answer(route="phone").answer(decision="given").answer(**HEALTH)
    assert wizard.shown.links["Back"].endswith("/health/")


def test_two_tabs_do_not_mix(nurse_client, clinic, child, mum):
    other = clinic.child(given_name="Al", family_name="Roy")
    one = Wizard(nurse_client, clinic, child)
    two = Wizard(nurse_client, clinic, other)
    one.answer(contact=mum.pk)
    two.answer(contact=other.relationships.get().parent_id)
    one.answer(route="phone").answer(decision="not_provided")
    two.answer(route="paper").answer(decision="refused").answer(reason="personal").answer()
    one.answer()
    routes = dict(ConsentResponse.objects.values_list("child_id", "route"))
    assert routes == {child.pk: "phone", other.pk: "paper"}


def test_a_double_click_on_confirm_records_once(wizard, mum):
    check = given(wizard, mum).address
    for _ in range(2):
        wizard.address = check
        wizard.answer()
        assert wizard.shown.banner == "Consent response recorded."
    assert ConsentResponse.objects.count() == 1
    assert Entry.objects.filter(kind="consent").count() == 1


@pytest.mark.django_db(transaction=True)
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
                contact=mum.pk,
                answer=Answer(route="phone", decision="refused", reason="personal"),
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


def test_a_draft_is_its_owners_alone(administrator_client, clinic, child, wizard):
    response = administrator_client.get(wizard.address, follow=True)
    assert "That response was not recorded" in page(response, names_person=True).banner


def test_a_draft_opens_under_its_own_child_only(clinic, wizard, child, nurse_client):
    other = clinic.child()
    address = wizard.address.replace(str(child.public_id), str(other.public_id))
    response = nurse_client.get(address, follow=True)
    assert "That response was not recorded" in page(response, names_person=True).banner


def test_e31_nothing_is_recorded_once_the_session_is_closed(clinic, wizard, mum, nurse):
    given(wizard, mum)
    clinic.session.closed_at = NOW
    clinic.session.closed_by = nurse
    clinic.session.save()
    wizard.answer()
    assert "this session is closed" in wizard.shown.banner
    assert not ConsentResponse.objects.exists()


def test_e31_a_journey_cannot_begin_for_a_closed_session(clinic, child, nurse_client, nurse):
    clinic.session.closed_at = NOW
    clinic.session.save()
    wizard = Wizard(nurse_client, clinic, child)
    assert "this session is closed" in wizard.shown.banner
    assert not ResponseDraft.objects.exists()


def test_a_sensitive_childs_contacts_show_no_details(child, clinic, mum, nurse_client):
    child.restricted_at = NOW
    child.save()
    shown = Wizard(nurse_client, clinic, child).shown
    assert mum.full_name in shown.text
    assert mum.email not in shown.text
    assert "07700" not in shown.text


def test_an_earlier_responder_may_answer_again(clinic, child, answered, nurse_client):
    former = answered(child, "given", parent_name="Gran", relationship="Grandmother").parent
    wizard = Wizard(nurse_client, clinic, child)
    assert f"{former.full_name} (Grandmother)" in wizard.shown.text
    wizard.answer(contact=former.pk).answer(route="phone").answer(decision="refused")
    wizard.answer(reason="personal").answer()
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
    wizard = Wizard(nurse_client, clinic, child).answer(contact=twin.parent_id)
    wizard.answer(route="phone").answer(decision="refused").answer(reason="personal").answer()
    assert status(child).consent == "conflicts"


def test_e32_each_programme_has_its_own_answer(clinic, organisation, nurse_client):
    menacwy = Programme.objects.get(key="menacwy")
    clinic.session.programmes.add(menacwy)
    organisation.programmes.add(menacwy)
    child = clinic.child(birth_academic_year=2012)
    wizard = Wizard(nurse_client, clinic, child, programme="menacwy")
    wizard.answer(contact=child.relationships.get().parent_id).answer(route="phone")
    wizard.answer(decision="refused").answer(reason="personal").answer()
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


@pytest.mark.parametrize("programme", ["flu", "mmr", "nonsense"])
def test_programmes_without_questions_or_outside_the_session_are_not_found(
    clinic, child, nurse_client, programme
):
    start = reverse(
        "consent:start-response", kwargs=names(clinic, child) | {"programme": programme}
    )
    assert nurse_client.post(start).status_code == 404


def test_another_organisation_finds_nothing(clinic, child, wizard, client_elsewhere):
    start = reverse("consent:start-response", kwargs=names(clinic, child) | {"programme": "hpv"})
    assert client_elsewhere.post(start).status_code == 404
    assert client_elsewhere.get(wizard.address).status_code == 404
    assert client_elsewhere.post(wizard.address, {"contact": "new"}).status_code == 404


def test_unknown_steps_are_not_found(wizard):
    address = wizard.address.replace("/who/", "/nonsense/")
    assert wizard.client.get(address).status_code == 404


def test_the_service_refuses_strangers_and_spent_drafts(clinic, child, nurse):
    draft = ResponseDraft.objects.create(
        owner=nurse, session=clinic.session, child=child, programme_id="hpv"
    )
    stranger = factories.ParentFactory(organisation=child.organisation)
    answer = Answer(route="phone", decision="not_provided")
    with pytest.raises(ContactGone):
        record_response(draft_id=draft.pk, contact=stranger.pk, answer=answer, now=NOW, by=nurse)
    with pytest.raises(DraftGone):
        record_response(draft_id=uuid4(), contact=stranger.pk, answer=answer, now=NOW, by=nurse)
    clinic.session.programmes.clear()
    with pytest.raises(ResponseNotPossible):
        record_response(draft_id=draft.pk, contact=stranger.pk, answer=answer, now=NOW, by=nurse)
