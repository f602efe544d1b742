"""Mailings that are due and of which nothing was written down: a planner's job was lost.

The timetable plans every quarter of an hour. This asks every minute, in a constant number of
queries, so that a broker that lost a job costs a minute or two. Source: lessons §4.
"""

from collections import defaultdict
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef

from calendars.clock import london_day
from calendars.rules import academic_year_of
from sessions_app import rules
from sessions_app.invitations.planning import plan
from sessions_app.models import Invitation, Membership, Session, SessionDate


def plan_overdue(*, now: datetime) -> int:
    """Queue the mailings that are due and were not planned; returns how many letters."""
    session_ids = overdue(now=now)
    return plan(now=now, session_ids=session_ids) if session_ids else 0


def overdue(*, now: datetime) -> list[int]:
    """The clinic sessions with a first or a later mailing due of which no invitation exists.

    A later one only once the first were sent long enough ago for anybody to be due.
    """
    not_since = now - timedelta(days=rules.LEAST_DAYS_BETWEEN_INVITATIONS)
    of_session = Invitation.objects.filter(session=OuterRef("pk"), withheld_at__isnull=True)
    invitable = Membership.objects.filter(
        session=OuterRef("pk"), left_at__isnull=True, child__statuses__exclusion=""
    )
    sessions = list(
        Session.objects.clinics()
        .filter(Exists(invitable))
        .filter(academic_year=academic_year_of(london_day(now)), closed_at__isnull=True)
        .select_related("organisation")
        .annotate(
            is_written=Exists(of_session),
            was_written=Exists(of_session.filter(planned_at__lte=not_since)),
        )
        .order_by("pk")
    )
    dates = _dates(sessions)
    return [session.pk for session in sessions if _is_overdue(session, dates[session.pk], now)]


def _dates(sessions: list[Session]) -> dict[int, dict[date, bool]]:
    """The live dates of each session, and whether anybody was invited again for each."""
    invited = Invitation.objects.filter(session_date=OuterRef("pk"), withheld_at__isnull=True)
    dates: dict[int, dict[date, bool]] = defaultdict(dict)
    for session_id, value, is_written in (
        SessionDate.objects.live()
        .filter(session__in=sessions)
        .annotate(is_written=Exists(invited))
        .values_list("session_id", "value", "is_written")
    ):
        dates[session_id][value] = is_written
    return dates


def _is_overdue(session: Session, dates: dict[date, bool], now: datetime) -> bool:
    if not session.is_written:
        return rules.first_invitations_are_due(
            dates=dates,
            invitations_on=session.invitations_on,
            is_closed=session.is_closed,
            now=now,
        )
    if not (session.was_written and session.organisation.repeats_invitations):
        return False
    later = rules.later_invitation(
        dates=list(dates),
        is_closed=session.is_closed,
        days_before=session.organisation.days_before_invitations,
        now=now,
    )
    return later is not None and not dates[later.date]
