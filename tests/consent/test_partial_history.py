"""Triage of those who were given doses of MenACWY or Td/IPV that are not enough. Source: consent
§10.
"""

from datetime import date

import pytest
from django.urls import reverse

from consent import status_rules
from consent.status_rules import Response, TriageDecision
from notifications.models import Message
from programmes.models import OrganisationProgramme
from sessions_app import statuses
from sessions_app.models import ProgrammeStatus
from tests import factories
from tests.consent.wizard import Wizard, names
from tests.pages import count_queries, page
from tests.sessions_app.conftest import at
from vaccinations import facts

NOW = at("2027-01-12T10:00")
EARLIER, LATER = at("2027-01-11T09:00"), at("2027-01-11T12:00")


def stands(decision="given", outcome="", known_at=EARLIER):
    scope = {"programme": "td_ipv", "academic_year": 2026}
    response = Response(1, decision=decision, responded_at=EARLIER, order=1, **scope)
    decided = [
        TriageDecision(outcome=outcome, performed_at=at("2027-01-11T10:00"), order=1, **scope)
    ]
    return status_rules.triage_status(
        [response],
        decided if outcome else [],
        today=NOW.date(),
        history_known_at=known_at,
        **scope,
    )


@pytest.mark.parametrize(
    ("expected", "about"),
    [
        ("needed", {}),
        ("not_needed", {"known_at": None}),
        ("not_needed", {"decision": "refused"}),
        ("safe", {"outcome": "safe"}),
        ("needed", {"outcome": "safe", "known_at": LATER}),
        ("do_not_vaccinate", {"outcome": "do_not_vaccinate"}),
        ("needed", {"outcome": "do_not_vaccinate", "known_at": LATER}),
    ],
)
def test_consent_10_a_partial_history_calls_for_triage_once(expected, about):
    assert stands(**about) == expected


@pytest.fixture
def teenager(clinic, organisation):
    """A child of Year 9 with Td/IPV and MenACWY at the clinic."""
    for programme in ("td_ipv", "menacwy"):
        OrganisationProgramme.objects.create(organisation=organisation, programme_id=programme)
        clinic.session.programmes.add(programme)
    return clinic.child(given_name="Jo", family_name="Lee", date_of_birth=date(2012, 10, 1))


def dose(child, day, number=None, programme="td_ipv", **fields):
    factories.VaccinationRecordFactory(
        child=child,
        programme_id=programme,
        performed_on=date.fromisoformat(day),
        dose_sequence=number,
        **{"recorded_at": EARLIER} | fields,
    )
    statuses.refresh([child.pk], today=NOW.date())


def triage_of(child, programme="td_ipv"):
    return ProgrammeStatus.objects.get(child=child, programme=programme, academic_year=2026).triage


@pytest.mark.django_db
@pytest.mark.parametrize("programme", ["td_ipv", "menacwy"])
def test_consent_10_a_childhood_dose_is_shown_and_triaged(
    teenager, clinic, nurse_client, answered, programme
):
    answered(teenager, "given", programme_id=programme)
    assert triage_of(teenager, programme) == "not_needed"
    dose(teenager, "2017-06-01", 3, programme)
    assert triage_of(teenager, programme) == "needed"
    address = reverse("consent:triage", kwargs=names(clinic, teenager) | {"programme": programme})
    shown = page(nurse_client.get(address))
    assert "Earlier vaccinations on record: dose 3 on 1 June 2017." in shown.text
    child_page = nurse_client.get(reverse("consent:child", kwargs=names(clinic, teenager)))
    assert "Needs triage" in page(child_page, names_person=True).text
    hidden = {name: shown.values[name] for name in ("token", "basis")}
    nurse_client.post(address, hidden | {"outcome": "safe"})
    assert triage_of(teenager, programme) == "safe"
    dose(teenager, "2018-06-01", 4, programme, recorded_at=at("2027-01-12T11:00"))
    assert triage_of(teenager, programme) == "needed"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("programme", "fields"),
    [
        ("hpv", {}),
        ("td_ipv", {"outcome": "refused"}),
        ("td_ipv", {"discarded_at": NOW, "discarded_by": True}),
        ("td_ipv", {"day": "2026-10-01"}),
        ("menacwy", {"day": "2026-10-01"}),
    ],
)
def test_consent_10_nothing_else_on_record_calls_for_triage(
    teenager, answered, nurse, programme, fields
):
    answered(teenager, "given", programme_id=programme)
    if fields.pop("discarded_by", None):
        fields["discarded_by"] = nurse
    dose(teenager, fields.pop("day", "2017-06-01"), 3, programme, **fields)
    assert triage_of(teenager, programme) == "not_needed"


@pytest.mark.django_db
@pytest.mark.parametrize("triages", [True, False])
def test_consent_10_recorded_by_phone_the_nurse_triages_and_the_parent_is_not_promised_it(
    teenager, clinic, nurse_client, administrator_client, triages
):
    dose(teenager, "2017-06-01", 3)
    dose(teenager, "2018-06-01")
    mum = teenager.relationships.get().parent
    client = nurse_client if triages else administrator_client
    wizard = Wizard(client, clinic, teenager, programme="td_ipv")
    wizard.choose(mum.pk).answer(route="phone").answer(decision="given")
    asked = {radio.get("name") for radio in wizard.shown.all("input", type="radio")}
    wizard.answer(**dict.fromkeys(asked, "no"))
    if triages:
        assert wizard.step == "triage-td_ipv"
        assert "dose 3 on 1 June 2017; 1 June 2018" in wizard.shown.text
        wizard.answer(outcome="safe")
    wizard.answer()
    expected = "triage_safe" if triages else "consent_confirmation_triage"
    told = Message.objects.exclude(template="clinic_initial_invitation")
    assert set(told.values_list("template", flat=True)) == {expected}
    assert triage_of(teenager) == ("safe" if triages else "needed")


@pytest.mark.django_db
def test_consent_10_histories_take_the_same_queries_for_1_and_for_5_children(teenager, clinic):
    others = [clinic.child() for _ in range(4)]
    for child in (teenager, *others):
        dose(child, "2017-06-01", 3)
    ids = [teenager.pk, *(child.pk for child in others)]

    def counted(asked):
        return count_queries(lambda: facts.partial_histories(asked, ["td_ipv"], 2026))

    assert counted(ids[:1]) == counted(ids)


@pytest.mark.django_db
def test_consent_10_a_delay_ends_no_earlier_than_the_next_dose_of_mmr_may_be_given(
    clinic, child, nurse_client, answered, organisation
):
    OrganisationProgramme.objects.create(organisation=organisation, programme_id="mmr")
    clinic.session.programmes.add("mmr")
    answered(child, "given", programme_id="mmr")
    dose(child, "2027-01-05", programme="mmr")
    address = reverse("consent:triage", kwargs=names(clinic, child) | {"programme": "mmr"})

    def delay_until(day, month):
        shown = page(nurse_client.get(address)).values
        hidden = {name: shown[name] for name in ("token", "basis")}
        until = {"delay_until-day": day, "delay_until-month": month, "delay_until-year": "2027"}
        return nurse_client.post(address, hidden | {"outcome": "delay"} | until)

    [error] = page(delay_until("1", "2")).errors
    assert "must be on or after 2 February 2027" in error
    assert delay_until("2", "2").status_code == 302
    assert triage_of(child, "mmr") == "delay"
