"""Gillick competence, as a nurse assesses it on a session day."""

from datetime import date

import pytest
from django.urls import reverse

from activity.models import Entry
from consent.models import ConsentResponse, GillickAssessment, ResponseChange, Triage
from consent.selectors.gillick import competent_child
from sessions_app import statuses
from sessions_app.models import ProgrammeStatus, SessionDate
from tests import factories
from tests.conftest import signed_in
from tests.consent.wizard import names
from tests.pages import page
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db
NOW = at("2027-01-12T10:00")
TODAY = NOW.date()
YES = dict.fromkeys(GillickAssessment.STATEMENTS, "yes")
NO = dict.fromkeys(GillickAssessment.STATEMENTS, "no")


@pytest.fixture
def today_is_a_session_day(clinic):
    SessionDate.objects.create(session=clinic.session, value=TODAY)


@pytest.fixture
def address(clinic, child):
    return reverse("consent:gillick", kwargs=names(clinic, child) | {"programme": "hpv"})


@pytest.fixture
def show(nurse_client, clinic, child):
    """The child's page."""
    return lambda: page(
        nurse_client.get(reverse("consent:child", kwargs=names(clinic, child))), names_person=True
    )


@pytest.fixture
def consent_alone(child, clinic, nurse):
    """The competent child's own yes to HPV."""

    def agree(**fields):
        response = factories.ResponseFactory(
            child=child,
            session=clinic.session,
            parent=None,
            parent_name=child.full_name,
            relationship="Child (Gillick competent)",
            route="self",
            notify_parents=True,
            assessment=GillickAssessment.objects.first(),
            responded_at=NOW,
            recorded_by=nurse,
            **fields,
        )
        statuses.refresh([child.pk], today=TODAY)
        return response

    return agree


def consent_of(child):
    return ProgrammeStatus.objects.get(child=child, programme="hpv", academic_year=2026).consent


def competent(clinic, child):
    return competent_child(child, clinic.session, "hpv", today=TODAY)


def test_consent_14_23_self_consent(
    today_is_a_session_day, child, clinic, nurse, nurse_client, address, show, consent_alone
):
    assert address in show().links.values()
    nurse_client.post(address, NO | {"notes": "Not sure what it is for"})
    found = show()
    assert "Child assessed as not Gillick competent" in found.text
    assert "Not sure what it is for" in found.text
    assert "Record what the child decides" not in found.text
    assert competent(clinic, child) is None
    assert "No response" in found.text

    found = page(nurse_client.get(address))
    assert found.h1 == "Edit Gillick competence"
    assert found.values["knows_disease"] == "no"
    nurse_client.post(address, YES)
    assert "Child assessed as Gillick competent" in show().text
    assert "What to do next: Record what the child decides" in show().text
    assert competent(clinic, child) is not None
    assert [entry.title for entry in Entry.objects.filter(kind="gillick").order_by("id")] == [
        "Completed Gillick assessment as not Gillick competent",
        "Updated Gillick assessment as Gillick competent",
    ]
    assert GillickAssessment.objects.count() == 2

    consent_alone()
    assert consent_of(child) == "given"
    assert "Child (Gillick competent)" in show().text
    assert "Record what the child decides" not in show().text


def test_consent_14_23_the_competent_child_decides_over_conflicting_parents(
    today_is_a_session_day, child, mum, answered, nurse_client, address, consent_alone
):
    answered(child, "given", parent=mum)
    answered(child, "refused")
    assert consent_of(child) == "conflicts"
    nurse_client.post(address, YES)
    consent_alone()
    assert consent_of(child) == "given"


def test_edited_to_not_competent_the_own_consent_of_the_day_is_invalid(
    today_is_a_session_day, child, nurse, nurse_client, address, consent_alone
):
    nurse_client.post(address, YES)
    own = consent_alone()
    nurse_client.post(address, YES | {"knows_delivery": "no"})
    own.refresh_from_db()
    assert own.invalidated_at == NOW
    change = ResponseChange.objects.get(response=own)
    assert (change.kind, change.by) == ("invalidated", nurse)
    assert consent_of(child) == "no_response"
    assert Entry.objects.filter(title=f"Consent from {child.full_name} invalidated").exists()


@pytest.mark.parametrize("outcome", ["safe", "do_not_vaccinate"])
def test_edited_to_not_competent_what_was_found_safe_ends_and_a_no_stands(
    today_is_a_session_day, child, clinic, nurse, nurse_client, address, consent_alone, outcome
):
    """Decision 0045."""
    nurse_client.post(address, YES)
    consent_alone()
    triage = Triage.objects.create(
        child=child,
        programme_id="hpv",
        organisation=clinic.organisation,
        session=clinic.session,
        academic_year=2026,
        outcome=outcome,
        performed_by=nurse,
        performed_at=NOW,
    )
    nurse_client.post(address, NO)
    triage.refresh_from_db()
    assert triage.invalidated_at == (NOW if outcome == "safe" else None)


def test_a_consent_that_was_acted_on_stays(
    today_is_a_session_day, child, nurse_client, address, consent_alone
):
    nurse_client.post(address, YES)
    own = consent_alone()
    factories.VaccinationRecordFactory(child=child, performed_on=TODAY)
    statuses.refresh([child.pk], today=TODAY)
    nurse_client.post(address, NO)
    own.refresh_from_db()
    assert own.invalidated_at is None
    assert list(statuses.stale([child.pk], today=TODAY)) == []


def test_saving_without_a_change_adds_nothing(today_is_a_session_day, nurse_client, address):
    for _ in range(2):
        nurse_client.post(address, YES | {"notes": "Clear"})
    assert GillickAssessment.objects.count() == 1
    assert Entry.objects.filter(kind="gillick").count() == 1


def test_all_five_must_be_answered_and_notes_are_short(
    today_is_a_session_day, nurse_client, address
):
    found = page(nurse_client.post(address, {"notes": "x" * 1001}))
    assert len(found.errors) == 6
    assert "Notes must be 1000 characters or less" in found.errors
    nurse_client.post(address, YES)
    found = page(nurse_client.post(address, YES | {"notes": "x" * 1001}))
    assert list(found.errors) == ["Notes must be 1000 characters or less"]


def test_only_on_a_session_day_but_edited_later_too(
    child, clinic, nurse, nurse_client, address, show, morning
):
    assert address not in show().links.values()
    nurse_client.post(address, YES)
    assert not GillickAssessment.objects.exists()
    SessionDate.objects.create(session=clinic.session, value=TODAY)
    nurse_client.post(address, YES)
    morning.move_to(at("2027-01-13T10:00"), tick=False)
    signed_in(nurse).post(address, NO)
    assert {one.assessed_on for one in GillickAssessment.objects.all()} == {TODAY}
    assert GillickAssessment.objects.count() == 2


def test_the_next_session_day_starts_afresh(clinic, child, nurse, nurse_client, address, morning):
    for day in (TODAY, date(2027, 1, 13)):
        SessionDate.objects.create(session=clinic.session, value=day)
    nurse_client.post(address, YES)
    morning.move_to(at("2027-01-13T10:00"), tick=False)
    assert competent_child(child, clinic.session, "hpv", today=date(2027, 1, 13)) is None
    assert page(signed_in(nurse).get(address)).h1 == "Assess Gillick competence"


def test_consent_14_27_administrators_and_strangers_do_not_assess(
    today_is_a_session_day, administrator_client, client_elsewhere, address, nurse_client, child
):
    nurse_client.post(address, YES)
    for method in (administrator_client.get, administrator_client.post):
        assert method(address, NO).status_code == 403
    for method in (client_elsewhere.get, client_elsewhere.post):
        assert method(address, NO).status_code == 404
    assert GillickAssessment.objects.count() == 1
    here = address.replace("gillick/hpv/", "")
    seen = page(administrator_client.get(here), names_person=True)
    assert "Child assessed as Gillick competent" in seen.text
    assert address not in seen.links.values()


def test_a_response_marked_invalid_or_withdrawn_keeps_its_words(child, mum, answered, nurse):
    from consent.services.changes import (
        ChangeNotPossible,
        invalidate_response,
        withdraw_response,
    )

    response = answered(child, "given", parent=mum, notes="")
    withdraw_response(response=response, reason="personal", notes="", now=NOW, by=nurse)
    assert consent_of(child) == "refused"
    with pytest.raises(ChangeNotPossible):
        withdraw_response(response=response, reason="personal", notes="", now=NOW, by=nurse)
    invalidate_response(response=response, notes="No responsibility", now=NOW, by=nurse)
    assert consent_of(child) == "no_response"
    kept = ConsentResponse.objects.get()
    assert (kept.decision, kept.notes) == ("given", "")
    assert [change.kind for change in kept.changes.all()] == ["withdrawn", "invalidated"]
