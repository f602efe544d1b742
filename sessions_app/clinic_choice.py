"""What `cohorts` asks before it confirms a school move: is there a choice of session, and are the
parents invited to a clinic?
"""

from datetime import date, datetime

from accounts.models import Organisation
from calendars.clock import london_day
from calendars.rules import academic_year_of
from cohorts.models import Child, Location
from govuk.filters import govuk_date
from sessions_app.clinic import find_clinic
from sessions_app.invitations.outlooks import preview_joining
from sessions_app.memberships import school_sessions_to_join
from sessions_app.models import Membership, SessionDate
from sessions_app.schedule_rules import years_to_prepare


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


def invitation_after_move(
    *, child: Child, school: Location | None, organisation: Organisation, now: datetime
) -> str:
    """That the parents will be invited to the community clinic, and when; empty where the child
    goes to a school's session, or they were invited or are left out. From August on also of the
    coming year, in whose sessions a move places them too: the first invitation is told.

    Source: cohorts and imports §2.3; sessions and clinics §1.4.
    """
    today = london_day(now)
    clinics = [
        clinic
        for year in years_to_prepare(today)
        if (clinic := find_clinic(organisation, year)) is not None
        and not _has_session(child, school, organisation, year, today)
    ]
    found = [preview_joining(clinic, [child.pk], now=now) for clinic in clinics]
    what = "Their parents will be invited to the community clinic"
    if any(one.now for one in found):
        return f"{what} at once."
    if days := [day for one in found for day, _ in one.later]:
        return f"{what} on {govuk_date(min(days))}."
    waits = any(one.waiting for one in found)
    return f"{what} once there is a clinic date to book." if waits else ""


def _has_session(
    child: Child, school: Location | None, organisation: Organisation, year: int, today: date
) -> bool:
    """Whether a child who moves there goes to the school's own session of a year: not in a coming
    year for which they are too old.
    """
    if school is None:
        return False
    is_coming = year > academic_year_of(today)
    if is_coming and child.year_group(year) not in school.year_groups:
        return False
    return school_sessions_to_join(organisation, year, today).filter(location=school).exists()
