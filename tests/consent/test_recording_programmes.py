"""Recording an answer about a programme with a choice of vaccines."""

import pytest

from consent.models import ConsentResponse
from programmes.models import OrganisationProgramme
from tests.consent.wizard import Wizard

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer(organisation, clinic):
    """`offer("flu")`: the organisation runs the programme and the clinic gives it."""

    def run(programme):
        OrganisationProgramme.objects.get_or_create(
            organisation=organisation, programme_id=programme
        )
        clinic.session.programmes.add(programme)

    return run


@pytest.fixture
def begin(nurse_client, clinic, child, mum, offer):
    """The page of the decision about a programme, as a parent gives it on the phone."""

    def start(programme):
        offer(programme)
        wizard = Wizard(nurse_client, clinic, child, programme=programme)
        return wizard.choose(mum.pk).answer(route="phone")

    return start


FOLLOW_UPS = {"asthma_steroids", "asthma_intensive_care"}


def questions_on(wizard):
    return {radio.get("name") for radio in wizard.shown.all("input", type="radio")}


def answer_no(wizard, **others):
    """No to every question of the page, but for what is said otherwise."""
    return wizard.answer(**(dict.fromkeys(questions_on(wizard), "no") | others))


def test_the_nasal_spray_asks_whether_an_injection_may_replace_it(begin):
    wizard = begin("flu").answer(decision="nasal")
    assert "Select whether the child may have the injection instead" in wizard.shown.errors
    wizard.answer(decision="nasal", injection_instead="yes")
    answer_no(wizard)
    assert wizard.shown.summary["Consent is for"] == "Nasal spray, or injection if not suitable"
    wizard.answer()
    response = ConsentResponse.objects.get()
    assert (response.methods, response.without_gelatine) == (["nasal", "injection"], False)
    assert len(response.health_answers) == 11


def test_asthma_leads_to_follow_ups_on_the_page_and_their_yes_to_triage(begin, child):
    wizard = begin("flu").answer(decision="nasal", injection_instead="no")
    wizard.answer(**dict.fromkeys(questions_on(wizard) - FOLLOW_UPS, "no") | {"asthma": "yes"})
    assert len(wizard.shown.errors) == 2, "only a yes asks for them"
    steroids = {"asthma_steroids": "yes", "asthma_steroids_details": "Prednisolone until Friday"}
    answer_no(wizard, asthma="yes", **steroids)
    assert wizard.step == "triage-flu"
    wizard.answer(outcome="keep").answer()
    response = ConsentResponse.objects.get()
    assert response.methods == ["nasal"]
    assert [a["question"] for a in response.health_answers if a["yes"]] == [
        "asthma",
        "asthma_steroids",
    ]
    assert child.statuses.get(programme="flu").triage == "needed"


def test_another_method_keeps_the_answers_that_still_apply_and_asks_the_rest(begin):
    wizard = begin("flu").answer(decision="nasal", injection_instead="no")
    answer_no(wizard, other_conditions="yes", other_conditions_details="Eczema")
    wizard.open("decision").answer(decision="injection")
    assert wizard.shown.h1 == "Health questions"
    assert "Eczema" in wizard.shown.text
    answer_no(wizard, other_conditions="yes", other_conditions_details="Eczema")
    wizard.answer(outcome="safe_injection")
    assert wizard.shown.summary["Consent is for"] == "Injection only"
    wizard.answer()
    response = ConsentResponse.objects.get()
    assert (response.methods, response.without_gelatine) == (["injection"], True)
    assert len(response.health_answers) == 5


def test_mmr_may_be_agreed_to_without_gelatine_only(begin):
    wizard = begin("mmr").answer(decision="given", gelatine="without")
    assert "gelatine_anaphylaxis" not in questions_on(wizard)
    answer_no(wizard)
    wizard.answer()
    response = ConsentResponse.objects.get()
    assert (response.methods, response.without_gelatine) == (["injection"], True)
    assert len(response.health_answers) == 9


def test_gelatine_is_a_reason_that_needs_no_details(begin):
    wizard = begin("flu").answer(decision="refused")
    wizard.answer(reason="contains_gelatine")
    assert wizard.shown.h1 == "Check and confirm answers"
    wizard.answer()
    assert ConsentResponse.objects.get().reason == "contains_gelatine"


def test_a_clinic_offers_no_reason_about_school_and_hpv_none_about_gelatine(begin):
    shown = begin("hpv").answer(decision="refused").shown
    assert "Personal choice" in shown.text
    assert "at school" not in shown.text
    assert "gelatine" not in shown.text


def test_an_organisation_may_leave_other_conditions_out_of_triage(begin, organisation, child):
    organisation.triages_other_conditions = False
    organisation.save()
    wizard = begin("flu").answer(decision="injection")
    answer_no(wizard, other_conditions="yes", other_conditions_details="Eczema").answer()
    assert child.statuses.get(programme="flu").triage == "not_needed"
