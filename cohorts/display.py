"""How children, uploads and proposed changes are put before people."""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from datetime import date

from calendars import rules as calendar_rules
from cohorts.child_rows import ChildRow, UploadedParent
from cohorts.models import (
    Child,
    ImportIssue,
    Location,
    ParentRelationship,
    SchoolMove,
    Upload,
)
from cohorts.services import issues
from govuk import filters

HIDDEN = "Hidden: this is a sensitive record"
STATUS_COLOURS = {
    Upload.Status.PROCESSING: "blue",
    Upload.Status.INVALID: "red",
    Upload.Status.FAILED: "red",
    Upload.Status.CHECKED: "yellow",
    Upload.Status.COMPLETED: "green",
    Upload.Status.DISCARDED: "grey",
}
OUTCOME_COLOURS = {"new": "green", "updated": "blue", "unchanged": "grey", "review": "yellow"}


@dataclass(frozen=True)
class Line:
    """One line of a card: what it is about, its values line by line, and whether they differ."""

    label: str
    values: tuple[str, ...]
    differs: bool = False


def child_lines(child: Child, relationships: Iterable[ParentRelationship], year: int) -> list[Line]:
    """A child as stored. Address and parents of a sensitive record stay hidden."""
    hidden = (HIDDEN,)
    parents = tuple(_stored_parent(relationship) for relationship in relationships)
    return [
        Line("Full name", (child.full_name,)),
        Line("Known as", (child.preferred_name,)),
        Line("Date of birth", (filters.govuk_date(child.date_of_birth),)),
        Line("Year group", (calendar_rules.year_group_label(child.year_group(year)),)),
        Line("NHS number", (filters.nhs_number(child.nhs_number),)),
        Line("Gender", (child.get_gender_display(),)),
        Line("Address", hidden if child.is_restricted else tuple(child.address_lines)),
        Line("Registration", (child.registration,)),
        Line("School", (child.school_label,)),
        Line("Parents", hidden if child.is_restricted else parents),
    ]


def issue_lines(
    issue: ImportIssue, uploaded_school: Location | None, year: int
) -> tuple[list[Line], list[Line]]:
    """The uploaded and the existing record of an issue, line by line, with what differs marked.

    The uploaded one is shown as the record would be if it were used.
    """
    row = ChildRow.from_json(issue.row)
    existing = child_lines(issue.child, issue.child.relationships.all(), year)
    uploaded = child_lines(_as_uploaded(issue, row, uploaded_school), [], year)
    hidden = issue.child.is_restricted
    replaced = {"Parents": (HIDDEN,) if hidden else tuple(map(_uploaded_parent, row.parents))}
    marked_uploaded, marked_existing = [], []
    for old, new in zip(existing, uploaded, strict=True):
        values = replaced.get(old.label, new.values)
        differs = issues.PARENTS in issue.values if old.label == "Parents" else values != old.values
        marked_existing.append(Line(old.label, old.values, differs))
        marked_uploaded.append(Line(old.label, values, differs))
    return marked_uploaded, marked_existing


def move_lines(move: SchoolMove, year: int) -> tuple[list[Line], list[Line]]:
    """The child as confirming the move would leave them, and as they are."""
    existing, updated = [], []
    for line in child_lines(move.child, move.child.relationships.all(), year):
        is_school = line.label == "School"
        existing.append(Line(line.label, line.values, is_school))
        updated.append(
            Line(line.label, (move.school_label,) if is_school else line.values, is_school)
        )
    return updated, existing


def differing(issue: ImportIssue) -> str:
    """What an issue is about: First name, address."""
    words = ", ".join(dict.fromkeys(issues.FIELD_LABELS[name] for name in issue.values))
    return words[:1].upper() + words[1:]


def _as_uploaded(issue: ImportIssue, row: ChildRow, school: Location | None) -> Child:
    """A copy of the child, never saved, with the uploaded values.

    With one NHS number the school is a move of its own, and no part of the issue.
    """
    child = copy(issue.child)
    issues.apply_values(child, issue.values)
    if not issue.matched_on_nhs_number:
        child.school, child.home_educated = school, row.home_educated
    return child


def _stored_parent(relationship: ParentRelationship) -> str:
    parent = relationship.parent
    return _parent(parent.display_name, relationship.label, parent.email, parent.phone)


def _uploaded_parent(parent: UploadedParent) -> str:
    label = parent.other_name or ParentRelationship.Kind(parent.kind).label
    name = parent.full_name or "Parent or guardian (name unknown)"
    return _parent(name, label, parent.email, parent.phone)


def _parent(name: str, relationship: str, email: str, phone: str) -> str:
    contacts = [email, filters.phone(phone) if phone else ""]
    return ", ".join([f"{name} ({relationship})", *(one for one in contacts if one)])


def faulty_rows(upload: Upload, most: int) -> tuple[list[tuple[int, list]], int]:
    """The first faulty rows of a file with their columns and problems, and how many there are."""
    by_line: dict[int, list] = {}
    for line, column, message in upload.problems:
        by_line.setdefault(line, []).append((column, message))
    return sorted(by_line.items())[:most], len(by_line)


def days_words(days: Iterable[date]) -> str:
    """25 January 2027, 26 January 2027."""
    return ", ".join(filters.govuk_date(day) for day in days)
