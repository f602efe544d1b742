"""Uploading vaccination history: whom it is about, what is stored, what follows."""

from datetime import date, datetime, time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from activity.models import Entry
from cohorts.models import Child, UploadedChild
from sessions_app import memberships, statuses
from sessions_app.models import Membership, ProgrammeStatus, SessionDate
from tests.factories import ChildFactory, MembershipFactory, RelationshipFactory, UserFactory
from tests.vaccinations.conftest import NOW, SESSION_DAY, given, not_given
from vaccinations.models import HistoryIssue, VaccinationRecord

OTHER = {"NHS_NUMBER": "9995864134", "PERSON_FORENAME": "Blair", "PERSON_SURNAME": "Young"}


def messages(upload) -> list[str]:
    return [message for _, _, message in upload.problems]


def counts(upload) -> dict[str, int]:
    """The outcomes that happened."""
    assert upload.status == "completed", upload.problems or upload.failure
    assert sum(upload.counts.values()) == upload.rows_total
    return {outcome: number for outcome, number in upload.counts.items() if number}


def test_a_vaccination_is_stored_with_all_the_file_says(upload, ravi, organisation):
    done = upload(given(NOTES="Left arm sore"))
    assert counts(done) == {"new": 1}
    record = VaccinationRecord.objects.get()
    assert (record.child, record.programme_id, record.organisation) == (ravi, "hpv", organisation)
    assert (record.outcome, record.vaccine.brand) == ("administered", "Gardasil 9")
    assert (record.performed_on, record.performed_time) == (date(2025, 10, 17), time(10, 23))
    assert (record.batch_number, record.batch_expiry) == ("X05334", date(2027, 12, 31))
    assert (record.site, record.dose_sequence) == ("left_upper_arm", 1)
    assert (record.place_name, record.session) == ("Alder School", None)
    assert (record.notes, record.upload) == ("Left arm sore", done)
    row = UploadedChild.objects.get()
    assert (row.upload, row.child, row.line, row.outcome) == (done, ravi, 2, "new")


def test_a_file_with_one_bad_row_stores_nothing(upload, ravi):
    done = upload(given(), given(**OTHER, BATCH_NUMBER=""))
    assert done.status == "invalid"
    assert done.problems == [[3, "BATCH_NUMBER", "Enter a batch number"]]
    assert not VaccinationRecord.objects.exists()
    assert Child.objects.get() == ravi


def test_existing_children_are_never_edited(upload, ravi):
    before = Child.objects.values().get()
    upload(
        given(PERSON_FORENAME="Ravindra", PERSON_POSTCODE="LS1 4AP", PERSON_GENDER_CODE="Female")
    )
    assert Child.objects.values().get() == before
    assert ravi.vaccinations.count() == 1


def test_a_child_without_an_nhs_number_is_found_by_all_four(upload, ravi):
    ravi.nhs_number = None
    ravi.save()
    upload(given(NHS_NUMBER="", PERSON_FORENAME="RAVI", PERSON_POSTCODE="cv12ab"))
    assert ravi.vaccinations.count() == 1
    assert Child.objects.count() == 1


@pytest.mark.parametrize(
    "cells",
    [
        {"PERSON_FORENAME": "Ravina"},
        {"PERSON_POSTCODE": "CV1 9ZZ"},
        {"PERSON_DOB": "20131002"},
        {"PERSON_SURNAME": "Pool"},
    ],
)
def test_history_is_matched_exactly_because_of_twins(upload, ravi, cells):
    done = upload(given(NHS_NUMBER="", **cells))
    assert counts(done) == {"new": 1}
    assert not ravi.vaccinations.exists()
    assert Child.objects.count() == 2
    assert any("resembles a child" in note and ": 2." in note for note in done.notes)


def test_without_a_postcode_names_and_birth_date_decide(upload, ravi):
    ravi.nhs_number = None
    ravi.save()
    upload(given(PERSON_POSTCODE=""))
    assert ravi.vaccinations.count() == 1


def test_two_children_who_fit_are_for_a_person_to_tell_apart(upload, ravi, organisation):
    ravi.nhs_number = None
    ravi.save()
    ChildFactory(
        organisation=organisation,
        given_name="Ravi",
        family_name="Poole",
        date_of_birth=ravi.date_of_birth,
        postcode="LS1 4AP",
    )
    done = upload(given(PERSON_POSTCODE=""))
    assert done.status == "invalid"
    assert messages(done) == ["2 children already in Mavis could be this one. Add the NHS number"]


def test_a_strangers_nhs_number_is_refused(upload, ravi):
    done = upload(given(PERSON_SURNAME="Young", PERSON_DOB="20120505"))
    assert done.status == "invalid"
    assert done.problems[0][:2] == [2, "NHS_NUMBER"]
    assert "Ravi" not in str(done.problems)


def test_scenario_20_a_new_child_is_in_no_cohort_and_no_session(upload, clinic_session):
    done = upload(given(PERSON_GENDER_CODE="Female"))
    child = Child.objects.get()
    assert (child.organisation, child.school, child.home_educated) == (None, None, False)
    assert (child.nhs_number, child.gender, child.postcode) == ("9994712209", 2, "CV1 2AB")
    assert child.birth_academic_year == 2013
    assert not Membership.objects.exists()
    assert not ProgrammeStatus.objects.exists()
    assert any(note.startswith("1 child in this file") for note in done.notes)


def test_rows_about_one_new_child_make_one_child(upload):
    upload(
        not_given(NHS_NUMBER="", DATE_OF_VACCINATION="20251010"),
        given(),
        given(**OTHER),
    )
    assert Child.objects.count() == 2
    ravi = Child.objects.get(given_name="Ravi")
    assert ravi.nhs_number == "9994712209"
    assert ravi.vaccinations.count() == 2


def test_a_child_of_no_cohort_is_found_again_by_the_files_that_made_it(upload):
    upload(given(NHS_NUMBER=""))
    done = upload(given(NHS_NUMBER=""))
    assert counts(done) == {"unchanged": 1}
    assert Child.objects.count() == 1


def test_another_organisations_child_is_only_found_by_the_nhs_number(upload, ravi, elsewhere):
    ravi.organisation = elsewhere
    ravi.save()
    upload(given(NHS_NUMBER=""))
    assert not ravi.vaccinations.exists()
    done = upload(given(DATE_OF_VACCINATION="20251018"))
    assert ravi.vaccinations.count() == 1
    assert not done.rows.exists()


def test_row_72_the_same_file_again_changes_nothing(upload, ravi):
    rows = given(), not_given(DATE_OF_VACCINATION="20251010")
    assert counts(upload(*rows)) == {"new": 2}
    before = list(VaccinationRecord.objects.values())
    entries = Entry.objects.count()
    assert counts(upload(*rows)) == {"unchanged": 2}
    assert list(VaccinationRecord.objects.values()) == before
    assert Entry.objects.count() == entries
    assert not HistoryIssue.objects.exists()


def test_row_72_another_site_waits_for_a_person(upload, ravi):
    upload(given())
    done = upload(given(ANATOMICAL_SITE="Right Upper Arm", BATCH_NUMBER="Y1"))
    assert counts(done) == {"review": 1}
    issue = HistoryIssue.objects.get()
    assert issue.values == {"site": "right_upper_arm", "batch_number": "Y1"}
    assert VaccinationRecord.objects.get().site == "left_upper_arm"


@pytest.mark.parametrize(
    "cells",
    [
        {"BATCH_NUMBER": "x05334"},
        {"ANATOMICAL_SITE": "", "BATCH_EXPIRY_DATE": ""},
        {"SCHOOL_NAME": "ALDER SCHOOL"},
    ],
)
def test_case_and_blank_cells_are_no_difference(upload, ravi, cells):
    upload(given())
    assert counts(upload(given(**cells))) == {"unchanged": 1}


def test_a_newer_file_replaces_what_an_older_one_proposed(upload, ravi):
    upload(given())
    upload(given(BATCH_NUMBER="Y1"))
    upload(given(BATCH_NUMBER="Y2"))
    decisions = HistoryIssue.objects.order_by("id").values_list("values", "decision")
    assert list(decisions) == [
        ({"batch_number": "Y1"}, "replaced"),
        ({"batch_number": "Y2"}, ""),
    ]
    upload(given())
    assert not HistoryIssue.objects.waiting().exists()


def test_row_73_the_same_vaccination_twice_in_a_file(upload, ravi):
    done = upload(given(), given(**OTHER), given(ANATOMICAL_SITE="Right Upper Arm"))
    assert done.status == "invalid"
    assert done.problems == [
        [2, "", "This vaccination is also on line 4"],
        [4, "", "This vaccination is also on line 2"],
    ]


def test_two_doses_are_two_vaccinations(upload, ravi):
    done = upload(given(), given(DOSE_SEQUENCE="2", DATE_OF_VACCINATION="20260417"))
    assert counts(done) == {"new": 2}


def test_what_another_organisation_recorded_is_theirs_to_correct(upload, ravi, elsewhere):
    upload(given())
    VaccinationRecord.objects.update(organisation=elsewhere)
    assert counts(upload(given())) == {"unchanged": 1}
    assert counts(upload(given(BATCH_NUMBER="Y1"))) == {"new": 1}


def test_discarded_records_are_not_met_again(upload, ravi, superuser):
    upload(given())
    VaccinationRecord.objects.update(discarded_at=NOW, discarded_by=superuser)
    assert counts(upload(given())) == {"new": 1}


def test_the_activity_log_tells_of_the_vaccination_when_it_was(upload, ravi):
    upload(
        given(NOTES="Left arm sore"),
        not_given(DATE_OF_VACCINATION="20251010", TIME_OF_VACCINATION=""),
    )
    log = list(ravi.activity.order_by("at").values_list("title", "body", "kind"))
    assert log == [
        ("HPV vaccination not given: Unwell", "", "vaccination"),
        ("Vaccinated with Gardasil 9 (HPV)", "Left arm sore", "vaccination"),
    ]
    times = [entry.at for entry in ravi.activity.order_by("at")]
    assert times == [
        datetime.fromisoformat("2025-10-10T11:00:00+00:00"),
        datetime.fromisoformat("2025-10-17T09:23:00+00:00"),
    ]


def test_who_vaccinated_is_the_actor(upload, ravi, organisation):
    vera = UserFactory(
        organisation=organisation,
        email="vera@example.com",
        given_name="Vera",
        family_name="Vaccinator",
    )
    upload(given(PERFORMING_PROFESSIONAL_EMAIL="Vera@example.com"))
    assert VaccinationRecord.objects.get().performer == vera
    assert ravi.activity.get().actor_name == "Vera Vaccinator"


def test_status_and_invitation_follow(upload, ravi, clinic_session):
    RelationshipFactory(child=ravi)
    memberships.join(clinic_session, [ravi.pk], reason="not_vaccinated", now=NOW)
    status = ProgrammeStatus.objects.get(child=ravi)
    assert (status.vaccination, status.exclusion) == ("not_vaccinated", "")
    upload(given())
    status.refresh_from_db()
    assert (status.vaccination, status.exclusion) == ("vaccinated", "vaccinated")
    assert not list(statuses.stale([ravi.pk], today=NOW.date()))
    assert Membership.objects.get(session=clinic_session).left_at is None


def test_scenario_22_a_vaccinated_child_leaves_the_coming_school_session(
    upload, ravi, school_session
):
    memberships.join(school_session, [ravi.pk], reason="at_school", now=NOW)
    upload(not_given())
    assert Membership.objects.get().left_at is None
    upload(given())
    membership = Membership.objects.get()
    assert (membership.left_at, membership.left_because) == (NOW, "Already vaccinated")


def test_scenario_22_already_had_counts_too(upload, ravi, school_session):
    memberships.join(school_session, [ravi.pk], reason="at_school", now=NOW)
    upload(not_given(REASON_NOT_VACCINATED="Already had elsewhere"))
    assert Membership.objects.get().left_at is not None


def test_scenario_22_a_child_seen_in_the_session_stays(upload, ravi, school_session):
    memberships.join(school_session, [ravi.pk], reason="at_school", now=NOW)
    upload(given(DATE_OF_VACCINATION=SESSION_DAY.isoformat()))
    assert VaccinationRecord.objects.get().session == school_session
    assert Membership.objects.get().left_at is None


def test_a_session_with_another_vaccination_to_give_keeps_the_child(
    upload, ravi, school_session, organisation
):
    organisation.programmes.add("flu")
    school_session.programmes.add("flu")
    memberships.join(school_session, [ravi.pk], reason="at_school", now=NOW)
    upload(given())
    assert Membership.objects.get().left_at is None


def test_completed_and_closed_sessions_are_history(upload, ravi, school_session):
    SessionDate.objects.filter(value=date(2027, 3, 1)).update(removed_at=NOW)
    memberships.join(school_session, [ravi.pk], reason="at_school", now=NOW)
    upload(given())
    assert Membership.objects.get().left_at is None


def test_a_day_on_which_somebody_was_vaccinated_is_fixed(upload, ravi, school_session):
    upload(not_given(DATE_OF_VACCINATION=SESSION_DAY.isoformat()))
    days = dict(SessionDate.objects.values_list("value", "attended_at"))
    assert set(days.values()) == {None}
    upload(given(DATE_OF_VACCINATION=SESSION_DAY.isoformat()))
    days = dict(SessionDate.objects.values_list("value", "attended_at"))
    assert days == {SESSION_DAY: NOW, date(2027, 3, 1): None}


def test_this_year_in_the_clinic(upload, ravi, clinic_session, royal_elm):
    upload(
        given(
            DATE_OF_VACCINATION="20261031",
            CARE_SETTING="2",
            CLINIC_NAME="ROYAL elm",
        )
    )
    record = VaccinationRecord.objects.get()
    assert (record.session, record.place_name) == (clinic_session, "Royal Elm")


def test_row_62_a_removed_day_is_no_session_date(upload, ravi, school_session):
    SessionDate.objects.filter(value=SESSION_DAY).update(removed_at=NOW)
    done = upload(given(DATE_OF_VACCINATION=SESSION_DAY.isoformat()))
    assert [problem[1] for problem in done.problems] == ["DATE_OF_VACCINATION"]


def test_queries_do_not_grow_with_the_rows(upload, organisation, alder, school_session):
    def queries(first: int, last: int) -> int:
        rows = []
        for number in range(first, last):
            child = ChildFactory(organisation=organisation, school=alder, family_name="Poole")
            MembershipFactory(session=school_session, child=child)
            rows.append(
                given(
                    NHS_NUMBER="",
                    PERSON_FORENAME=child.given_name,
                    BATCH_NUMBER=f"X{number}",
                )
            )
        rows.append(given(NHS_NUMBER="", PERSON_FORENAME=f"Nobody{first}"))
        with CaptureQueriesContext(connection) as captured:
            assert counts(upload(*rows)) == {"new": len(rows)}
        return len(captured)

    queries(0, 1)
    few = queries(1, 3)
    assert queries(3, 53) == few
