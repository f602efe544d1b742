"""Scheduled work of sessions: each may run late, twice, or at the same time on two machines."""

from datetime import timedelta

from celery import shared_task

from calendars import clock
from sessions_app import invitations, memberships, schedule, services, statuses

DRAFTS_ARE_KEPT = timedelta(days=1)


@shared_task(name="sessions_app.plan_invitations")
def plan_invitations() -> None:
    """Queue what is due: at nine, and again every quarter of an hour for what was missed."""
    invitations.plan_each(now=clock.now())


@shared_task(name="sessions_app.plan_overdue")
def plan_overdue() -> None:
    """Every minute of the day: queue the mailings whose planning the broker lost."""
    invitations.plan_overdue(now=clock.now())


@shared_task(name="sessions_app.place_newcomers_to_the_year")
def place_newcomers_to_the_year() -> None:
    """Carry every cohort into the sessions of a new academic year."""
    memberships.place_newcomers_to_the_year(now=clock.now())


@shared_task(name="sessions_app.refresh_statuses")
def refresh_statuses() -> None:
    """Recompute every stored status: for a new academic year, and to heal what was forgotten."""
    statuses.refresh_all(today=clock.today())


@shared_task(name="sessions_app.ensure_sessions")
def ensure_sessions() -> None:
    """Make the sessions that are missing, and from 1 August those of the next year."""
    services.ensure_all_sessions(now=clock.now())


@shared_task(name="sessions_app.forget_drafts")
def forget_drafts() -> None:
    """Delete drafts of dates that nobody went on with."""
    schedule.forget_drafts(before=clock.now() - DRAFTS_ARE_KEPT)
