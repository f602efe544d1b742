"""Whether a child may consent alone: assessments by session day. Source: consent §11."""

from collections.abc import Sequence
from datetime import date

from cohorts.models import Child
from consent.models import GillickAssessment
from sessions_app.models import Membership, Session
from sessions_app.selectors.lists import days_of


def newest_assessment(child: Child, session: Session, programme: str) -> GillickAssessment | None:
    """The newest version of the last day on which the child was assessed in a session."""
    return (
        GillickAssessment.objects.filter(child=child, session=session, programme=programme)
        .select_related("performed_by")
        .order_by("-assessed_on", "-pk")
        .first()
    )


def assessment_of_day(
    child: Child, session: Session, programme: str, day: date
) -> GillickAssessment | None:
    """The newest version of the assessment on one day of a session."""
    return (
        GillickAssessment.objects.filter(
            child=child, session=session, programme=programme, assessed_on=day
        )
        .order_by("-pk")
        .first()
    )


def competent_child(
    child: Child, session: Session, programme: str, *, today: date
) -> GillickAssessment | None:
    """The assessment that lets the child answer alone today; none where it says otherwise."""
    found = assessment_of_day(child, session, programme, today)
    return found if found and found.is_competent else None


def day_to_assess(
    session: Session, newest: GillickAssessment | None, *, today: date
) -> date | None:
    """The day an assessment is for: today on a session day, else that of the one to be edited.

    None where there is nothing to assess or edit. `session` was fetched `with_days`.
    """
    if today in days_of(session):
        return today
    return newest.assessed_on if newest else None


def newest_by_programme(child: Child, session: Session) -> dict[str, GillickAssessment]:
    """The newest version by programme, for the child's page; one query."""
    found: Sequence[GillickAssessment] = (
        GillickAssessment.objects.filter(child=child, session=session)
        .select_related("performed_by")
        .order_by("assessed_on", "pk")
    )
    return {assessment.programme_id: assessment for assessment in found}


def memberships_with_assessments(memberships: Sequence[Membership]) -> set[int]:
    """The ids of the memberships whose child was assessed in that session, in any version.

    The child was seen there, so the membership stays. Source: consent §5; sessions and clinics §2.
    """
    seen = set(
        GillickAssessment.objects.filter(
            session_id__in={membership.session_id for membership in memberships},
            child_id__in={membership.child_id for membership in memberships},
        )
        .order_by()
        .values_list("session_id", "child_id")
    )
    return {
        membership.pk
        for membership in memberships
        if (membership.session_id, membership.child_id) in seen
    }
