"""Scheduled work of sessions: each may run late, twice, or at the same time on two machines."""

from celery import shared_task

from calendars import clock
from sessions_app import invitations, memberships, statuses


@shared_task(name="sessions_app.plan_invitations")
def plan_invitations() -> None:
    """Queue what is due: at nine, and again every quarter of an hour for what was missed."""
    invitations.plan(now=clock.now())


@shared_task(name="sessions_app.place_newcomers_to_the_year")
def place_newcomers_to_the_year() -> None:
    """Carry every cohort into the sessions of a new academic year."""
    memberships.place_newcomers_to_the_year(now=clock.now())


@shared_task(name="sessions_app.refresh_statuses")
def refresh_statuses() -> None:
    """Recompute every stored status: for a new academic year, and to heal what was forgotten."""
    statuses.refresh_all(today=clock.today())
