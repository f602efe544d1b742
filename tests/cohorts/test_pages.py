"""The pages of uploads, import issues and school moves."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import AccessLogEntry
from cohorts.models import Child, ImportIssue, SchoolMove, Upload
from cohorts.services import issues, school_moves, uploads
from notifications.models import Message
from sessions_app.models import Membership, SessionDate
from tests import factories
from tests.cohorts.conftest import NOW, as_csv, child_row
from tests.pages import count_queries, page, text_of

pytestmark = pytest.mark.django_db
X = "9994712209"


@pytest.fixture(autouse=True)
def today(time_machine):
    time_machine.move_to(NOW)


def send(client, content, name="roll.csv"):
    file = SimpleUploadedFile(name, content, content_type="text/csv")
    return client.post("/uploads/new/cohort/", {"file": file})


def finish(upload=None):
    upload = upload or Upload.objects.latest("pk")
    uploads.run_upload(upload_id=upload.pk, now=NOW)
    return f"/uploads/{upload.public_id}/"


class TestUploading:
    @pytest.fixture(autouse=True)
    def places(self, alder, birch, clinic):
        """Two schools and a clinic."""

    def test_a_file_is_chosen_by_its_type(self, nurse_client):
        start = page(nurse_client.get("/uploads/"))
        assert "No files have been uploaded yet" in start.text
        first = page(nurse_client.get(start.links["Upload records"]))
        assert "Child records" in first.text
        missing = page(nurse_client.post("/uploads/new/", {}))
        assert list(missing.errors) == ["Select the type of records you are uploading"]
        response = nurse_client.post("/uploads/new/", {"kind": "cohort"})
        second = page(nurse_client.get(response["Location"]))
        assert second.h1 == "Upload child records"
        assert "CHILD_SCHOOL_URN" in second.text
        assert "PARENT_2_EMAIL" in second.text

    def test_an_unknown_type_is_not_found(self, nurse_client):
        assert nurse_client.get("/uploads/new/nonsense/").status_code == 404

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "The selected file is empty"),
            (b"a,b\n1,2\n", "missing these columns: CHILD_SCHOOL_URN"),
            (b'CHILD_SCHOOL_URN,"', "not a valid CSV"),
            (b"PK\x03\x04", "The file is a ZIP file"),
            (b"%PDF-1.7", "The file is a PDF"),
            (b"a;b\n1;2\n", "semicolons"),
        ],
    )
    def test_s02_files_that_cannot_be_read_are_refused_at_once(
        self, nurse_client, content, message
    ):
        shown = page(send(nurse_client, content))
        [[words, link]] = shown.errors.items()
        assert message in words
        assert link == "#id_file"
        assert not Upload.objects.exists()

    def test_the_page_opens_without_complaints(self, nurse_client):
        assert not page(nurse_client.get("/uploads/new/cohort/")).errors

    def test_s02_no_file(self, nurse_client):
        assert list(page(nurse_client.post("/uploads/new/cohort/", {})).errors) == ["Select a file"]

    def test_s01_from_the_file_to_the_result(self, nurse_client):
        rows = [child_row(FIRST_NAME=name) for name in ("Ann", "Bea", "Cleo")]
        response = send(nurse_client, as_csv(rows))
        waiting = page(nurse_client.get(response["Location"]))
        assert waiting.banner == "File uploaded. It is being checked"
        assert not waiting.all("div", class_="govuk-notification-banner--success")
        assert "Waiting to start: 0 of 3" in waiting.text
        assert waiting.all("meta", **{"http-equiv": "refresh"})
        done = page(nurse_client.get(finish()))
        assert done.summary["New children"] == "3"
        assert done.summary["Children unchanged"] == "0"
        assert [row[1] for row in done.rows] == ["Ann Poole", "Bea Poole", "Cleo Poole"]
        assert not done.all("meta", **{"http-equiv": "refresh"})
        listed = page(nurse_client.get("/uploads/"))
        assert listed.rows[0][2:] == ["roll.csv", "Child records", "3", "Completed"]

    def test_s03_every_faulty_row_and_column_is_on_one_page(self, nurse_client):
        rows = [
            child_row(FIRST_NAME="", POSTCODE="X"),
            child_row(),
            child_row(NHS_NUMBER="=1+1"),
        ]
        send(nurse_client, as_csv(rows))
        shown = page(nurse_client.get(finish()))
        assert "2 rows have something wrong" in shown.text
        table = [row for row in shown.rows if row[0] in ("2", "4")]
        assert [row[:-1] for row in table[:3]] == [
            ["2", "CHILD_FIRST_NAME"],
            ["2", "CHILD_POSTCODE"],
            ["4", "CHILD_NHS_NUMBER"],
        ]
        download = nurse_client.get(shown.links["Download the file with its problems"])
        text = b"".join(download.streaming_content).decode("utf-8-sig")
        lines = text.splitlines()
        assert lines[0].startswith("PROBLEMS_FOUND,CHILD_SCHOOL_URN")
        assert "CHILD_FIRST_NAME: Enter a first name. CHILD_POSTCODE:" in lines[1]
        assert lines[2].startswith(",140001")
        assert "'=1+1" in lines[3]
        assert not Child.objects.exists()

    def test_only_the_first_100_faulty_rows_are_shown(self, nurse_client):
        send(nurse_client, as_csv([child_row(POSTCODE="X") for _ in range(101)]))
        shown = page(nurse_client.get(finish()))
        assert "Showing the first 100 of 101 rows" in shown.text

    def test_a_download_of_nothing_leads_to_the_result(self, nurse_client):
        send(nurse_client, as_csv([child_row()]))
        path = finish()
        assert nurse_client.get(f"{path}problems/")["Location"] == path

    def test_a_failed_upload_says_so(self, nurse_client):
        send(nurse_client, as_csv([child_row()]))
        Upload.objects.update(status="failed", failure="It broke", finished_at=NOW)
        path = f"/uploads/{Upload.objects.get().public_id}/"
        assert "It broke. You can upload the file again." in page(nurse_client.get(path)).text

    def test_a_double_click_uploads_once(self, nurse_client):
        first = send(nurse_client, as_csv([child_row()]))
        assert send(nurse_client, as_csv([child_row()]))["Location"] == first["Location"]

    def test_the_same_file_again_is_pointed_out(self, nurse_client):
        send(nurse_client, as_csv([child_row()]))
        finish()
        send(nurse_client, as_csv([child_row()]))
        shown = page(nurse_client.get(finish()))
        assert "This is the same file as the upload of 23 November 2026 at 9:30am" in shown.text

    def test_the_postcode_of_a_sensitive_record_is_hidden(self, nurse_client):
        send(nurse_client, as_csv([child_row()]))
        path = finish()
        Child.objects.update(restricted_at=datetime(2026, 10, 1, tzinfo=UTC))
        assert "CV1 2AB" not in page(nurse_client.get(path)).text

    def test_another_organisations_uploads_are_not_listed(self, nurse_client, client_elsewhere):
        send(nurse_client, as_csv([child_row()]))
        assert "No files" in page(client_elsewhere.get("/uploads/")).text


@pytest.fixture
def issue(upload):
    upload(child_row(NHS_NUMBER=X, PARENT_1_NAME="Ann Poole"))
    upload(child_row(NHS_NUMBER=X, FIRST_NAME="Tom", PARENT_1_NAME="Bea Poole"))
    return ImportIssue.objects.get()


class TestIssues:
    def test_the_list_names_what_differs(self, nurse_client, issue):
        shown = page(nurse_client.get("/issues/"))
        assert shown.current_tab == "Issues 1"
        [[child, born, uploaded, about, _]] = shown.rows
        assert (child, born, about) == ("Ravi Poole", "14 March 2014", "First name")
        assert uploaded == "23 November 2026 by Nadia Nurse, line 2"

    def test_both_records_stand_side_by_side_with_differences_marked(self, nurse_client, issue):
        shown = page(nurse_client.get(f"/issues/{issue.public_id}/"))
        assert [text_of(mark) for mark in shown.all("mark")] == [
            "Differs: Tom Poole",
            "Differs: Ravi Poole",
        ]
        assert "Keep existing" in shown.text
        assert "Keep both" not in shown.text
        entry = AccessLogEntry.objects.get()
        assert entry.child_id == issue.child_id

    def test_s07_no_choice_is_an_error(self, nurse_client, issue):
        shown = page(nurse_client.post(f"/issues/{issue.public_id}/", {}))
        assert list(shown.errors) == ["Select which record to keep"]
        assert Child.objects.get().given_name == "Ravi"

    def test_s07_using_the_uploaded_record(self, nurse_client, issue):
        path = f"/issues/{issue.public_id}/"
        shown = page(nurse_client.post(path, {"decision": "use_uploaded"}, follow=True))
        assert "Record updated" in shown.banner
        assert "There are no import issues" in shown.text
        assert Child.objects.get().given_name == "Tom"

    def test_s07_keeping_the_existing_record(self, nurse_client, issue):
        path = f"/issues/{issue.public_id}/"
        kept = page(nurse_client.post(path, {"decision": "keep_existing"}, follow=True))
        assert kept.banner == "Existing record kept"

    def test_keep_both_cannot_be_smuggled_in(self, nurse_client, issue):
        shown = page(nurse_client.post(f"/issues/{issue.public_id}/", {"decision": "keep_both"}))
        assert shown.errors

    def test_s08_keeping_both(self, nurse_client, upload):
        upload(child_row())
        upload(child_row(FIRST_NAME="Rohan"))
        path = f"/issues/{ImportIssue.objects.get().public_id}/"
        assert "Keep both" in page(nurse_client.get(path)).text
        kept = page(nurse_client.post(path, {"decision": "keep_both"}, follow=True))
        assert kept.banner == "Both records kept"
        assert Child.objects.count() == 2

    def test_somebody_else_decided_first(self, nurse_client, nurse, issue):
        issues.decide(
            issue_id=issue.pk,
            decision=ImportIssue.Decision.KEEP_EXISTING,
            by=nurse,
            now=NOW,
        )
        path = f"/issues/{issue.public_id}/"
        shown = page(nurse_client.post(path, {"decision": "use_uploaded"}, follow=True))
        assert "does not need review any more" in shown.banner
        assert Child.objects.get().given_name == "Ravi"

    def test_a_number_taken_since_is_explained(self, nurse_client, upload, organisation):
        upload(child_row())
        upload(child_row(FIRST_NAME="Rohan", NHS_NUMBER=X))
        factories.ChildFactory(organisation=organisation, nhs_number=X)
        path = f"/issues/{ImportIssue.objects.get().public_id}/"
        shown = page(nurse_client.post(path, {"decision": "use_uploaded"}))
        assert "has become another child’s" in next(iter(shown.errors))

    def test_a_sensitive_record_hides_address_and_parents(self, nurse_client, issue):
        Child.objects.update(restricted_at=datetime(2026, 10, 1, tzinfo=UTC))
        shown = page(nurse_client.get(f"/issues/{issue.public_id}/"))
        assert "CV1 2AB" not in shown.text
        assert "Bea Poole" not in shown.text

    def test_the_list_takes_as_many_queries_for_many_issues(self, nurse_client, upload):
        def add(start, size):
            names = [f"Family {number}" for number in range(start, start + size)]
            born = [f"{number % 28 + 1:02d}/03/2014" for number in range(start, start + size)]
            rows = [
                child_row(FIRST_NAME=name, LAST_NAME=name, DATE_OF_BIRTH=day)
                for name, day in zip(names, born, strict=True)
            ]
            upload(*rows)
            upload(*({**row, "CHILD_REGISTRATION": "8B"} for row in rows))
            upload(*({**row, "CHILD_REGISTRATION": "8C"} for row in rows))

        add(0, 2)
        two = count_queries(lambda: page(nurse_client.get("/issues/")))
        add(100, 48)
        assert ImportIssue.objects.waiting().count() == 50
        assert count_queries(lambda: page(nurse_client.get("/issues/"))) == two


@pytest.fixture
def move(upload):
    upload(child_row(NHS_NUMBER=X))
    upload(child_row(NHS_NUMBER=X, SCHOOL_URN="140002"))
    return SchoolMove.objects.get()


class TestSchoolMoves:
    def test_nothing_to_review(self, nurse_client):
        shown = page(nurse_client.get("/school-moves/"))
        assert "There are currently no school moves" in shown.text

    def test_the_list(self, nurse_client, move):
        [[updated, name, change, _]] = page(nurse_client.get("/school-moves/")).rows
        assert (updated, name) == ("23 November 2026", "Ravi Poole")
        assert change == "Child records upload updated: Alder School to Birch School"

    def test_s13_confirming(self, nurse_client, move, birch):
        path = f"/school-moves/{move.public_id}/"
        assert "Birch School" in page(nurse_client.get(path)).text
        shown = page(nurse_client.post(path, {"decision": "confirm"}, follow=True))
        assert "updated with new school" in shown.banner
        assert Child.objects.get().school == birch

    def test_s13_ignoring(self, nurse_client, move, alder):
        path = f"/school-moves/{move.public_id}/"
        shown = page(nurse_client.post(path, {"decision": "ignore"}, follow=True))
        assert "School move ignored" in shown.banner
        assert Child.objects.get().school == alder

    def test_s13_no_choice_is_an_error(self, nurse_client, move):
        shown = page(nurse_client.post(f"/school-moves/{move.public_id}/", {}))
        assert list(shown.errors) == ["Select whether to update the record"]

    def test_somebody_else_decided_first(self, nurse_client, nurse, move):
        school_moves.ignore(move_id=move.pk, by=nurse, now=NOW)
        path = f"/school-moves/{move.public_id}/"
        shown = page(nurse_client.post(path, {"decision": "confirm"}, follow=True))
        assert "does not need review any more" in shown.banner

    @pytest.mark.parametrize(
        ("urn", "sentence"),
        [("999999", "is home-educated now"), ("888888", "their new school is not known")],
    )
    def test_leaving_for_no_school_says_that_the_clinic_invites(
        self, nurse_client, upload, alder, clinic, urn, sentence
    ):
        factories.SessionFactory(
            organisation=alder.team.organisation, location=alder, academic_year=2026
        )
        SessionDate.objects.create(session=clinic, value=(NOW + timedelta(days=30)).date())
        clinic.invitations_on = (NOW - timedelta(days=1)).date()
        clinic.save()
        upload(child_row(PARENT_1_EMAIL="ann@example.com"))
        upload(child_row(PARENT_1_EMAIL="ann@example.com", SCHOOL_URN=urn))
        path = f"/school-moves/{SchoolMove.objects.get(decision='').public_id}/"
        asked = page(nurse_client.get(path))
        assert sentence in asked.text
        assert "another school" not in asked.text
        assert "Their parents will be invited to the community clinic at once." in asked.text
        assert "Update record with new school" not in asked.text
        done = page(nurse_client.post(path, {"decision": "confirm"}, follow=True)).banner
        assert "Their parents will be written to." in done
        assert "Invitations to the community clinic, 2026/27: now." in done
        assert Message.objects.exists()

    def test_a_move_to_a_school_with_a_session_invites_nobody(
        self, nurse_client, move, birch, clinic
    ):
        SessionDate.objects.create(session=clinic, value=(NOW + timedelta(days=30)).date())
        factories.SessionFactory(
            organisation=birch.team.organisation, location=birch, academic_year=2026
        )
        path = f"/school-moves/{move.public_id}/"
        assert "will be invited" not in page(nurse_client.get(path)).text
        answers = {"decision": "confirm", "session": "session"}
        done = page(nurse_client.post(path, answers, follow=True))
        assert done.banner == "Child record updated with new school"

    def test_s14_to_a_closed_session_means_the_clinic(self, nurse_client, move, birch, clinic):
        factories.SessionFactory(
            organisation=birch.team.organisation,
            location=birch,
            academic_year=2026,
            closed_at=NOW,
        )
        nurse_client.post(f"/school-moves/{move.public_id}/", {"decision": "confirm"})
        assert Membership.objects.get(left_at=None).session == clinic

    @pytest.mark.parametrize(("answer", "in_clinic"), [("clinic", True), ("session", False)])
    def test_s15_from_the_clinic_to_a_school(
        self, nurse_client, upload, birch, clinic, answer, in_clinic
    ):
        day = (NOW + timedelta(days=30)).date()
        session = factories.SessionFactory(
            organisation=birch.team.organisation,
            location=birch,
            academic_year=2026,
            dates=[day],
        )
        upload(child_row(SCHOOL_URN="999999"))
        upload(child_row(SCHOOL_URN="140002"))
        path = f"/school-moves/{SchoolMove.objects.get().public_id}/"
        asked = page(nurse_client.get(path))
        assert "Move Ravi Poole to the upcoming school session?" in asked.text
        assert "23 December 2026" in asked.text
        unanswered = page(nurse_client.post(path, {"decision": "confirm"}))
        assert list(unanswered.errors) == [
            "Select whether to move the child to the upcoming school session"
        ]
        nurse_client.post(path, {"decision": "confirm", "session": answer})
        held = Membership.objects.get(left_at=None).session
        assert held == (clinic if in_clinic else session)
        assert Child.objects.get().school == birch

    def test_s15_ignoring_needs_no_answer_about_the_session(self, nurse_client, upload, birch):
        factories.SessionFactory(
            organisation=birch.team.organisation, location=birch, academic_year=2026
        )
        upload(child_row(SCHOOL_URN="999999"))
        upload(child_row(SCHOOL_URN="140002"))
        path = f"/school-moves/{SchoolMove.objects.get().public_id}/"
        shown = page(nurse_client.post(path, {"decision": "ignore"}, follow=True))
        assert "School move ignored" in shown.banner

    def test_a_move_to_another_organisation_is_with_the_one_that_has_the_child(
        self, client_elsewhere, nurse_client, upload, elsewhere
    ):
        cedar = factories.SchoolFactory(team__organisation=elsewhere, name="Cedar School")
        factories.ChildFactory(
            organisation=elsewhere,
            nhs_number=X,
            family_name="Poole",
            date_of_birth=datetime(2014, 3, 14).date(),
            school=cedar,
        )
        upload(child_row(NHS_NUMBER=X))
        assert page(nurse_client.get("/school-moves/")).rows == []
        [[_, _, change, _]] = page(client_elsewhere.get("/school-moves/")).rows
        assert change.endswith("Cedar School to Alder School (Coventry SAIS)")
        path = f"/school-moves/{SchoolMove.objects.get().public_id}/"
        assert "looked after by Coventry SAIS" in page(client_elsewhere.get(path)).text


class TestLists:
    """A page asks as often for fifty rows as for two."""

    @pytest.mark.parametrize("path", ["/uploads/", "/school-moves/", "/uploads/{}/"])
    def test_queries_do_not_grow_with_rows(self, nurse_client, upload, path):
        def rows(start, size, **cells):
            return [
                child_row(FIRST_NAME=f"Given {n}", LAST_NAME=f"Family {n}", **cells)
                for n in range(start, start + size)
            ]

        def queries(done):
            address = path.format(done.public_id)
            return count_queries(lambda: page(nurse_client.get(address)))

        upload(*rows(0, 2))
        few = queries(upload(*rows(0, 2, SCHOOL_URN="140002")))
        upload(*rows(2, 48))
        assert queries(upload(*rows(0, 50, SCHOOL_URN="140002"))) == few
        assert SchoolMove.objects.waiting().count() == 50
