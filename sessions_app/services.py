"""Making sure that the sessions of an academic year exist."""

from datetime import datetime

from django.db import transaction

from accounts.models import Organisation
from calendars.clock import london_day
from cohorts.models import Location
from heartbeats import faults
from programmes.models import Programme
from sessions_app.clinic import clinic_location
from sessions_app.models import Session
from sessions_app.schedule_rules import years_to_prepare

OPEN_STATUSES = (Location.Status.OPEN, Location.Status.CLOSING)


@transaction.atomic
def ensure_sessions(organisation: Organisation, academic_year: int, *, now: datetime) -> int:
    """Make the sessions of the year that are missing; returns how many were made.

    One for each open school that teaches a year group of the organisation's programmes, with
    just those programmes, and one community clinic with all of them. A programme that is new to
    a school or to the organisation joins its open sessions; nothing is ever taken away.
    Safe to repeat and to run twice at once. Source: sessions and clinics §1.1, §1.4.
    """
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    programmes = list(Programme.objects.filter(organisations=organisation))
    due: dict[int, list[Programme]] = {}
    for school in (
        Location.objects.for_organisation(organisation).schools().filter(status__in=OPEN_STATUSES)
    ):
        taught = set(school.year_groups)
        if offered := [p for p in programmes if taught.intersection(p.year_groups)]:
            due[school.pk] = offered
    due[clinic_location(organisation).pk] = programmes

    sessions = Session.objects.for_organisation(organisation).filter(academic_year=academic_year)
    existing = set(sessions.values_list("location_id", flat=True))
    Session.objects.bulk_create(
        (
            Session(
                organisation=organisation,
                location_id=location_id,
                academic_year=academic_year,
                created_at=now,
            )
            for location_id in due
            if location_id not in existing
        ),
        # The clinic's may come into being beside us, with the first child who needs it.
        ignore_conflicts=True,
    )
    through = Session.programmes.through
    through.objects.bulk_create(
        (
            through(session_id=session_id, programme_id=programme.pk)
            for session_id, location_id in sessions.filter(
                location__in=list(due), closed_at__isnull=True
            ).values_list("pk", "location_id")
            for programme in due[location_id]
        ),
        ignore_conflicts=True,
    )
    return sessions.count() - len(existing)


def ensure_present_sessions(organisation: Organisation, *, now: datetime) -> int:
    """Make what is missing of this academic year and, from 1 August, of the next one."""
    return sum(
        ensure_sessions(organisation, academic_year, now=now)
        for academic_year in years_to_prepare(london_day(now))
    )


def ensure_all_sessions(*, now: datetime) -> int:
    """Do so for every organisation, each in a transaction of its own.

    A fault of one keeps no other waiting; SomeFailed is raised at the end.
    """
    return faults.each(
        Organisation.objects.order_by("pk"),
        lambda organisation: ensure_present_sessions(organisation, now=now),
        what="Making the sessions of organisation",
    )
