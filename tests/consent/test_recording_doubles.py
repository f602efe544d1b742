"""Two vaccinations that are given together are answered at once. Consent §14.3, 29."""

import pytest
from django.urls import reverse

from consent.models import ConsentResponse, ResponseDraft
from consent.replies import GIVEN, REFUSED
from programmes.models import Programme
from tests.consent.test_recording_scenarios import told
from tests.consent.wizard import Wizard

pytestmark = pytest.mark.django_db


@pytest.fixture
def doubles(organisation, clinic, child):
    for programme in Programme.objects.filter(key__in=("menacwy", "td_ipv")):
        organisation.programmes.add(programme)
        clinic.session.programmes.add(programme)
    child.birth_academic_year = 2012
    child.save()


def test_consent_14_29_two_given_together_are_answered_at_once(
    clinic, child, mum, doubles, nurse_client
):
    page_of_child = reverse(
        "consent:child", kwargs={"slug": clinic.session.slug, "public_id": child.public_id}
    )
    assert "menacwy-td_ipv" in nurse_client.get(page_of_child).content.decode()
    wizard = Wizard(nurse_client, clinic, child, programme="menacwy-td_ipv")
    wizard.choose(mum.pk).answer(route="phone")
    assert wizard.shown.h1 == (
        f"Does {mum.full_name} agree to {child.full_name} having the MenACWY and Td/IPV "
        "vaccinations?"
    )
    wizard.answer()
    assert list(wizard.shown.errors) == ["Select whether they agree"]
    wizard.answer(decision="one")
    assert list(wizard.shown.errors) == ["Select which vaccination they agree to"]
    wizard.answer(decision="both")
    asked = [radio.get("name") for radio in wizard.shown.all("input", type="radio")]
    assert len(set(asked)) == 6
    wizard.answer(**dict.fromkeys(asked, "no"))
    wizard.open("decision").answer(decision="one", chosen="menacwy")
    assert wizard.shown.h1 == "Why are they refusing to give consent for the Td/IPV vaccination?"
    wizard.answer(reason="other").answer(notes="Had enough")
    assert wizard.shown.summary["Decision on Td/IPV"] == "Consent refused"
    wizard.answer()
    kept = dict(ConsentResponse.objects.values_list("programme_id", "decision"))
    assert kept == {"menacwy": "given", "td_ipv": "refused"}
    answers = dict(ConsentResponse.objects.values_list("programme_id", "health_answers"))
    assert (len(answers["menacwy"]), answers["td_ipv"]) == (5, [])
    assert told() == [
        (GIVEN, "email", mum.email),
        (REFUSED, "email", mum.email),
    ]
    assert not ResponseDraft.objects.exists()


def test_another_vaccination_refused_is_asked_for_a_reason_of_its_own(
    clinic, child, mum, doubles, nurse_client
):
    wizard = Wizard(nurse_client, clinic, child, programme="menacwy-td_ipv")
    wizard.choose(mum.pk).answer(route="phone").answer(decision="one", chosen="menacwy")
    asked = [radio.get("name") for radio in wizard.shown.all("input", type="radio")]
    wizard.answer(**dict.fromkeys(asked, "no"))
    wizard.answer(reason="other").answer(notes="Had Td/IPV at the GP")
    assert wizard.step == "check"
    wizard.open("decision").answer(decision="one", chosen="td_ipv")
    asked = [radio.get("name") for radio in wizard.shown.all("input", type="radio")]
    wizard.answer(**dict.fromkeys(asked, "no"))
    assert wizard.shown.h1 == "Why are they refusing to give consent for the MenACWY vaccination?"
    wizard.answer(reason="other")
    assert wizard.step == "notes"
    assert wizard.shown.values["notes"] == ""


def test_each_of_two_is_triaged_for_itself(clinic, child, mum, doubles, nurse_client):
    wizard = Wizard(nurse_client, clinic, child, programme="menacwy-td_ipv")
    wizard.choose(mum.pk).answer(route="phone")
    wizard.answer(decision="both")
    asked = {radio.get("name") for radio in wizard.shown.all("input", type="radio")}
    recent = {"td_ipv_last_5_years": "yes", "td_ipv_last_5_years_details": "2025"}
    wizard.answer(**dict.fromkeys(asked, "no") | recent)
    assert wizard.step == "triage-td_ipv", "nothing is asked about the other"
    wizard.answer(outcome="do_not_vaccinate").answer()
    assert told() == [
        (GIVEN, "email", mum.email),
        ("triage_do_not_vaccinate", "email", mum.email),
    ]
