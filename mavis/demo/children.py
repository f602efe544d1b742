"""Saves made-up families, some thousands of children at a time."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from accounts.models import Organisation
from calendars import rules as calendar_rules
from calendars.clock import london_day
from cohorts.models import Child, Location, Parent, ParentRelationship
from mavis.demo.copying import copy_in
from mavis.demo.people import Family, MadeUpChild
from sessions_app import memberships

FAMILIES_AT_ONCE = 4000


def save_families(organisation: Organisation, families: Iterable[Family], *, now: datetime) -> int:
    """Save the families that are not there yet and place their children in sessions.

    Returns how many children are new. A family is there when its first child is.
    """
    schools = _schools_by_year(organisation)
    academic_year = calendar_rules.academic_year_of(london_day(now))
    saved: list[int] = []
    for block in _blocks(families):
        new = _those_missing(block)
        children = [
            _child(organisation, family, child, academic_year, schools)
            for family in new
            for child in family.children
        ]
        for child in children:
            child.derive()
        copy_in(Child, children)
        _save_parents(organisation, new, children)
        saved += [child.pk for child in children]
    memberships.place_children(organisation, saved, now=now)
    return len(saved)


def _blocks(families: Iterable[Family]) -> Iterator[list[Family]]:
    rest = iter(families)
    while block := list(islice(rest, FAMILIES_AT_ONCE)):
        yield block


def _those_missing(block: list[Family]) -> list[Family]:
    numbers = [family.children[0].nhs_number for family in block]
    known = set(Child.objects.filter(nhs_number__in=numbers).values_list("nhs_number", flat=True))
    return [family for family in block if family.children[0].nhs_number not in known]


def _schools_by_year(organisation: Organisation) -> dict[int, list[Location]]:
    by_year: dict[int, list[Location]] = {}
    for school in Location.objects.for_organisation(organisation).schools().order_by("urn"):
        for year_group in school.year_groups:
            by_year.setdefault(year_group, []).append(school)
    return by_year


def _child(
    organisation: Organisation,
    family: Family,
    child: MadeUpChild,
    academic_year: int,
    schools: dict[int, list[Location]],
) -> Child:
    school = None
    if child.schooling == "school":
        teaching = schools[child.year_group]
        school = teaching[child.school_pick % len(teaching)]
    return Child(
        organisation=organisation,
        nhs_number=child.nhs_number,
        given_name=child.given_name,
        family_name=child.family_name,
        date_of_birth=child.date_of_birth,
        birth_academic_year=calendar_rules.birth_academic_year_of(child.year_group, academic_year),
        gender=child.gender,
        address_line_1=family.address_line_1,
        town=family.town,
        postcode=family.postcode,
        school=school,
        home_educated=None if school else child.schooling == "home",
    )


def _save_parents(
    organisation: Organisation, families: list[Family], children: list[Child]
) -> None:
    parents: list[Parent] = []
    relationships: list[ParentRelationship] = []
    rest = iter(children)
    for family in families:
        those = [
            Parent(
                organisation=organisation,
                full_name=parent.full_name,
                email=parent.email,
                phone=parent.phone,
            )
            for parent in family.parents
        ]
        parents += those
        relationships += [
            ParentRelationship(child=child, parent=parent, kind=made_up.kind)
            for child in islice(rest, len(family.children))
            for parent, made_up in zip(those, family.parents, strict=True)
        ]
    copy_in(Parent, parents)
    for relationship in relationships:
        # The parent had no id yet when it was named.
        relationship.parent_id = relationship.parent.pk
    copy_in(ParentRelationship, relationships)
