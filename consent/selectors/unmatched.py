"""Reading what parents wrote about a child: responses that wait to be matched, what to compare them
with, and what is kept of it once they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.models import Organisation
from calendars.rules import birth_academic_year_of
from cohorts.display import HIDDEN, Line, child_lines
from cohorts.models import Child
from cohorts.rules import same_text
from consent.models import OnlineResponse
from consent.services.matching import child_described
from govuk import filters

# A response that differs in one of these may be about another child.
WHO_IT_IS = ("Full name", "Date of birth")
HIDDEN_IF_SENSITIVE = ("Address", "School")
LAST_YEAR_GROUP = 13
COMPARED = ("Full name", "Known as", "Date of birth", "Address", "School", "Parents")


def waiting_responses(organisation: Organisation) -> QuerySet[OnlineResponse]:
    """The organisation's unmatched responses, oldest first, with what the list shows."""
    return (
        OnlineResponse.objects.for_organisation(organisation)
        .waiting()
        .select_related("school", "session__location__team", "organisation")
        .prefetch_related("decisions__programme", "undone_matches")
    )


def year_groups_to_search(organisation: Organisation) -> Sequence[int]:
    """The year groups that children to match with may be in: from the youngest that a programme of
    the organisation is for, beyond the oldest. Source: consent §4.
    """
    of_programmes = organisation.programmes.values_list("year_groups", flat=True)
    youngest = min((group for groups in of_programmes for group in groups), default=0)
    return range(youngest, LAST_YEAR_GROUP + 1)


def search_children(
    organisation: Organisation, *, query: str, year_group: int | None, academic_year: int
) -> QuerySet[Child]:
    """The organisation's living children to match a response with; nobody until one searches."""
    children = Child.objects.for_organisation(organisation).filter(date_of_death__isnull=True)
    if not query.strip() and year_group is None:
        return children.none()
    if year_group is not None:
        children = children.filter(
            birth_academic_year=birth_academic_year_of(year_group, academic_year)
        )
    return children.matching(query).select_related("school").defer("search_text")


@dataclass(frozen=True)
class Comparison:
    """A response and a child line by line, with what differs marked."""

    response: list[Line]
    child: list[Line]

    @property
    def names_another(self) -> bool:
        """Whether the name or the birth date is another, so that a person must look twice."""
        return any(line.differs for line in self.child if line.label in WHO_IT_IS)


def compare(response: OnlineResponse, child: Child, academic_year: int) -> Comparison:
    """What the parent wrote beside the child's record, fetched with school and parents.

    What a sensitive record hides is not compared, since that would tell.
    """
    described = response_lines(response, academic_year)
    stored = _lines(child, academic_year)
    left, right = [], []
    for ours, theirs in zip(described, stored, strict=True):
        differs = theirs.values != (HIDDEN,) and _differ(ours.values, theirs.values)
        left.append(Line(ours.label, ours.values, differs))
        right.append(Line(theirs.label, theirs.values, differs))
    return Comparison(left, right)


def response_lines(response: OnlineResponse, academic_year: int) -> list[Line]:
    """The child and parent as a response describes them."""
    lines = _lines(child_described(response), academic_year)
    contacts = [response.email, filters.phone(response.phone) if response.phone else ""]
    parent = f"{response.parent_name} ({response.relationship_label})"
    words = ", ".join([parent, *(one for one in contacts if one)])
    return [Line(line.label, (words,)) if line.label == "Parents" else line for line in lines]


def written_lines(response: OnlineResponse, child: Child, academic_year: int) -> list[Line]:
    """The child whom a response is matched with as the parent wrote of them, and how the parent
    wants to be phoned. A sensitive record hides where the child is. Source: consent §2.2.
    """
    hidden = (HIDDEN,) if child.is_restricted else None
    lines = [
        Line(line.label, hidden or line.values) if line.label in HIDDEN_IF_SENSITIVE else line
        for line in _lines(child_described(response), academic_year)
        if line.label != "Parents"
    ]
    if response.phone:
        need = response.contact_method_details or response.get_contact_method_display()
        lines.append(Line("Phone contact method", hidden or (need,)))
    return lines


def _lines(child: Child, academic_year: int) -> list[Line]:
    relationships = child.relationships.all() if child.pk else []
    lines = {line.label: line for line in child_lines(child, relationships, academic_year)}
    return [lines[label] for label in COMPARED]


def _differ(one: Sequence[str], other: Sequence[str]) -> bool:
    return not same_text(" ".join(one), " ".join(other))
