"""Triage is saved on what the nurse saw, or not at all; nothing that they typed is lost."""

from uuid import uuid4

import pytest
from django.urls import reverse

from consent.models import ConsentResponse, Triage
from consent.services.triage import OUTDATED
from tests import factories
from tests.consent.wizard import HEALTH, Wizard, names, opened
from tests.pages import page
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db
SINCE = at("2027-01-12T09:00")
EARLIER = at("2027-01-11T10:00")
NUTS = HEALTH | {"severe_allergies": "yes", "severe_allergies_details": "Nuts"}
BLEEDS = {
    "question": "bleeding_disorder",
    "text": "Does your child have a bleeding disorder?",
    "yes": True,
    "details": "Haemophilia",
    "calls_for_triage": True,
}
NOTES = "Spoke to\nthe GP"


@pytest.fixture
def dad(child):
    return factories.RelationshipFactory(child=child, kind="father").parent


@pytest.fixture
def dad_answers(child, dad, answered):
    """Dad's online answer comes in."""
    return lambda decision="given", **fields: answered(child, decision, parent=dad, **fields)


@pytest.fixture
def worried(child, mum, answered):
    answered(child, "given", parent=mum, health_answers=[BLEEDS], responded_at=EARLIER)
    return child


@pytest.fixture
def address(clinic, worried):
    return reverse("consent:triage", kwargs=names(clinic, worried) | {"programme": "hpv"})


def test_answers_that_came_in_are_shown_before_anything_is_saved(
    nurse_client, address, dad_answers
):
    hidden = opened(nurse_client, address)
    dad_answers(health_answers=[BLEEDS | {"details": "On blood thinners"}])
    shown = page(nurse_client.post(address, hidden | {"outcome": "safe", "notes": NOTES}))
    assert list(shown.errors) == [OUTDATED]
    assert "On blood thinners" in shown.text
    assert shown.values["outcome"] == "safe"
    assert shown.values["notes"].split() == NOTES.split()
    assert not Triage.objects.exists()
    assert shown.values["token"] == hidden["token"]
    again = {name: shown.values[name] for name in ("token", "basis", "outcome", "notes")}
    assert nurse_client.post(address, again).status_code == 302
    assert Triage.objects.get().outcome == "safe"


def test_a_colleagues_decision_is_shown_and_not_replaced_unseen(nurse_client, address):
    mine = opened(nurse_client, address)
    theirs = opened(nurse_client, address)
    nurse_client.post(address, theirs | {"outcome": "do_not_vaccinate", "notes": "Allergic"})
    shown = page(nurse_client.post(address, mine | {"outcome": "safe", "notes": NOTES}))
    assert list(shown.errors) == [OUTDATED]
    assert "Allergic" in shown.text
    assert Triage.objects.get().outcome == "do_not_vaccinate"
    # Also beside an answer that is missing: what is saved next was seen.
    shown = page(nurse_client.post(address, mine | {"notes": NOTES}))
    assert set(shown.errors) == {OUTDATED, "Select whether it is safe to vaccinate"}


@pytest.mark.parametrize("lost", ["token", "basis"])
def test_a_page_not_sent_as_a_whole_keeps_the_notes(nurse_client, address, lost):
    hidden = opened(nurse_client, address) | {lost: ""}
    shown = page(nurse_client.post(address, hidden | {"outcome": "safe", "notes": NOTES}))
    [error] = shown.errors
    assert error.endswith("outcome again.")
    assert shown.values["notes"].split() == NOTES.split()
    again = {name: shown.values[name] for name in ("token", "basis", "outcome", "notes")}
    assert nurse_client.post(address, again).status_code == 302
    assert Triage.objects.count() == 1


def test_the_notes_stay_where_consent_has_ended_meanwhile(nurse_client, address, dad_answers):
    hidden = opened(nurse_client, address)
    dad_answers("refused")
    shown = page(nurse_client.post(address, hidden | {"outcome": "safe", "notes": NOTES}))
    assert list(shown.errors) == ["Triage is possible once consent is given."]
    assert shown.values["notes"].split() == NOTES.split()
    assert not Triage.objects.exists()


@pytest.fixture
def decided(nurse_client, clinic, worried, dad):
    """Dad's answers are recorded as far as the last page, with the triage."""
    wizard = Wizard(nurse_client, clinic, worried).choose(dad.pk)
    wizard.answer(route="phone").answer(decision="given").answer(**NUTS)
    return wizard.answer(outcome="safe", notes=NOTES)


def test_recording_asks_for_triage_again_where_others_answered_since(decided, child, mum, answered):
    assert decided.step == "check"
    worse = [BLEEDS | {"details": "Worse now"}]
    answered(child, "given", parent=mum, health_answers=worse, responded_at=SINCE)
    decided.answer()
    assert decided.step == "triage-hpv"
    assert list(decided.shown.errors) == [OUTDATED]
    assert "Worse now" in decided.shown.text
    assert decided.shown.values["notes"].split() == NOTES.split()
    assert not Triage.objects.exists()
    decided.answer(outcome="safe", notes=NOTES).answer()
    assert Triage.objects.get().outcome == "safe"


def test_recording_asks_for_triage_again_where_a_colleague_decided_since(
    decided, nurse_client, address
):
    sent = opened(nurse_client, address) | {"outcome": "do_not_vaccinate", "notes": "Allergic"}
    nurse_client.post(address, sent)
    decided.answer()
    assert decided.step == "triage-hpv"
    assert "Allergic" in decided.shown.text
    assert Triage.objects.get().outcome == "do_not_vaccinate"


def test_recording_asks_for_triage_again_where_its_own_answers_were_changed(decided):
    both = NUTS | {"bleeding_disorder": "yes", "bleeding_disorder_details": "Bleeds"}
    decided.open("health").answer(**both)
    assert decided.step == "triage-hpv"
    assert list(decided.shown.errors) == [OUTDATED]
    assert "Bleeds" in decided.shown.text


def test_recording_says_where_triage_is_not_possible_any_more(decided, child, dad, answered):
    answered(child, "refused")
    decided.answer()
    assert decided.shown.banner.startswith("Other responses have changed, so triage is not")
    assert "Outcome" not in decided.shown.summary
    assert not ConsentResponse.objects.filter(parent=dad).exists()
    decided.answer()
    assert decided.shown.banner == "Consent recorded for Jo Lee."
    assert not Triage.objects.exists()


def test_what_arrives_between_the_last_look_and_the_lock_is_noticed(
    nurse_client, address, worried, dad, answered, monkeypatch
):
    from cohorts.models import Child

    hidden = opened(nurse_client, address)
    lock = type(Child.objects).lock

    def lock_late(manager, pk):
        if not ConsentResponse.objects.filter(parent=dad).exists():
            answered(worried, "given", parent=dad, health_answers=[BLEEDS])
        return lock(manager, pk)

    monkeypatch.setattr(type(Child.objects), "lock", lock_late)
    shown = page(nurse_client.post(address, hidden | {"token": uuid4(), "outcome": "safe"}))
    assert list(shown.errors) == [OUTDATED]
    assert not Triage.objects.exists()


def test_the_notes_stay_where_the_session_offers_the_vaccine_no_more(nurse_client, clinic, address):
    hidden = opened(nurse_client, address)
    clinic.session.programmes.clear()
    shown = page(nurse_client.post(address, hidden | {"outcome": "safe", "notes": NOTES}))
    assert list(shown.errors) == ["This vaccination is no longer offered in this session."]
    assert shown.values["notes"].split() == NOTES.split()
    assert not Triage.objects.exists()
    back = reverse("consent:child", kwargs=names(clinic, ConsentResponse.objects.get().child))
    for response in (nurse_client.get(address), nurse_client.post(address, hidden)):
        assert (response.status_code, response["Location"]) == (302, back)
    assert nurse_client.get(address.replace("hpv", "measles")).status_code == 404
