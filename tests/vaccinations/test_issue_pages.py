"""Deciding about uploaded vaccinations that differ from a record."""

import pytest

from accounts.models import AccessLogEntry
from tests.factories import ChildFactory
from tests.pages import count_queries, page
from tests.vaccinations.conftest import given
from vaccinations.models import HistoryIssue, VaccinationRecord

LIST = "/vaccination-issues/"


@pytest.fixture
def issue(upload, ravi):
    upload(given())
    upload(given(BATCH_NUMBER="Y1", ANATOMICAL_SITE="Right Thigh"))
    return HistoryIssue.objects.get()


@pytest.fixture
def address(issue):
    return f"{LIST}{issue.public_id}/"


def test_nothing_waits(nurse_client):
    shown = page(nurse_client.get(LIST))
    assert "There are no vaccination issues" in shown.text
    assert shown.current_tab == "Vaccination issues 0"


def test_the_list_says_what_differs(issue, address, nurse_client):
    shown = page(nurse_client.get(LIST))
    assert shown.rows == [
        [
            "Ravi Poole",
            "HPV, 17 October 2025",
            "20 November 2026 by Nadia Nurse, line 2",
            "Site, batch number",
            "Review Ravi Poole",
        ]
    ]
    assert shown.links["Review Ravi Poole"] == address
    assert shown.tabs["Vaccination issues 1"] == LIST


def test_the_result_page_leads_to_the_issues(issue, nurse_client):
    shown = page(nurse_client.get(f"/uploads/{issue.upload.public_id}/"))
    assert shown.summary["Rows that need review"] == "1"
    assert shown.links["Review 1 import issue"] == LIST


def test_both_records_are_shown_with_what_differs_marked(address, nurse_client, ravi):
    shown = page(nurse_client.get(address))
    assert shown.links["Ravi Poole"] == f"/children/{ravi.public_id}/"
    marked = ["".join(mark.itertext()).split(": ")[1].strip() for mark in shown.all("mark")]
    assert marked == ["Right thigh", "Y1", "Left upper arm", "X05334"]
    assert AccessLogEntry.objects.get().child_id == ravi.pk


def test_scenario_21_use_uploaded(address, nurse, nurse_client):
    response = nurse_client.post(address, {"decision": "use_uploaded"}, follow=True)
    assert page(response).banner == "Vaccination record updated"
    record = VaccinationRecord.objects.kept().get()
    assert (record.batch_number, record.site) == ("Y1", "right_thigh")


def test_scenario_21_keep_existing_and_no_keep_both(address, nurse_client):
    shown = page(nurse_client.get(address))
    assert "Keep both" not in shown.text
    nurse_client.post(address, {"decision": "keep_existing"})
    assert VaccinationRecord.objects.get().batch_number == "X05334"
    assert not HistoryIssue.objects.waiting().exists()


def test_a_choice_is_needed(address, nurse_client):
    for answer in ({}, {"decision": "keep_both"}):
        shown = page(nurse_client.post(address, answer))
        assert list(shown.errors.values()) == ["#id_decision"]
    assert HistoryIssue.objects.waiting().exists()


def test_a_decided_issue_leads_back_to_the_list(address, nurse_client):
    page(nurse_client.post(address, {"decision": "keep_existing"}, follow=True))
    for response in (
        nurse_client.get(address, follow=True),
        nurse_client.post(address, {"decision": "use_uploaded"}, follow=True),
    ):
        assert page(response).banner == "This issue does not need review any more"
    assert VaccinationRecord.objects.get().batch_number == "X05334"


def test_other_organisations_find_nothing(issue, address, client_elsewhere):
    assert page(client_elsewhere.get(LIST)).rows == []
    page(client_elsewhere.get(address), status=404)
    page(client_elsewhere.post(address, {"decision": "use_uploaded"}), status=404)
    assert HistoryIssue.objects.waiting().exists()


def test_a_child_of_no_cohort_has_no_page_to_lead_to(upload, nurse_client):
    upload(given())
    upload(given(BATCH_NUMBER="Y1"))
    shown = page(nurse_client.get(f"{LIST}{HistoryIssue.objects.get().public_id}/"))
    assert "Ravi Poole" in shown.text
    assert "Ravi Poole" not in shown.links


def test_queries_do_not_grow_with_the_issues(upload, organisation, alder, nurse_client):
    def add(number: int) -> None:
        rows = []
        for _ in range(number):
            child = ChildFactory(organisation=organisation, school=alder)
            names = {"PERSON_FORENAME": child.given_name, "PERSON_SURNAME": child.family_name}
            rows.append(given(NHS_NUMBER="", **names))
        upload(*rows)
        upload(*[{**row, "BATCH_NUMBER": "Y1"} for row in rows])

    add(2)
    few = count_queries(lambda: nurse_client.get(LIST))
    add(48)
    assert len(page(nurse_client.get(LIST)).rows) == 50
    assert count_queries(lambda: nurse_client.get(LIST)) == few
