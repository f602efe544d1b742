"""Finding a child, reading the record, and deciding about an uploaded vaccination."""

from datetime import date

import pytest

from calendars import clock
from cohorts.models import Upload
from sessions_app import memberships, statuses
from tests.factories import (
    ChildFactory,
    ClinicFactory,
    ClinicSessionFactory,
    RelationshipFactory,
    TeamFactory,
    VaccinationRecordFactory,
)
from vaccinations.models import HistoryIssue


@pytest.fixture
def ravi(organisation):
    child = ChildFactory(
        organisation=organisation,
        given_name="Ravi",
        family_name="Poole",
        preferred_given_name="Rav",
        nhs_number="9994712209",
        address_line_1="1 High Street",
        town="Coventry",
    )
    RelationshipFactory(child=child)
    statuses.refresh([child.pk], today=clock.today())
    clinic = ClinicSessionFactory(
        organisation=organisation,
        location=ClinicFactory(team=TeamFactory(organisation=organisation)),
    )
    memberships.join(clinic, [child.pk], reason="unknown_school", now=clock.now())
    return child


def test_find_a_child_and_read_the_record(nurse_visitor, ravi, organisation):
    ChildFactory(organisation=organisation, given_name="Blair", family_name="Young")
    nurse_visitor.go("/children/")
    nurse_visitor.sees("2 children")
    nurse_visitor.check_page()
    nurse_visitor.fill("Search", "poole rav")
    nurse_visitor.click("Update children")
    nurse_visitor.sees("1 child matching “poole rav”")
    nurse_visitor.page.get_by_text("Filter children").click()
    nurse_visitor.choose("Year 8")
    nurse_visitor.click("Update children")
    nurse_visitor.check_page()
    nurse_visitor.click("Ravi Poole")
    nurse_visitor.sees_heading("Ravi Poole")
    nurse_visitor.sees("Will be invited when clinic dates are added")
    nurse_visitor.check_page()
    nurse_visitor.click("Activity log")
    nurse_visitor.sees("Added to session at Community clinic")
    nurse_visitor.check_page()


def test_decide_about_an_uploaded_vaccination(nurse_visitor, ravi, organisation):
    record = VaccinationRecordFactory(
        child=ravi, batch_number="X05334", performed_on=date(2025, 10, 17)
    )
    upload = Upload.objects.create(
        organisation=organisation,
        kind=Upload.Kind.HISTORY,
        file_name="history.csv",
        sha256="0" * 64,
        status=Upload.Status.COMPLETED,
        finished_at=clock.now(),
        rows_total=1,
        counts={"review": 1},
    )
    HistoryIssue.objects.create(
        record=record, upload=upload, line=2, values={"batch_number": "Y99999"}
    )
    nurse_visitor.go("/uploads/")
    nurse_visitor.click("Vaccination issues 1")
    nurse_visitor.check_page()
    nurse_visitor.click("Review Ravi Poole")
    nurse_visitor.click("Resolve issue")
    nurse_visitor.check_page()
    nurse_visitor.follow_error("Select which record to keep")
    nurse_visitor.choose("Use uploaded")
    nurse_visitor.click("Resolve issue")
    nurse_visitor.sees("There are no vaccination issues")
    assert ravi.vaccinations.kept().get().batch_number == "Y99999"
