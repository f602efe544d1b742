"""Reading children for the list, in a number of queries that never grows."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Organisation
from calendars.rules import birth_academic_year_of
from cohorts.models import Child, Location
from sessions_app.choices import VaccinationStatus
from sessions_app.invitations import State, in_state
from sessions_app.models import Membership, ProgrammeStatus, Session

HOME_EDUCATED = "home-educated"
UNKNOWN_SCHOOL = "unknown-school"


@dataclass(frozen=True, slots=True)
class ChildFilters:
    """What a person asks of the Children page; empty values ask for nothing.

    `school` is a URN, `HOME_EDUCATED` or `UNKNOWN_SCHOOL`; `vaccinated` are keys of programmes;
    `invitation` is a `State` of a child in the year's community clinic.
    """

    query: str = ""
    year_groups: Sequence[int] = ()
    school: str = ""
    missing_nhs_number: bool = False
    vaccinated: Sequence[str] = ()
    invitation: str = ""


class ChildList:
    """Children by name, for pages of a long list: each with the school.

    What lies before a page is stepped over in the index, without reading a child.
    """

    def __init__(self, children: QuerySet[Child]) -> None:
        self.children = children

    def count(self) -> int:
        return self.children.count()

    def __getitem__(self, part: slice) -> QuerySet[Child]:
        keys = self.children.values("pk")[part]
        return Child.objects.filter(pk__in=keys).select_related("school").defer("search_text")


def find_children(
    organisation: Organisation, filters: ChildFilters, *, academic_year: int
) -> ChildList:
    """The organisation's living children whom the filters let through.

    Year groups and vaccination are those of the academic year.
    """
    children = (
        Child.objects.for_organisation(organisation)
        .filter(date_of_death__isnull=True)
        .matching(filters.query)
    )
    if filters.year_groups:
        birth_years = [birth_academic_year_of(year, academic_year) for year in filters.year_groups]
        children = children.filter(birth_academic_year__in=birth_years)
    if filters.missing_nhs_number:
        children = children.filter(nhs_number__isnull=True)
    if filters.vaccinated:
        children = children.filter(
            Exists(
                ProgrammeStatus.objects.filter(
                    child=OuterRef("pk"),
                    academic_year=academic_year,
                    programme__in=filters.vaccinated,
                    vaccination=VaccinationStatus.VACCINATED,
                )
            )
        )
    if filters.invitation:
        children = _with_invitation(children, filters.invitation, organisation, academic_year)
    return ChildList(_at_school(children, filters.school))


def _with_invitation(
    children: QuerySet[Child], state: str, organisation: Organisation, academic_year: int
) -> QuerySet[Child]:
    """Those in that state at the year's clinic; who was invited and left stays invited."""
    clinic = (
        Session.objects.for_organisation(organisation)
        .clinics()
        .filter(academic_year=academic_year)
        .first()
    )
    if clinic is None:
        return children.none()
    if state != State.INVITED:
        members = Membership.objects.filter(session=clinic, left_at__isnull=True)
        children = children.filter(pk__in=members.values("child"))
    return in_state(children, clinic, state)


def _at_school(children: QuerySet[Child], school: str) -> QuerySet[Child]:
    if not school:
        return children
    if school in (HOME_EDUCATED, UNKNOWN_SCHOOL):
        return children.filter(home_educated=school == HOME_EDUCATED)
    return children.filter(school__urn=school)


def schools_to_choose(organisation: Organisation) -> list[tuple[str, str]]:
    """URN and name of the organisation's schools, by name."""
    schools = Location.objects.for_organisation(organisation).schools()
    return list(schools.order_by("name").values_list("urn", "name"))
