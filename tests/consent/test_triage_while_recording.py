"""Triage while recording a response: on all answers that count, and on earlier decisions."""

import pytest

from consent.models import Triage
from tests import factories
from tests.consent.wizard import HEALTH, JANE, Wizard
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db
EARLIER = at("2027-01-11T10:00")
NUTS = HEALTH | {"severe_allergies": "yes", "severe_allergies_details": "Nuts"}
BLEEDS = {
    "question": "bleeding_disorder",
    "text": "Does your child have a bleeding disorder?",
    "yes": True,
    "details": "Haemophilia",
    "calls_for_triage": True,
}


@pytest.fixture
def dad(child):
    return factories.RelationshipFactory(child=child, kind="father").parent


@pytest.fixture
def mums(child, mum, answered):
    """Mum's consent, with a yes that waits for triage."""
    return answered(
        child,
        "given",
        parent=mum,
        parent_name="Mo Lee",
        relationship="Mum",
        health_answers=[BLEEDS],
        responded_at=EARLIER,
    )


@pytest.fixture
def stopped(child, clinic, nurse):
    """What a colleague decided."""
    return Triage.objects.create(
        child=child,
        programme_id="hpv",
        organisation=clinic.organisation,
        session=clinic.session,
        academic_year=2026,
        outcome="do_not_vaccinate",
        notes="Seen by a consultant",
        performed_by=nurse,
        performed_at=EARLIER,
    )


def agree(wizard, parent, health=NUTS):
    return wizard.choose(parent.pk).answer(route="phone").answer(decision="given").answer(**health)


def test_all_answers_and_decisions_are_seen_with_the_ones_being_recorded(
    nurse_client, clinic, child, mum, dad, mums, stopped
):
    wizard = agree(Wizard(nurse_client, clinic, child), dad)
    assert wizard.step == "triage-hpv"
    shown = wizard.shown
    mums_yes = "Mo Lee (Mum): Yes – Haemophilia Needs triage"
    assert shown.summary[BLEEDS["text"]] == f"{mums_yes} {dad.full_name} (Dad): No"
    own = shown.summary["Does your child have any severe allergies?"]
    assert own == f"{dad.full_name} (Dad): Yes – Nuts Needs triage"
    assert "Do not vaccinate" in shown.text
    assert "Seen by a consultant" in shown.text
    assert "Haemophilia" in wizard.answer().shown.text, "beside an error, too"


def test_the_answers_of_a_new_contact_stand_beside_the_others(wizard, mums):
    wizard.answer(contact="new").answer(**JANE)
    wizard.answer(route="phone").answer(decision="given").answer(**NUTS)
    assert "Jane Smith (Mum): Yes – Nuts" in wizard.shown.text
    assert "Mo Lee (Mum): Yes – Haemophilia" in wizard.shown.text


def test_what_the_same_parent_said_before_no_longer_counts(nurse_client, clinic, child, mum, mums):
    shown = agree(Wizard(nurse_client, clinic, child), mum).shown
    assert f"Answered by {mum.full_name} (" in shown.text
    assert "Haemophilia" not in shown.text
