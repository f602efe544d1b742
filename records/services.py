"""What people do to a child's record as a whole."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from activity import services as activity
from activity.models import Entry
from calendars.clock import london_day
from calendars.rules import academic_year_of, year_group_label
from cohorts.models import Child, ImportIssue, SchoolMove
from sessions_app import memberships, statuses

REMOVED = "Removed from the cohort"


class NotInCohort(Exception):
    """Somebody else has removed the child already."""


@transaction.atomic
def remove_from_cohort(*, child_id: int, by: User, now: datetime) -> str:
    """Take a child out of the organisation's cohort; returns the cohort's name, Year 8.

    The child leaves its open sessions, except where they were seen, and is found no more. What
    waits for a decision is withdrawn. A later file that names the child brings them back, with
    their history. Raises `NotInCohort`. Source: cohorts and imports §14.
    """
    child = Child.objects.lock(child_id)
    organisation = child.organisation
    if organisation is None:
        raise NotInCohort
    child.organisation = None
    child.save(update_fields=["organisation", "updated_at"])
    held = child.memberships.filter(
        left_at__isnull=True,
        session__organisation=organisation,
        session__closed_at__isnull=True,
    )
    memberships.leave(held, because=REMOVED, now=now, by=by)
    child.issues.filter(decision="").update(decision=ImportIssue.Decision.WITHDRAWN, decided_at=now)
    child.school_moves.filter(decision="").update(
        decision=SchoolMove.Decision.REPLACED, decided_at=now
    )
    today = london_day(now)
    cohort = year_group_label(child.year_group(academic_year_of(today)))
    activity.record(
        child_id=child.pk,
        organisation_id=organisation.pk,
        kind=Entry.Kind.RECORD,
        title=f"Removed from the {cohort} cohort",
        by=by,
        now=now,
    )
    statuses.refresh([child.pk], today=today)
    return cohort
