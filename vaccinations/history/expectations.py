"""What the rows of one history file are checked against: one query for each sort of thing."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import QuerySet

from accounts.models import Organisation, User
from calendars.clock import LONDON
from calendars.rules import academic_year_of
from cohorts.files import Table
from cohorts.models import Location
from programmes.models import Programme, Vaccine
from sessions_app.models import SessionDate
from vaccinations.history.file import Expectations, KnownPlace, KnownProgramme, KnownVaccine

NO_CLINIC = KnownPlace("Community clinic")


def expectations(table: Table, organisation: Organisation, *, now: datetime) -> Expectations:
    """What is known, at this moment, of everything that the file may name."""
    in_london = now.astimezone(LONDON)
    today = in_london.date()
    dates = SessionDate.objects.filter(
        session__organisation=organisation,
        session__academic_year=academic_year_of(today),
        removed_at__isnull=True,
    )
    clinics = Location.objects.for_organisation(organisation).filter(
        kind=Location.Kind.COMMUNITY_CLINIC
    )
    emails = {row["PERFORMING_PROFESSIONAL_EMAIL"].lower() for row in table.rows}
    users = User.objects.filter(organisation=organisation, email__in=emails)
    return Expectations(
        today=today,
        time_now=in_london.time(),
        ods_code=organisation.ods_code,
        programmes={
            programme.key: KnownProgramme(
                programme.name, programme.maximum_dose_sequence, programme.is_seasonal
            )
            for programme in Programme.objects.filter(organisations=organisation)
        },
        vaccines={
            vaccine.upload_name.lower(): KnownVaccine(
                vaccine.pk, vaccine.programme_id, vaccine.method == Vaccine.Method.NASAL
            )
            for vaccine in Vaccine.objects.all()
        },
        schools=_schools({row["SCHOOL_URN"] for row in table.rows}, dates),
        clinic=_clinic(dates),
        clinic_names={name.lower(): name for name in clinics.values_list("name", flat=True)},
        users=dict(users.values_list("email", "pk")),
    )


def _schools(urns: Iterable[str], dates: QuerySet[SessionDate]) -> dict[str, KnownPlace]:
    """Every school that the file names, whoever looks after it, with our session there."""
    sessions: dict[str, int] = {}
    days: dict[str, set[date]] = defaultdict(set)
    for urn, session_id, day in dates.filter(session__location__urn__in=urns).values_list(
        "session__location__urn", "session_id", "value"
    ):
        sessions[urn] = session_id
        days[urn].add(day)
    schools = Location.objects.schools().filter(urn__in=urns).values_list("urn", "name")
    return {urn: KnownPlace(name, sessions.get(urn), frozenset(days[urn])) for urn, name in schools}


def _clinic(dates: QuerySet[SessionDate]) -> KnownPlace:
    """The community clinic session with its days."""
    held = list(
        dates.filter(session__location__kind=Location.Kind.GENERIC_CLINIC).values_list(
            "session_id", "value"
        )
    )
    if not held:
        return NO_CLINIC
    return NO_CLINIC._replace(session_id=held[0][0], days=frozenset(day for _, day in held))
