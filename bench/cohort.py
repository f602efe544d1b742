"""A community clinic that is due to invite everybody, made of the demo's families."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta

from django.db import connection

from calendars import clock
from mavis.demo import children, organisations, people
from programmes.models import Programme
from sessions_app.clinic import community_clinic
from sessions_app.models import Session, SessionDate

PARENTS_WITHOUT_CONTACT = 0.08


def noon() -> datetime:
    """Noon in London today: invitations have opened and texts may go."""
    return clock.london_instant(clock.today(), time(12))


def clinic_due_to_invite(letters: int, *, now: datetime) -> Session:
    """A clinic with home-educated children for at least so many letters, due now, none written."""
    organisation = organisations.make_organisation()
    clinic = community_clinic(organisation, now=now)
    everybody = round(letters / (1 - PARENTS_WITHOUT_CONTACT))
    children.save_families(organisation, _home_educated(everybody, clinic), now=now)
    today = clock.london_day(now)
    SessionDate.objects.create(session=clinic, value=today + timedelta(weeks=3))
    Session.objects.filter(pk=clinic.pk).update(invitations_on=today)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return clinic


def _home_educated(at_least: int, clinic: Session) -> Iterator[people.Family]:
    years = {
        year
        for programme in Programme.objects.filter(sessions=clinic)
        for year in programme.year_groups
    }
    for family in people.families(
        people.HERE,
        at_least=at_least,
        academic_year=clinic.academic_year,
        year_groups=sorted(years),
    ):
        yield replace(
            family, children=tuple(replace(child, schooling="home") for child in family.children)
        )
