"""Assessing whether a child may consent alone. Source: consent §11."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from activity import services as activity
from activity.models import Entry
from calendars.clock import london_day
from calendars.rules import first_day_of
from cohorts.models import Child
from consent import doses, rules
from consent.choices import Route
from consent.models import ConsentResponse, GillickAssessment
from consent.selectors.facts import child_facts
from consent.selectors.gillick import assessment_of_day, day_to_assess, newest_assessment
from consent.services.changes import invalidate_response
from sessions_app import invitations, statuses
from sessions_app.models import Session

NO_LONGER_COMPETENT = "Assessed as not Gillick competent"


class AssessmentNotPossible(Exception):
    """The child cannot be assessed now; the message is a sentence for the page."""


@transaction.atomic
def assess(
    *,
    child: Child,
    session: Session,
    programme: str,
    statements: Mapping[str, bool],
    notes: str,
    now: datetime,
    by: User,
) -> GillickAssessment:
    """Add a version of the assessment of the day; saving it unchanged adds nothing.

    `session` was fetched `with_days`. Who turns out not to be competent has their own consent of
    that day marked as invalid, unless it was acted on. Raises AssessmentNotPossible.
    """
    child = Child.objects.lock(child.pk)
    today = london_day(now)
    facts = child_facts(child, session, today=today)
    standing = next((found for found in facts.programmes if found.key == programme), None)
    day = day_to_assess(session, newest_assessment(child, session, programme), today=today)
    if standing is None or facts.is_session_closed:
        raise AssessmentNotPossible("Gillick competence cannot be assessed in this session.")
    if facts.is_deceased:
        raise AssessmentNotPossible("Gillick competence cannot be assessed: the child has died.")
    if day is None:
        raise AssessmentNotPossible("Gillick competence can be assessed on a session day only.")
    before = assessment_of_day(child, session, programme, day)
    if before and _is_same(before, statements, notes):
        return before
    assessment = GillickAssessment.objects.create(
        child=child,
        programme_id=programme,
        session=session,
        assessed_on=day,
        **statements,
        notes=notes,
        performed_by=by,
        performed_at=now,
    )
    outcome = "Gillick competent" if assessment.is_competent else "not Gillick competent"
    activity.record(
        child_id=child.pk,
        kind=Entry.Kind.GILLICK,
        title=f"{'Updated' if before else 'Completed'} Gillick assessment as {outcome}",
        body="\n".join(filter(None, [standing.name, notes])),
        organisation_id=session.organisation_id,
        session_id=session.pk,
        now=now,
        by=by,
    )
    if not assessment.is_competent:
        _invalidate_own_consent(child, session, standing, day, now=now, by=by)
    # Also where nothing was invalidated: the child's own consent counts while competent only.
    statuses.refresh([child.pk], today=max(today, first_day_of(session.academic_year)))
    invitations.catch_up([child.pk], now=now, by=by)
    return assessment


def _is_same(before: GillickAssessment, statements: Mapping[str, bool], notes: str) -> bool:
    return before.notes == notes and all(
        getattr(before, name) == value for name, value in statements.items()
    )


def _invalidate_own_consent(
    child: Child,
    session: Session,
    programme: rules.ProgrammeFacts,
    day: date,
    *,
    now: datetime,
    by: User,
) -> None:
    own = ConsentResponse.objects.filter(
        child=child,
        session=session,
        programme=programme.key,
        route=Route.SELF,
        assessment__assessed_on=day,
        invalidated_at__isnull=True,
    )
    for response in doses.not_acted_on(own.select_related("assessment")):
        invalidate_response(response=response, notes=NO_LONGER_COMPETENT, now=now, by=by)
