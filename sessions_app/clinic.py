"""The one community clinic session of an organisation and academic year."""

from datetime import datetime

from django.db import transaction

from accounts.models import Organisation, Team
from calendars.clock import london_day
from calendars.rules import academic_year_of
from cohorts.models import Location
from programmes.models import Programme
from sessions_app.models import Session

NAME = "Community clinic"


def clinic_location(organisation: Organisation) -> Location:
    """The organisation's bucket for all its clinics, made on first need."""
    location = Location.objects.filter(
        kind=Location.Kind.GENERIC_CLINIC, team__organisation=organisation
    ).first()
    if location:
        return location
    with transaction.atomic():
        Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
        team, _ = Team.objects.get_or_create(
            organisation=organisation,
            name=organisation.name,
            defaults={"email": organisation.email, "phone": organisation.phone},
        )
        location, _ = Location.objects.get_or_create(
            kind=Location.Kind.GENERIC_CLINIC,
            ods_code=organisation.ods_code,
            defaults={"name": NAME, "team": team},
        )
    return location


def find_clinic(organisation: Organisation, academic_year: int) -> Session | None:
    """The clinic session of an academic year, for pages: none where nobody needed one yet."""
    return (
        Session.objects.clinics()
        .filter(organisation=organisation, academic_year=academic_year)
        .select_related("organisation", "location__team")
        .first()
    )


def community_clinic(
    organisation: Organisation, *, now: datetime, academic_year: int | None = None
) -> Session:
    """The clinic session of this academic year, made on first need, with every programme that
    the organisation runs. Source: sessions and clinics §1.1.
    """
    year = academic_year_of(london_day(now)) if academic_year is None else academic_year
    location = clinic_location(organisation)
    with transaction.atomic():
        session, is_new = Session.objects.select_related("location").get_or_create(
            organisation=organisation, location=location, academic_year=year
        )
        if is_new:
            session.programmes.set(Programme.objects.filter(organisations=organisation))
    return session
