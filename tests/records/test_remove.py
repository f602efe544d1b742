"""Removing a child from the cohort."""

from datetime import UTC, date, datetime

import pytest

from accounts.models import AccessLogEntry
from cohorts.models import ImportIssue, SchoolMove, Upload
from records.services import NotInCohort, remove_from_cohort
from sessions_app import memberships, statuses
from sessions_app.models import Membership, ProgrammeStatus
from tests.factories import (
    ChildFactory,
    ClinicSessionFactory,
    RelationshipFactory,
    SessionFactory,
    VaccinationRecordFactory,
)
from tests.pages import page

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def child(organisation):
    child = ChildFactory(organisation=organisation)
    RelationshipFactory(child=child)
    statuses.refresh([child.pk], today=NOW.date())
    return child


@pytest.fixture
def address(child):
    return f"/children/{child.public_id}/remove/"


def test_a33_a_removed_child_is_in_no_cohort_and_no_session(child, organisation, nurse):
    clinic = ClinicSessionFactory(organisation=organisation)
    memberships.join(clinic, [child.pk], reason="unknown_school", now=NOW)
    assert remove_from_cohort(child_id=child.pk, by=nurse, now=NOW) == "Year 8"
    child.refresh_from_db()
    assert child.organisation is None
    membership = Membership.objects.get()
    assert (membership.left_at, membership.left_because) == (NOW, "Removed from the cohort")
    assert not ProgrammeStatus.objects.exists()
    entry = child.activity.get(kind="record")
    assert (entry.title, entry.actor) == ("Removed from the Year 8 cohort", nurse)


def test_a33_sessions_in_which_the_child_was_seen_keep_them(child, organisation, nurse):
    seen = SessionFactory(organisation=organisation, dates=[date(2026, 10, 1)])
    memberships.join(seen, [child.pk], reason="at_school", now=NOW)
    VaccinationRecordFactory(child=child, session=seen)
    remove_from_cohort(child_id=child.pk, by=nurse, now=NOW)
    assert Membership.objects.get().left_at is None


def test_what_waited_for_a_decision_is_withdrawn(child, organisation, nurse):
    upload = Upload.objects.create(
        organisation=organisation, kind="cohort", file_name="roll.csv", sha256="0" * 64
    )
    ImportIssue.objects.create(
        child=child, upload=upload, line=2, values={}, row={}, matched_on_nhs_number=True
    )
    SchoolMove.objects.create(
        child=child, organisation=organisation, source="cohort", home_educated=True
    )
    remove_from_cohort(child_id=child.pk, by=nurse, now=NOW)
    assert ImportIssue.objects.get().decision == "withdrawn"
    assert SchoolMove.objects.get().decision == "replaced"


def test_a_child_is_removed_once(child, nurse):
    remove_from_cohort(child_id=child.pk, by=nurse, now=NOW)
    with pytest.raises(NotInCohort):
        remove_from_cohort(child_id=child.pk, by=nurse, now=NOW)
    assert child.activity.count() == 1


def test_a33_the_page_asks_once_and_leads_back_to_the_list(child, address, nurse_client):
    record = page(nurse_client.get(f"/children/{child.public_id}/"), names_person=True)
    assert record.links["Remove from cohort"] == address
    asked = page(nurse_client.get(address))
    assert child.full_name in asked.text
    assert AccessLogEntry.objects.count() == 2
    done = page(nurse_client.post(address, follow=True))
    assert (done.h1, done.banner) == ("Children", "Child removed from the Year 8 cohort")
    assert done.rows == []
    page(nurse_client.get(f"/children/{child.public_id}/"), status=404)
    page(nurse_client.post(address), status=404)


def test_other_organisations_remove_nobody(child, address, client_elsewhere):
    page(client_elsewhere.get(address), status=404)
    page(client_elsewhere.post(address), status=404)
    child.refresh_from_db()
    assert child.organisation
