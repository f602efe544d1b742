"""Mailings that are due and were not planned since: a planner's job was lost.

The timetable plans every quarter of an hour. This asks every minute, in two queries, so that a
broker that lost a job costs a minute or two. Source: lessons §4.
"""

from collections import defaultdict
from datetime import date, datetime

from calendars.clock import london_day
from heartbeats import faults
from sessions_app import rules
from sessions_app.invitations.planning import plan
from sessions_app.models import Session, SessionDate
from sessions_app.schedule_rules import years_to_prepare


def plan_overdue(*, now: datetime) -> int:
    """Queue the mailings that are due and were not planned; returns how many letters.

    A fault of one clinic keeps no other waiting; SomeFailed is raised at the end.
    """
    return faults.each(
        overdue(now=now),
        lambda session_id: plan(now=now, session_ids=[session_id]),
        what="Planning overdue for clinic session",
    )


def overdue(*, now: datetime) -> list[int]:
    """The clinic sessions whose first or later mailing fell due after they were last planned."""
    sessions = list(
        Session.objects.clinics()
        .filter(academic_year__in=years_to_prepare(london_day(now)), closed_at__isnull=True)
        .select_related("organisation")
        .order_by("pk")
    )
    dates: dict[int, list[date]] = defaultdict(list)
    for session_id, value in (
        SessionDate.objects.live().filter(session__in=sessions).values_list("session_id", "value")
    ):
        dates[session_id].append(value)
    return [session.pk for session in sessions if _is_overdue(session, dates[session.pk], now)]


def _is_overdue(session: Session, dates: list[date], now: datetime) -> bool:
    due_at = _last_due_at(session, dates, now)
    return due_at is not None and (
        session.invitations_planned_at is None or session.invitations_planned_at < due_at
    )


def _last_due_at(session: Session, dates: list[date], now: datetime) -> datetime | None:
    """When the clinic's newest mailing fell due; None while there is none."""
    later = rules.later_invitation(
        dates=dates,
        is_closed=session.is_closed,
        days_before=session.organisation.days_before_invitations,
        now=now,
    )
    if later is not None and session.organisation.repeats_invitations:
        return later.due_at
    is_due = rules.first_invitations_are_due(
        dates=dates, invitations_on=session.invitations_on, is_closed=session.is_closed, now=now
    )
    return rules.invitations_open_at(session.invitations_on) if is_due else None
