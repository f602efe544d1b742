"""Correcting and discarding records, and what follows."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.models import AccessLogEntry
from sessions_app import memberships
from sessions_app.models import Membership, ProgrammeStatus
from tests.factories import RelationshipFactory, VaccinationRecordFactory
from tests.vaccinations.conftest import NOW, given
from vaccinations import services
from vaccinations.history import issues
from vaccinations.models import HistoryIssue, VaccinationRecord


@pytest.fixture
def record(ravi):
    made = VaccinationRecordFactory(child=ravi, batch_number="X1", site="left_thigh")
    services.facts_changed([ravi.pk], now=NOW, by=None)
    return made


def titles(child) -> list[str]:
    return list(child.activity.order_by("id").values_list("title", flat=True))


def test_a_correction_is_a_new_record_beside_the_discarded_one(record, ravi, nurse):
    corrected = services.correct(
        record, values={"batch_number": "Y2", "batch_expiry": date(2027, 1, 1)}, by=nurse, now=NOW
    )
    record.refresh_from_db()
    assert (record.batch_number, record.discarded_at, record.discarded_by) == ("X1", NOW, nurse)
    assert (corrected.batch_number, corrected.site) == ("Y2", "left_thigh")
    assert corrected.public_id != record.public_id
    assert (corrected.replaces, corrected.discarded_at) == (record, None)
    entry = ravi.activity.get(title="HPV vaccination record corrected")
    assert (entry.body, entry.actor) == ("Changed: batch number, batch expiry date", nurse)
    assert ProgrammeStatus.objects.get(child=ravi).vaccination == "vaccinated"
    services.discard(record_id=corrected.pk, by=nurse, now=NOW)
    deleted = ravi.activity.get(title="HPV vaccination record deleted")
    assert (deleted.subject, deleted.voids) == (record.public_id, "Deleted")


def test_a_discarded_record_counts_no_more_and_leaves_a_trace(record, ravi, superuser):
    services.discard(record_id=record.pk, by=superuser, now=NOW)
    record.refresh_from_db()
    assert (record.discarded_at, record.discarded_by) == (NOW, superuser)
    assert ProgrammeStatus.objects.get(child=ravi).vaccination == "not_vaccinated"
    assert "HPV vaccination record deleted" in titles(ravi)


def test_a_record_is_discarded_once(record, ravi, superuser):
    services.discard(record_id=record.pk, by=superuser, now=NOW)
    with pytest.raises(services.AlreadyDiscarded):
        services.discard(record_id=record.pk, by=superuser, now=NOW)
    with pytest.raises(services.AlreadyDiscarded):
        services.correct(record, values={"notes": "late"}, by=superuser, now=NOW)
    assert titles(ravi).count("HPV vaccination record deleted") == 1


def test_discarding_brings_the_child_back_to_the_school_session(
    ravi, school_session, upload, superuser
):
    memberships.join(school_session, [ravi.pk], reason="at_school", now=NOW)
    upload(given())
    assert not Membership.objects.filter(left_at=None).exists()
    services.discard(record_id=VaccinationRecord.objects.get().pk, by=superuser, now=NOW)
    assert Membership.objects.get(left_at=None).session == school_session


def test_discarding_in_the_clinic_invites_what_is_due(ravi, clinic_session, upload, superuser):
    RelationshipFactory(child=ravi)
    upload(given())
    memberships.join(clinic_session, [ravi.pk], reason="not_vaccinated", now=NOW)
    due = NOW.replace(year=2027, month=1, day=12)
    services.discard(record_id=VaccinationRecord.objects.get().pk, by=superuser, now=due)
    assert Membership.objects.get().left_at is None
    assert ravi.invitations.count() == 1


def test_discarding_withdraws_what_waited_about_the_record(upload, ravi, superuser):
    upload(given())
    upload(given(BATCH_NUMBER="Y1"))
    record = VaccinationRecord.objects.get()
    services.discard(record_id=record.pk, by=superuser, now=NOW)
    assert HistoryIssue.objects.get().decision == "withdrawn"


@pytest.fixture
def issue(upload, ravi):
    upload(given())
    upload(given(BATCH_NUMBER="Y1", BATCH_EXPIRY_DATE="20280101"))
    return HistoryIssue.objects.get()


def test_scenario_21_keep_existing_changes_nothing(issue, nurse, upload):
    before = VaccinationRecord.objects.values().get()
    issues.decide(issue_id=issue.pk, decision="keep_existing", by=nurse, now=NOW)
    assert VaccinationRecord.objects.values().get() == before
    issue.refresh_from_db()
    assert (issue.decision, issue.decided_by, issue.decided_at) == ("keep_existing", nurse, NOW)
    again = upload(given(BATCH_NUMBER="Y1", BATCH_EXPIRY_DATE="20280101"))
    assert again.counts["unchanged"] == 1
    assert not HistoryIssue.objects.waiting().exists()


def test_scenario_21_use_uploaded_corrects_the_record(issue, nurse, upload, ravi):
    corrected = issues.decide(issue_id=issue.pk, decision="use_uploaded", by=nurse, now=NOW)
    kept = VaccinationRecord.objects.kept().get()
    assert kept == corrected
    assert (kept.batch_number, kept.batch_expiry) == ("Y1", date(2028, 1, 1))
    issue.refresh_from_db()
    assert issue.decision == "use_uploaded"
    again = upload(given(BATCH_NUMBER="Y1", BATCH_EXPIRY_DATE="20280101"))
    assert again.counts["unchanged"] == 1


def test_an_issue_is_decided_once(issue, nurse):
    issues.decide(issue_id=issue.pk, decision="keep_existing", by=nurse, now=NOW)
    with pytest.raises(issues.AlreadyDecided):
        issues.decide(issue_id=issue.pk, decision="use_uploaded", by=nurse, now=NOW)
    assert VaccinationRecord.objects.get().batch_number == "X05334"


def admin_page(record, action: str) -> str:
    return reverse(f"admin:vaccinations_vaccinationrecord_{action}", args=[record.pk])


def test_superusers_discard_in_the_admin_site_after_one_question(
    record, superuser, superuser_client
):
    shown = superuser_client.get(admin_page(record, "change"))
    assert admin_page(record, "discard") in shown.content.decode()
    assert AccessLogEntry.objects.get().child_id == record.child_id
    asked = superuser_client.get(admin_page(record, "discard"))
    assert "Yes, discard this record" in asked.content.decode()
    assert VaccinationRecord.objects.kept().exists()
    done = superuser_client.post(admin_page(record, "discard"), follow=True)
    assert "Vaccination record discarded" in done.content.decode()
    record.refresh_from_db()
    assert record.discarded_by == superuser
    assert superuser_client.post(admin_page(record, "discard")).status_code == 404


def test_operators_only_look_and_nurses_do_not_enter(record, nurse, nurse_client):
    assert nurse_client.get(admin_page(record, "change"), follow=True).status_code == 403
    nurse.is_staff = True
    nurse.save()
    shown = nurse_client.get(admin_page(record, "change")).content.decode()
    assert admin_page(record, "discard") not in shown
    assert nurse_client.post(admin_page(record, "discard")).status_code == 403
    assert nurse_client.post(admin_page(record, "change"), {"notes": "x"}).status_code == 403
    assert VaccinationRecord.objects.kept().exists()
