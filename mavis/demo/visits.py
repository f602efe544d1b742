"""A visit on the very day, so that whoever tries the demo sees what such a day looks like."""

from datetime import datetime

from accounts.models import Organisation, User
from calendars.clock import london_day
from calendars.rules import academic_year_of
from sessions_app import schedule
from sessions_app.models import Session, SessionDate
from sessions_app.schedule_rules import Day

# A school that no sample file names, so that each of them finds the schools without dates.
URN = "900001"
NURSE = "nurse@example.com"


def visit_a_school_today(organisation: Organisation, *, now: datetime) -> None:
    """Have one school visited today, unless the organisation has dates already. Nobody is written
    to: responses closed yesterday.
    """
    if SessionDate.objects.filter(session__organisation=organisation).exists():
        return
    today = london_day(now)
    session = Session.objects.for_organisation(organisation).get(
        location__urn=URN, academic_year=academic_year_of(today)
    )
    nurse = User.objects.get(email=NURSE)
    draft = schedule.start(session, by=nurse)
    schedule.amend(draft, days=(Day(None, today),))
    schedule.confirm(
        session_id=session.pk,
        draft_id=draft.pk,
        accepts_lost_bookings=False,
        by=nurse,
        now=now,
    )
