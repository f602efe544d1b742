"""What `cohorts` asks before it confirms a school move: is there a choice of session?"""

from datetime import date

from calendars.rules import academic_year_of
from cohorts.models import Child, Location
from sessions_app.memberships import school_sessions_to_join
from sessions_app.models import Membership, SessionDate


def days_at_school(child: Child, school: Location, today: date) -> list[date] | None:
    """The coming days of the school's session, for a child who is in the community clinic.

    None where there is nothing to choose: the child is in no clinic, or the school has no session
    to join. Source: cohorts and imports §11.
    """
    year = academic_year_of(today)
    in_clinic = Membership.objects.filter(
        child=child,
        left_at__isnull=True,
        session__academic_year=year,
        session__location__kind=Location.Kind.GENERIC_CLINIC,
    )
    if school.team is None or not in_clinic.exists():
        return None
    sessions = school_sessions_to_join(school.team.organisation, year, today)
    session = sessions.filter(location=school).first()
    if session is None:
        return None
    days = SessionDate.objects.filter(
        session=session, removed_at__isnull=True, value__gte=today
    ).order_by("value")
    return list(days.values_list("value", flat=True))
