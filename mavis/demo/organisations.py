"""The demo's two organisations: their teams, places and people."""

from django.conf import settings

from accounts.models import Organisation, Role, Team, User
from cohorts.models import Location
from cohorts.services.schools import import_schools
from programmes.models import OrganisationProgramme, Programme
from sessions_app.clinic import clinic_location

REGISTER = settings.BASE_DIR / "sample_data" / "gias-extract.csv"
PASSWORD = "mavis-demo"  # noqa: S105
PROGRAMME = "hpv"
VENUES = {
    "Canalside Health Centre": ("4 Canal Row", "Coventry", "CV1 4LY"),
    "Northgate Family Hub": ("21 Ribbon Street", "Coventry", "CV6 5EX"),
    "Market Square Clinic": ("1 Clocktower Road", "Leamington Spa", "CV31 1XT"),
}


def make_organisation() -> Organisation:
    """The demo's organisation with all schools of the sample register; as it is, if it exists."""
    organisation = _organisation(
        "RYG", "Coventry and Warwickshire School Age Immunisation Service", "sais.example.com"
    )
    team = _team(organisation, "Coventry schools team")
    if not Location.objects.for_organisation(organisation).schools().exists():
        import_schools(REGISTER)
        Location.objects.schools().filter(team=None).exclude(status=Location.Status.CLOSED).update(
            team=team
        )
    clinic_location(organisation)
    for name, (street, town, postcode) in VENUES.items():
        Location.objects.get_or_create(
            kind=Location.Kind.COMMUNITY_CLINIC,
            name=name,
            team=team,
            defaults={"address_line_1": street, "town": town, "postcode": postcode},
        )
    _user("nurse@example.com", "Nadia", "Noble", organisation)
    _user("admin@example.com", "Adam", "Ashby", organisation, role=Role.ADMINISTRATOR)
    _user(
        "superuser@example.com", "Sunita", "Sharpe", organisation, is_superuser=True, is_staff=True
    )
    return organisation


def make_organisation_elsewhere() -> Organisation:
    """A second organisation with one school, to show that neither sees the other's children."""
    organisation = _organisation("RXX", "Elsewhere Immunisation Service", "elsewhere.example.com")
    Location.objects.get_or_create(
        urn="900101",
        defaults={
            "kind": Location.Kind.SCHOOL,
            "name": "Example Academy Elsewhere",
            "town": "Elsewhere",
            "local_authority_code": "900",
            "establishment_number": "4101",
            "phase": Location.Phase.SECONDARY,
            "register_year_groups": [7, 8, 9, 10, 11],
            "team": _team(organisation, "Elsewhere schools team"),
        },
    )
    clinic_location(organisation)
    _user("nurse@elsewhere.example.com", "Nils", "North", organisation)
    return organisation


def _organisation(ods_code: str, name: str, domain: str) -> Organisation:
    organisation, _ = Organisation.objects.get_or_create(
        ods_code=ods_code,
        defaults={
            "name": name,
            "email": f"hello@{domain}",
            "phone": "01632 960100",
            "privacy_policy_url": f"https://{domain}/privacy",
            "booking_url": f"https://swiftqueue.{domain}/",
        },
    )
    OrganisationProgramme.objects.get_or_create(
        organisation=organisation, programme=Programme.objects.get(key=PROGRAMME)
    )
    return organisation


def _team(organisation: Organisation, name: str) -> Team:
    team, _ = Team.objects.get_or_create(
        organisation=organisation,
        name=name,
        defaults={"email": organisation.email, "phone": organisation.phone},
    )
    return team


def _user(
    email: str, given_name: str, family_name: str, organisation: Organisation, **fields
) -> None:
    if not User.objects.filter(email=email).exists():
        User.objects.create_user(
            email,
            PASSWORD,
            given_name=given_name,
            family_name=family_name,
            organisation=organisation,
            **fields,
        )
