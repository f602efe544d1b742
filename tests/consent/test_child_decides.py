"""What stands beside the answer of a child who decided alone. Source: consent §9.3, rule 3."""

import pytest
from django.urls import reverse

from consent import change_rules
from consent.models import GillickAssessment
from notifications.models import Message
from sessions_app import statuses
from tests import factories
from tests.conftest import signed_in
from tests.consent.wizard import HEALTH, Wizard, names, opened
from tests.pages import page
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db
NOW = at("2027-01-12T10:00")
OVERRULED = "Does not count: the child decided"
FOR_ONE_DAY = "Does not count: it was for one day"
ALLERGY = {
    "question": "severe_allergies",
    "text": "Any allergies?",
    "yes": True,
    "details": "Nuts",
    "calls_for_triage": True,
}
NO = ALLERGY | {"yes": False, "details": ""}
ASKED = ALLERGY | {"text": "Does your child have any severe allergies?"}


@pytest.fixture
def decide(child, clinic, nurse):
    """`decide("given", …)`: the competent child's own answer to HPV."""

    def answer(decision, **fields):
        assessment = GillickAssessment.objects.create(
            child=child,
            session=clinic.session,
            programme_id="hpv",
            assessed_on=NOW.date(),
            performed_by=nurse,
            performed_at=NOW,
            **dict.fromkeys(GillickAssessment.STATEMENTS, True),
        )
        factories.ResponseFactory(
            child=child,
            session=clinic.session,
            parent=None,
            parent_name=child.full_name,
            relationship="Child (Gillick competent)",
            route="self",
            decision=decision,
            notify_parents=True if decision == "given" else None,
            reason="" if decision == "given" else "personal",
            assessment=assessment,
            responded_at=NOW,
            recorded_by=nurse,
            **fields,
        )
        statuses.refresh([child.pk], today=NOW.date())

    return answer


@pytest.fixture
def show(clinic, child, nurse_client):
    def fetch(view="child", **more):
        address = reverse(f"consent:{view}", kwargs=names(clinic, child) | more)
        return page(nurse_client.get(address), names_person=view != "triage")

    return fetch


def test_the_parents_differing_views_stay_in_sight(child, mum, answered, decide, show):
    hers = answered(child, "given", parent=mum, health_answers=[ALLERGY])
    his = answered(child, "refused", parent_name="Dan Dad", relationship="Dad")
    decide("given", health_answers=[NO])
    shown = show()
    assert "Ready for nurse" in shown.text
    assert "The child decided, and a parent answered differently." in shown.text
    decisions = {row[0]: row[2] for row in shown.rows}
    assert decisions["Dan DadDad"] == f"Consent refused {OVERRULED}Personal choice"
    assert decisions[f"{mum.full_name}Mum"] == f"Consent given {OVERRULED}"
    assert decisions["Jo LeeChild (Gillick competent)"] == "Consent given"
    assert not shown.all("s")
    both = f"{mum.full_name} (Mum): Yes – Nuts. {OVERRULED} Jo Lee (Child (Gillick competent)): No"
    assert shown.summary["Any allergies?"] == both
    assert show("triage", programme="hpv").summary["Any allergies?"] == both
    for response in (hers, his):
        found = show("show-response", response_id=response.public_id)
        assert found.summary["Decision"].endswith(OVERRULED)
        assert not found.all("s")


def test_consent_11_the_next_morning_the_parents_decide_even_before_the_job_has_come(
    child, mum, answered, decide, show, morning, clinic, nurse
):
    """Who was away at night is not to be waited for: page, triage and messages go by the day."""
    answered(child, "given", parent=mum, health_answers=[ALLERGY])
    decide("given", health_answers=[NO])
    assert "Ready for nurse" in show().text
    morning.move_to(at("2027-01-13T08:00"), tick=False)
    client = signed_in(nurse)
    address = reverse("consent:child", kwargs=names(clinic, child))
    shown = page(client.get(address), names_person=True)
    assert "Needs triage" in shown.text
    decisions = {row[0]: row[2] for row in shown.rows}
    assert decisions["Jo LeeChild (Gillick competent)"] == f"Consent given {FOR_ONE_DAY}"
    assert decisions[f"{mum.full_name}Mum"] == "Consent given"
    assert len(shown.all("s")) == 1
    triage = reverse("consent:triage", kwargs=names(clinic, child) | {"programme": "hpv"})
    client.post(triage, opened(client, triage) | {"outcome": "safe"})
    assert Message.objects.get(template__startswith="triage_").recipient == mum.email
    assert "Safe to vaccinate" in page(client.get(address), names_person=True).text


def test_answers_of_the_parents_are_listed_where_the_child_refused(
    child, mum, answered, decide, show
):
    answered(child, "given", parent=mum, health_answers=[ALLERGY])
    decide("refused")
    shown = show()
    assert "Consent refused Refused by the child (Gillick competent)." in shown.text
    assert "What to do next" not in shown.text
    assert shown.summary["Any allergies?"] == "Yes – Nuts"
    assert f"Answered by {mum.full_name} (Mum). {OVERRULED}." in shown.text


def test_parents_who_say_the_same_are_no_news(child, mum, answered, decide, show):
    answered(child, "given", parent=mum, health_answers=[NO], responded_at=at("2027-01-10T09:00"))
    answered(child, "given", parent=mum, health_answers=[NO])
    decide("given", health_answers=[NO])
    shown = show()
    assert "a parent answered differently" not in shown.text
    assert shown.summary["Any allergies?"] == "All: No"
    assert [row[2] for row in shown.rows] == [
        "Consent given",
        f"Consent given {OVERRULED}",
        "Consent given Superseded",
    ]


def test_triage_while_the_childs_answer_is_recorded_shows_those_of_the_parents(
    child, mum, answered, clinic, nurse, nurse_client, morning
):
    answered(child, "given", parent=mum, health_answers=[ASKED | {"yes": False, "details": ""}])
    answered(child, "given", parent=mum, health_answers=[ASKED])
    answered(child, "refused", parent_name="Dan Dad", relationship="Dad")
    GillickAssessment.objects.create(
        child=child,
        session=clinic.session,
        programme_id="hpv",
        assessed_on=NOW.date(),
        performed_by=nurse,
        performed_at=NOW,
        **dict.fromkeys(GillickAssessment.STATEMENTS, True),
    )
    morning.move_to(NOW, tick=False)
    wizard = Wizard(nurse_client, clinic, child).answer(contact="child").answer(decision="given")
    wizard.answer(tell="yes")
    assert "Do you have any severe allergies?" in wizard.shown.text
    assert "your child" not in wizard.shown.text, "the child answers for themselves"
    wizard.answer(**HEALTH | {"severe_allergies": "yes", "severe_allergies_details": "Bees"})
    assert wizard.step == "triage-hpv"
    own = "Jo Lee (Child (Gillick competent)): Yes – Bees Needs triage"
    parents = f"{mum.full_name} (Mum): Yes – Nuts. {OVERRULED}"
    assert wizard.shown.summary[ASKED["text"]] == f"{parents} {own}"


@pytest.mark.parametrize(
    ("change", "state", "is_struck_out"),
    [
        ({}, "", False),
        ({"is_overruled": True}, OVERRULED, False),
        ({"is_superseded": True}, "Superseded", True),
        ({"is_over": True}, FOR_ONE_DAY, True),
        ({"is_incompetent": True}, "Does not count: not competent", True),
        ({"is_overruled": True, "is_withdrawn": True}, "Withdrawn", True),
        ({"is_superseded": True, "is_invalid": True}, "Invalid", True),
    ],
)
def test_the_state_says_why_a_response_does_not_count(change, state, is_struck_out):
    kept = change_rules.Kept(decision="given", **change)
    assert change_rules.state_of(kept) == state
    assert change_rules.is_struck_out(kept) == is_struck_out
