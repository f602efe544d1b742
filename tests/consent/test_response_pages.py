"""Get consent response, page by page."""

import pytest
from django.urls import reverse

from activity.models import Entry
from cohorts.models import ParentRelationship
from consent.models import ConsentResponse, ResponseDraft
from tests.consent.wizard import HEALTH, JANE, Wizard, given, names, on_paper, status
from tests.pages import page
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db
NOW = at("2027-01-12T10:00")


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


def test_a_stored_phone_number_is_filled_in_as_people_write_it(wizard, mum):
    mum.phone = "+447700900123"
    mum.save()
    wizard.answer(contact=mum.pk)
    assert wizard.shown.values["phone"] == "07700 900123"


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ([], "Select who you are getting a response from"),
        (["who"], "Select how the response was given"),
        (["who", "route"], "Select whether they agree"),
    ],
)
def test_each_question_needs_an_answer(wizard, mum, answers, error):
    if "who" in answers:
        wizard.choose(mum.pk)
    if "route" in answers:
        wizard.answer(route="phone")
    wizard.answer()
    assert list(wizard.shown.errors) == [error]
    wizard.answer(contact="999999", route="online", decision="maybe")
    assert len(wizard.shown.errors) == 1


def test_a_refusal_asks_for_the_reason_and_its_details(child, wizard, mum):
    wizard.choose(mum.pk).answer(route="in_person").answer(decision="refused")
    assert wizard.shown.h1 == "Why are they refusing to give consent for the HPV vaccination?"
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
    wizard.choose(mum.pk).answer(route="phone").answer(decision="refused")
    wizard.answer(reason="personal").answer(send="yes")
    assert wizard.step == "check"


def test_each_health_question_needs_an_answer_and_a_yes_needs_details(child, wizard, mum):
    wizard.choose(mum.pk).answer(route="phone").answer(decision="given").answer()
    assert len(wizard.shown.errors) == 6
    wizard.answer(**HEALTH | {"severe_allergies": "yes"})
    assert list(wizard.shown.errors) == ["Give details: Does your child have any severe allergies?"]
    details = "Nuts <b>&\n\u202emore"
    wizard.answer(**HEALTH | {"severe_allergies": "yes"}, severe_allergies_details="x" * 1001)
    assert len(wizard.shown.errors) == 1
    wizard.answer(**HEALTH | {"severe_allergies": "yes"}, severe_allergies_details=details)
    wizard.answer(outcome="keep")
    assert wizard.shown.summary["Does your child have any severe allergies?"].startswith(
        "Yes: Nuts <b>&"
    )
    wizard.answer()
    assert "Needs triage" in wizard.shown.text
    assert (status(child).consent, status(child).triage) == ("given", "needed")


def test_change_comes_back_to_the_check_by_way_of_what_it_now_asks(wizard, mum):
    given(wizard, mum)
    wizard.open("route").answer(**on_paper(NOW.date()))
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
    wizard.choose(mum.pk).open("check")
    assert wizard.step == "route"


def test_back_links_lead_one_page_back_and_from_the_first_to_the_child(clinic, child, wizard, mum):
    record = reverse("consent:child", kwargs=names(clinic, child))
    assert wizard.shown.links["Back"] == record
    wizard.choose(mum.pk)
    assert wizard.shown.links["Back"].endswith("/details/")
    wizard.answer(route="phone").answer(decision="given").answer(**HEALTH)
    assert wizard.shown.links["Back"].endswith("/health/")


def test_two_tabs_do_not_mix(nurse_client, clinic, child, mum):
    other = clinic.child(given_name="Al", family_name="Roy")
    one = Wizard(nurse_client, clinic, child)
    two = Wizard(nurse_client, clinic, other)
    one.choose(mum.pk)
    two.choose(other.relationships.get().parent_id)
    one.answer(route="phone").answer(decision="not_provided")
    two.answer(**on_paper(NOW.date())).answer(decision="refused").answer(reason="personal").answer(
        send="yes"
    ).answer()
    one.answer()
    routes = dict(ConsentResponse.objects.values_list("child_id", "route"))
    assert routes == {child.pk: "phone", other.pk: "paper"}


def test_a_draft_is_its_owners_alone(administrator_client, clinic, child, wizard):
    response = administrator_client.get(wizard.address, follow=True)
    assert "That response was not recorded" in page(response, names_person=True).banner


def test_a_draft_opens_under_its_own_child_only(clinic, wizard, child, nurse_client):
    other = clinic.child()
    address = wizard.address.replace(str(child.public_id), str(other.public_id))
    response = nurse_client.get(address, follow=True)
    assert "That response was not recorded" in page(response, names_person=True).banner


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


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ({"email": "new@example.com"}, ("new@example.com", "+447700900123", True)),
        ({"phone": "07987 654321"}, ("mum@example.com", "+447987654321", False)),
        ({"email": "new@example.com", "texts": "true"}, ("new@example.com", "+447700900123", True)),
    ],
)
def test_what_is_hidden_of_a_sensitive_record_is_replaced_by_nothing(
    child, clinic, mum, nurse_client, typed, kept
):
    child.restricted_at = NOW
    child.save()
    mum.email, mum.phone, mum.wants_text_updates = "mum@example.com", "+447700900123", True
    mum.save()
    wizard = Wizard(nurse_client, clinic, child).answer(contact=mum.pk)
    wizard.answer(**{"email": "", "phone": ""} | typed).answer(replace="yes")
    wizard.answer(route="phone").answer(decision="given").answer(**HEALTH)
    for stored in {"mum@example.com", "07700 900123"} - set(typed.values()):
        assert stored not in wizard.shown.text
    assert "Hidden because this record is flagged as sensitive" in wizard.shown.text
    wizard.answer()
    response = ConsentResponse.objects.get()
    mum.refresh_from_db()
    assert (response.email, response.phone) == kept[:2]
    assert (mum.email, mum.phone, mum.wants_text_updates) == kept


def test_texts_need_a_number_also_where_the_address_is_hidden(child, clinic, mum, nurse_client):
    child.restricted_at = NOW
    child.save()
    mum.email, mum.phone, mum.wants_text_updates = "mum@example.com", "", False
    mum.save()
    wizard = Wizard(nurse_client, clinic, child).answer(contact=mum.pk)
    wizard.answer(email="", phone="", texts="true")
    assert list(wizard.shown.errors) == ["Enter a phone number to get updates by text message"]


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
