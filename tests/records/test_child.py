"""A child's record and activity log."""

from datetime import UTC, date, datetime, time

import pytest

from accounts.models import AccessLogEntry
from activity.models import Entry
from cohorts.models import ImportIssue, Parent, ParentRelationship, SchoolMove, Upload
from notifications.models import Message
from sessions_app.models import Invitation, Membership, ProgrammeStatus
from tests.factories import (
    ChildFactory,
    ClinicSessionFactory,
    MembershipFactory,
    ParentFactory,
    RelationshipFactory,
    SchoolFactory,
    SessionFactory,
    TeamFactory,
    VaccinationRecordFactory,
)
from tests.pages import count_queries, page, text_of
from vaccinations.models import HistoryIssue

RESTRICTED = {"restricted_at": datetime(2026, 9, 1, tzinfo=UTC)}
HIDDEN = "Hidden because this record is flagged as sensitive"


@pytest.fixture
def child(organisation):
    return ChildFactory(
        organisation=organisation,
        given_name="Ravi",
        family_name="Poole",
        preferred_given_name="Rav",
        nhs_number="9994712209",
        date_of_birth=date(2013, 10, 1),
        gender=1,
        address_line_1="1 High Street",
        town="Coventry",
        postcode="CV1 2AB",
        registration="8B",
    )


@pytest.fixture
def shown(child, nurse_client):
    """The child's record, fetched when the test is ready."""
    return lambda: page(nurse_client.get(f"/children/{child.public_id}/"), names_person=True)


def test_details(shown):
    record = shown()
    assert record.h1 == "Ravi Poole"
    assert record.title.startswith("Child record of RP")
    assert record.summary == {
        "NHS number": "999 471 2209",
        "Full name": "Ravi Poole",
        "Known as": "Rav Poole",
        "Date of birth": "1 October 2013 (aged 13)",
        "Gender": "Male",
        "Address": "1 High StreetCoventryCV1 2AB",
        "School": "Unknown school",
        "Year group": "Year 8 (8B)",
    }
    assert record.current_tab == "Child record"


def test_what_is_not_known(child, shown, organisation):
    child.nhs_number, child.preferred_given_name, child.registration = None, "", ""
    child.address_line_1 = child.town = child.postcode = ""
    child.school = SchoolFactory(name="Alder School", team=TeamFactory(organisation=organisation))
    child.home_educated = None
    child.save()
    record = shown()
    assert record.summary["NHS number"] == "Not provided"
    assert record.summary["Address"] == "Not provided"
    assert record.summary["School"] == "Alder School"
    assert record.summary["Year group"] == "Year 8"
    assert "Known as" not in record.summary
    for nothing in ("No parents or guardians", "The child is in no session.", "No vaccinations"):
        assert nothing in record.text


def test_an_invalid_number_is_struck_through(child, shown):
    child.invalidated_at = datetime(2026, 9, 1, tzinfo=UTC)
    child.save()
    assert [text_of(struck) for struck in shown().all("s")] == ["999 471 2209"]


def test_a_child_who_has_died_has_a_date_of_death_and_no_age(child, shown):
    child.date_of_death = date(2026, 5, 1)
    child.save()
    assert shown().summary["Date of death"] == "1 May 2026"
    assert shown().summary["Date of birth"] == "1 October 2013"


def test_parents(child, shown, organisation):
    mother = ParentFactory(
        organisation=organisation,
        full_name="Ann Poole",
        email="ann@example.com",
        phone="+447700900123",
        contact_method=Parent.ContactMethod.OTHER,
        contact_method_details="Text relay",
    )
    RelationshipFactory(child=child, parent=mother)
    somebody = ParentFactory(
        organisation=organisation, full_name="", email="x@example.com", phone=""
    )
    RelationshipFactory(
        child=child,
        parent=somebody,
        kind=ParentRelationship.Kind.OTHER,
        other_name="Step-dad",
    )
    record = shown()
    for words in (
        "Ann Poole",
        "Mum",
        "ann@example.com",
        "07700 900123",
        "Other: Text relay",
        "Parent or guardian (name unknown)",
        "Step-dad",
    ):
        assert words in record.text


def test_an_address_that_messages_do_not_reach_is_marked(child, shown):
    parent = RelationshipFactory(child=child).parent
    parent.email_failed_at = datetime(2026, 10, 1, tzinfo=UTC)
    parent.save()
    assert shown().text.count("Messages do not arrive") == 1


def test_a_sensitive_record_hides_address_parents_and_recipients(child, shown, organisation):
    child.restricted_at = RESTRICTED["restricted_at"]
    child.save()
    parent = RelationshipFactory(child=child, parent__full_name="Ann Poole").parent
    failed_message(child, organisation, recipient=parent.email)
    record = shown()
    assert record.summary["Address"] == HIDDEN
    for secret in ("CV1 2AB", "High Street", "Ann Poole", parent.email):
        assert secret not in record.text


def failed_message(child, organisation, **fields):
    return Message.objects.create(
        **{
            "letter": "11111111-1111-1111-1111-111111111111",
            "template": "clinic_initial_invitation",
            "channel": "email",
            "recipient": "ann@example.com",
            "organisation": organisation,
            "child": child,
            "status": Message.Status.FAILED,
            "reason": "The address does not exist",
            "due_at": datetime(2026, 11, 1, tzinfo=UTC),
            "created_at": datetime(2026, 11, 1, 9, tzinfo=UTC),
            **fields,
        }
    )


def test_messages_that_were_not_delivered(child, shown, organisation):
    assert "not delivered" not in shown().text
    failed_message(child, organisation)
    row = next(row for row in shown().rows if "ann@example.com" in row)
    assert row[2:] == [
        "1 November 2026 at 9:00am",
        "Could not be delivered: The address does not exist",
    ]


def test_a_message_that_was_sent_again_is_no_trouble_any_more(child, shown, organisation):
    first = failed_message(child, organisation)
    failed_message(
        child,
        organisation,
        letter="22222222-2222-2222-2222-222222222222",
        resend_of=first,
        status=Message.Status.WAITING,
        reason="",
    )
    assert "not delivered" not in shown().text


def test_sessions_with_why_and_when(child, shown, organisation):
    school = SessionFactory(organisation=organisation, location__name="Alder School")
    clinic = ClinicSessionFactory(organisation=organisation)
    MembershipFactory(
        session=school,
        child=child,
        reason=Membership.Reason.AT_SCHOOL,
        joined_at=datetime(2026, 9, 1, 8, tzinfo=UTC),
        left_at=datetime(2026, 10, 1, 8, tzinfo=UTC),
        left_because="Moved to another place",
    )
    MembershipFactory(
        session=clinic,
        child=child,
        reason=Membership.Reason.NOT_VACCINATED,
        joined_at=datetime(2026, 10, 1, 8, tzinfo=UTC),
        joined_from=school,
    )
    record = shown()
    assert record.rows == [
        [
            "Community clinic",
            "2026/27",
            "1 October 2026 at 9:00am",
            "Not vaccinated in school (Alder School)",
            "",
        ],
        [
            "Alder School",
            "2026/27",
            "1 September 2026 at 9:00am",
            "At this school",
            "1 October 2026 at 9:00am: Moved to another place",
        ],
    ]
    assert record.links["Community clinic"] == f"/sessions/{clinic.slug}/"


def test_the_invitation_to_the_clinic(child, shown, organisation):
    clinic = ClinicSessionFactory(organisation=organisation)
    MembershipFactory(session=clinic, child=child)
    status = ProgrammeStatus.objects.create(
        child=child, programme_id="hpv", academic_year=2026, exclusion="no_contact"
    )
    assert "Community clinic: Not invited: no contact details" in shown().text
    status.exclusion = ""
    status.save()
    assert "Will be invited" in shown().text
    Invitation.objects.create(
        child=child,
        session=clinic,
        programme_id="hpv",
        planned_at=datetime(2026, 11, 1, tzinfo=UTC),
        letter="11111111-1111-1111-1111-111111111111",
    )
    failed_message(child, organisation)
    record = shown()
    assert "Invited on 1 November 2026, but it could not be delivered" in record.text


def test_vaccinations(child, shown):
    VaccinationRecordFactory(
        child=child,
        performed_on=date(2025, 10, 17),
        performed_time=time(10, 23),
        batch_number="X05334",
        batch_expiry=date(2027, 12, 31),
        site="left_upper_arm",
        dose_sequence=1,
        place_name="Alder School",
        performer_name="Ada Byrne",
    )
    VaccinationRecordFactory(child=child, outcome="unwell", performed_on=date(2025, 10, 10))
    given, unwell = shown().rows
    assert given[0].startswith("HPV")
    assert given[1:4] == ["Vaccinated", "17 October 202510:23am", "Alder School"]
    for words in (
        "Dose 1",
        "Left upper arm",
        "Batch X05334, expires 31 December 2027",
        "Ada Byrne",
    ):
        assert words in given[4]
    assert unwell[1] == "Unwell"


def test_discarded_vaccinations_are_gone(child, shown, superuser):
    VaccinationRecordFactory(
        child=child,
        discarded_at=datetime(2026, 10, 2, tzinfo=UTC),
        discarded_by=superuser,
    )
    assert "No vaccinations" in shown().text


def test_activity_log(child, nurse_client, organisation):
    Entry.objects.create(
        child=child,
        organisation=organisation,
        kind=Entry.Kind.RECORD,
        title="Added to the cohort",
        at=datetime(2026, 9, 1, 8, tzinfo=UTC),
    )
    log = page(nurse_client.get(f"/children/{child.public_id}/activity/"), names_person=True)
    assert log.current_tab == "Activity log"
    assert "1 September 2026" in log.text
    assert "Added to the cohort" in log.text


def test_a31_opening_a_record_and_its_log_is_kept(child, nurse, nurse_client):
    nurse_client.get("/children/")
    assert not AccessLogEntry.objects.exists()
    nurse_client.get(f"/children/{child.public_id}/")
    nurse_client.get(f"/children/{child.public_id}/activity/")
    entries = AccessLogEntry.objects.order_by("id").values_list("user", "child_id", "area", "page")
    assert list(entries) == [
        (nurse.pk, child.pk, "child", "show"),
        (nurse.pk, child.pk, "child", "activity"),
    ]


@pytest.mark.parametrize("path", ["", "activity/"])
def test_another_organisations_child_is_not_found_and_not_logged(child, client_elsewhere, path):
    page(client_elsewhere.get(f"/children/{child.public_id}/{path}"), status=404)
    assert not AccessLogEntry.objects.exists()


def test_queries_do_not_grow(child, nurse_client, organisation):
    clinic = ClinicSessionFactory(organisation=organisation)
    MembershipFactory(session=clinic, child=child)

    def add(number: int) -> None:
        for _ in range(number):
            RelationshipFactory(child=child)
            VaccinationRecordFactory(child=child, outcome="unwell")
            MembershipFactory(session=SessionFactory(organisation=organisation), child=child)
            failed_message(child, organisation, recipient=f"p{Message.objects.count()}@example.com")

    def queries() -> int:
        return count_queries(lambda: nurse_client.get(f"/children/{child.public_id}/"))

    add(2)
    few = queries()
    add(48)
    assert queries() == few


def test_what_waits_for_a_decision(child, shown, organisation):
    assert "Waiting for a decision" not in shown().text
    upload = Upload.objects.create(
        organisation=organisation, kind=Upload.Kind.COHORT, sha256="0" * 64, file_name="roll.csv"
    )
    issue = ImportIssue.objects.create(
        child=child, upload=upload, line=2, values={}, row={}, matched_on_nhs_number=True
    )
    move = SchoolMove.objects.create(
        child=child, organisation=organisation, source="cohort", home_educated=True
    )
    history = HistoryIssue.objects.create(
        record=VaccinationRecordFactory(child=child, performed_on=date(2025, 10, 17)),
        upload=upload,
        line=3,
        values={},
    )
    links = shown().links
    assert links["An upload has different details for this child"] == f"/issues/{issue.public_id}/"
    assert links["School move to Home-educated"] == f"/school-moves/{move.public_id}/"
    words = "An upload differs from the HPV vaccination of 17 October 2025"
    assert links[words] == f"/vaccination-issues/{history.public_id}/"


def test_a_long_log_comes_in_pages(child, nurse_client, organisation):
    Entry.objects.bulk_create(
        Entry(
            child=child,
            organisation=organisation,
            kind=Entry.Kind.RECORD,
            title=f"Entry {number}.",
            at=datetime(2026, 9, 1, 8, tzinfo=UTC),
        )
        for number in range(60)
    )
    address = f"/children/{child.public_id}/activity/"
    first = page(nurse_client.get(address), names_person=True)
    second = page(nurse_client.get(address, {"page": 2}), names_person=True)
    assert (first.text.count("Entry "), second.text.count("Entry ")) == (50, 10)
    assert first.links["2"] == f"{address}?page=2"
