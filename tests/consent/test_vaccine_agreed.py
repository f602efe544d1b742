"""Which vaccine was agreed to, on the page of a child. Source: consent §9.2 and §10."""

import pytest
from django.urls import reverse

from consent.models import Triage
from programmes.models import Programme
from sessions_app import statuses
from tests.consent.wizard import names
from tests.pages import page
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db
NOW = at("2027-01-12T10:00")
BOTH = ["nasal", "injection"]


@pytest.fixture
def show(clinic, organisation, child, nurse, nurse_client, answered):
    """`show("flu", {…}, {…})`: the child's page once each of these answered, newest last."""

    def fetch(key, *answers, safe=None):
        programme = Programme.objects.get(key=key)
        clinic.session.programmes.set([programme])
        organisation.programmes.add(programme)
        for fields in answers:
            answered(child, **{"decision": "given", "programme_id": key} | fields)
        if safe is not None:
            Triage.objects.create(
                child=child,
                programme=programme,
                organisation=organisation,
                session=clinic.session,
                academic_year=2026,
                outcome="safe",
                performed_by=nurse,
                performed_at=NOW,
                **safe,
            )
        statuses.refresh([child.pk], today=NOW.date())
        address = reverse("consent:child", kwargs=names(clinic, child))
        return page(nurse_client.get(address), names_person=True)

    return fetch


@pytest.mark.parametrize(
    ("key", "answers", "safe", "may_be_given"),
    [
        ("flu", [{"methods": ["nasal"]}], None, "nasal spray only"),
        ("flu", [{"methods": BOTH}], None, "nasal spray, or injection if not suitable"),
        ("flu", [{"methods": BOTH}, {"methods": ["injection"]}], None, "injection only"),
        ("flu", [{"methods": BOTH}], {"method": "nasal"}, "nasal spray only"),
        ("mmr", [{}], None, "either vaccine"),
        ("mmr", [{}, {"without_gelatine": True}], None, "only without gelatine"),
        ("mmr", [{}], {}, "either vaccine"),
        ("mmr", [{}], {"without_gelatine": True}, "only without gelatine"),
        ("mmr", [{"without_gelatine": True}], {}, "only without gelatine"),
    ],
)
def test_the_banner_says_what_may_be_given(show, key, answers, safe, may_be_given):
    shown = show(key, *answers, safe=safe)
    title = "Ready for nurse" if safe is None else "Safe to vaccinate"
    assert title in shown.text
    assert f"May be given: {may_be_given}." in shown.text


def test_each_response_says_what_it_agrees_to(show):
    shown = show("flu", {"methods": ["nasal"]}, {"methods": BOTH})
    assert {row[2] for row in shown.rows} == {
        "Consent givenNasal spray only",
        "Consent givenNasal spray, or injection if not suitable",
    }


def test_without_a_choice_nothing_is_said_of_the_vaccine(show):
    shown = show("hpv", {})
    assert [row[2] for row in shown.rows] == ["Consent given"]
    assert "May be given" not in shown.text


def test_where_all_agree_but_to_different_methods_nobody_is_said_to_refuse(show):
    shown = show("flu", {"methods": ["nasal"]}, {"methods": ["injection"]})
    assert "Conflicting consent The responses differ." in shown.text
    assert "refuse" not in shown.text
    assert "May be given" not in shown.text


def test_where_the_methods_differ_and_one_refuses_nothing_may_be_given(show):
    refusal = {"decision": "refused", "reason": "personal"}
    shown = show("flu", {"methods": ["nasal"]}, refusal, safe={"method": "nasal"})
    assert "Conflicting consent" in shown.text
    assert "May be given" not in shown.text
