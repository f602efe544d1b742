"""Children come in: a file is uploaded, watched, put right, and what differs is decided."""

import csv
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import expect

from cohorts.models import Upload
from cohorts.services import uploads
from sessions_app.models import Session, SessionDate
from tests import factories
from tests.cohorts.conftest import NOW, as_csv, child_row, pupils


@pytest.fixture
def places(organisation, time_machine):
    """The schools Alder and Birch, with sessions, and the clinic, on 23 November 2026."""
    # The clock stands still: two minutes to call back are not over while a page is looked at.
    time_machine.move_to(NOW, tick=False)
    team = factories.TeamFactory(organisation=organisation)
    for urn, name in (("140001", "Alder School"), ("140002", "Birch School")):
        school = factories.SchoolFactory(urn=urn, name=name, team=team)
        factories.SessionFactory(organisation=organisation, location=school, academic_year=2026)
    factories.ClinicSessionFactory(organisation=organisation, location__team=team)


def upload(visitor, file: Path) -> None:
    """Upload a file of child records as a person does, and watch until the job is done."""
    visitor.go("/uploads/")
    visitor.click("Upload records")
    visitor.choose("Child records")
    visitor.click("Continue")
    visitor.page.get_by_label("CSV file").set_input_files(file)
    visitor.click("Upload")
    visitor.sees("Processing")
    uploads.run_upload(upload_id=Upload.objects.latest("pk").pk, now=NOW)
    expect(visitor.page.get_by_role("main")).not_to_contain_text("Processing")


def write(folder: Path, name: str, *rows: dict[str, str]) -> Path:
    path = folder / name
    path.write_bytes(as_csv(list(rows)))
    return path


def test_from_a_file_with_errors_to_a_decided_issue(nurse_visitor, places, tmp_path):
    visitor = nurse_visitor
    known = {"NHS_NUMBER": "999 471 2209", "PARENT_1_NAME": "Ann Poole"}

    visitor.go("/uploads/")
    visitor.check_page()
    visitor.go("/uploads/new/")
    visitor.check_page()
    visitor.go("/uploads/new/cohort/")
    visitor.page.get_by_text("How to format your CSV file").click()
    visitor.check_page()
    visitor.click("Upload")
    visitor.follow_error("Select a file")

    upload(visitor, write(tmp_path, "bad.csv", child_row(**known | {"POSTCODE": "X"})))
    visitor.sees("1 row has something wrong")
    visitor.sees("CHILD_POSTCODE")
    visitor.check_page()
    with visitor.page.expect_download() as download:
        visitor.click("Download the file with its problems")
    with download.value.path().open(encoding="utf-8-sig", newline="") as file:
        [row] = csv.DictReader(file)
    assert "full UK postcode" in row["PROBLEMS_FOUND"]

    upload(visitor, write(tmp_path, "good.csv", child_row(**known)))
    visitor.sees("Completed")
    visitor.sees("Ravi Poole")
    visitor.check_page()

    changed = known | {"FIRST_NAME": "Tom", "POSTCODE": "CV3 4XY", "SCHOOL_URN": "140002"}
    upload(visitor, write(tmp_path, "changed.csv", child_row(**changed)))
    visitor.click("Review 1 import issue")
    visitor.check_page()
    visitor.page.get_by_role("link", name="Review Ravi Poole").click()
    visitor.sees_heading("Review import issue")
    visitor.check_page()
    visitor.click("Resolve issue")
    visitor.follow_error("Select which record to keep")
    visitor.choose("Use uploaded")
    visitor.click("Resolve issue")
    visitor.sees("Record updated")

    visitor.click("School moves")
    visitor.sees("Alder School to Birch School")
    visitor.check_page()
    visitor.page.get_by_role("link", name="Review Tom Poole").click()
    visitor.check_page()
    visitor.choose("Update record with new school")
    visitor.click("Update child record")
    visitor.sees("Child record updated with new school")


def test_a_child_of_the_clinic_may_stay_there(
    nurse_visitor, visitor_without_javascript, nurse, places, tmp_path
):
    upload(nurse_visitor, write(tmp_path, "home.csv", child_row(SCHOOL_URN="999999")))
    upload(nurse_visitor, write(tmp_path, "school.csv", child_row()))
    visitor = visitor_without_javascript
    visitor.sign_in(nurse.email, factories.PASSWORD)
    visitor.go("/school-moves/")
    visitor.page.get_by_role("link", name="Review Ravi Poole").click()
    visitor.choose("Update record with new school")
    visitor.click("Update child record")
    visitor.follow_error("Select whether to move the child to the upcoming school session")
    visitor.choose("No, keep them in the community clinic")
    visitor.click("Update child record")
    visitor.sees("There are currently no school moves")


def test_a_file_that_writes_to_many_families_is_confirmed_first(nurse_visitor, places, tmp_path):
    clinic = Session.objects.clinics().get()
    SessionDate.objects.create(session=clinic, value=date(2026, 12, 7))
    Session.objects.filter(pk=clinic.pk).update(invitations_on=date(2026, 11, 16))
    visitor = nurse_visitor
    nobody = child_row(SCHOOL_URN="888888", FIRST_NAME="Noa")
    upload(visitor, write(tmp_path, "many.csv", *pupils(21), nobody))
    visitor.sees_heading("Check who will be written to")
    visitor.sees("now: the parents of 21 children")
    visitor.page.get_by_text("What parents will read").click()
    visitor.check_page()
    visitor.click("Import and write to 21 families")
    visitor.sees("Confirmed. Importing the file.")
    uploads.run_upload(upload_id=Upload.objects.latest("pk").pk, now=NOW)
    visitor.sees("Completed")
    visitor.check_page()
    visitor.page.get_by_role("link", name="See what became of them").click()
    visitor.page.get_by_role("button", name="Call them back").click()
    visitor.sees("Nothing was sent to any parent")
