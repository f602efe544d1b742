"""What the database itself holds true of responses, triage and assessments."""

from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from consent.models import ConsentResponse, GillickAssessment, ResponseChange, Triage
from tests import factories
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db
NOW = at("2027-01-12T10:00")


def refused_by_database(constraint):
    return pytest.raises(IntegrityError, match=constraint)


@pytest.fixture
def assessment(child, clinic, nurse):
    return GillickAssessment.objects.create(
        child=child,
        programme_id="hpv",
        session=clinic.session,
        assessed_on=date(2027, 1, 12),
        **dict.fromkeys(GillickAssessment.STATEMENTS, True),
        performed_by=nurse,
        performed_at=NOW,
    )


@pytest.fixture
def triage(child, clinic, nurse):
    return Triage.objects.create(
        child=child,
        programme_id="hpv",
        organisation=clinic.organisation,
        session=clinic.session,
        academic_year=2026,
        outcome="safe",
        performed_by=nurse,
        performed_at=NOW,
    )


def test_the_child_answers_only_once_assessed(child, clinic, assessment, nurse):
    fields = {
        "child": child,
        "session": clinic.session,
        "parent": None,
        "parent_name": child.full_name,
        "relationship": "Child (Gillick competent)",
        "route": "self",
        "recorded_by": nurse,
        "notify_parents": False,
    }
    with refused_by_database("a_parent_or_the_assessed_child_answers"), transaction.atomic():
        factories.ResponseFactory(**fields)
    assert factories.ResponseFactory(**fields, assessment=assessment).is_self_consent
    with refused_by_database("who_consents_alone_says_who_is_told"), transaction.atomic():
        factories.ResponseFactory(**fields | {"notify_parents": None}, assessment=assessment)
    with refused_by_database("self_consent_is_an_answer"), transaction.atomic():
        factories.ResponseFactory(
            **fields | {"notify_parents": None},
            assessment=assessment,
            decision="not_provided",
        )


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"methods": []}, "only_given_consent_has_methods"),
        (
            {"decision": "refused", "reason": "personal", "methods": ["nasal"]},
            "only_given_consent_has_methods",
        ),
        ({"recorded_by": None}, "somebody_recorded_the_response"),
        ({"wants_follow_up": True}, "only_refusals_are_followed_up"),
        (
            {"decision": "refused", "reason": "personal", "withdrawn_at": NOW},
            "only_given_consent_is_withdrawn",
        ),
        (
            {"decision": "refused", "reason": "personal", "follow_up_outcome": "confirmed"},
            "follow_up_has_an_outcome_and_a_time",
        ),
    ],
)
def test_a_response_that_contradicts_itself_is_refused(fields, constraint):
    with refused_by_database(constraint):
        factories.ResponseFactory(**fields)


def test_online_answers_need_nobody_who_recorded_them():
    assert factories.ResponseFactory(route="online", recorded_by=None).pk


def test_triage_is_never_changed_but_to_be_invalidated_once(triage):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Triage.objects.update(notes="Rewritten")
    Triage.objects.update(invalidated_at=NOW)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Triage.objects.update(invalidated_at=None)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        triage.delete()


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"outcome": "delay"}, "delay_has_a_date"),
        ({"outcome": "keep", "delay_until": date(2027, 2, 1)}, "delay_has_a_date"),
        ({"outcome": "keep", "method": "nasal"}, "only_safe_triage_names_a_vaccine"),
        ({"outcome": "keep", "without_gelatine": True}, "only_safe_triage_names_a_vaccine"),
    ],
)
def test_triage_that_contradicts_itself_is_refused(child, clinic, nurse, fields, constraint):
    with refused_by_database(constraint):
        Triage.objects.create(
            child=child,
            programme_id="hpv",
            organisation=clinic.organisation,
            session=clinic.session,
            academic_year=2026,
            performed_by=nurse,
            performed_at=NOW,
            **fields,
        )


def test_an_assessment_is_never_changed(assessment):
    with pytest.raises(DatabaseError, match="append-only"):
        GillickAssessment.objects.update(knows_disease=False)


def test_withdrawing_keeps_what_was_said_when_consent_was_given(nurse):
    response = factories.ResponseFactory()
    change = ResponseChange.objects.create(
        response=response, kind="withdrawn", reason="medical", notes="Asthma", at=NOW, by=nurse
    )
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ResponseChange.objects.update(notes="Rewritten")
    with refused_by_database("response_changes_once"), transaction.atomic():
        ResponseChange.objects.create(
            response=response, kind="withdrawn", reason="medical", at=NOW, by=nurse
        )
    with refused_by_database("withdrawal_has_a_reason"), transaction.atomic():
        ResponseChange.objects.create(response=response, kind="withdrawn", at=NOW, by=nurse)
    assert ConsentResponse.objects.get().changes.get() == change
