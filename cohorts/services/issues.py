"""Import issues: uploaded values that differ from the record, and what people decide on them.

At most one is open per child; the newest file wins. Source: cohorts and imports §8 and §18-15.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts.models import Organisation, User
from calendars import rules as calendar_rules
from cohorts import rules
from cohorts.child_rows import ChildRow
from cohorts.models import Child, ImportIssue, Location, SchoolMove, Upload
from cohorts.parent_rules import ParentStep
from cohorts.rules import Schooling
from cohorts.services import school_moves
from cohorts.services.parents import ParentBook
from cohorts.signals import children_changed, children_placed, happened_to_children

BLOCK = 2000
PARENTS = "parents"
FIELD_LABELS = {
    "given_name": "first name",
    "family_name": "last name",
    "preferred_given_name": "preferred first name",
    "preferred_family_name": "preferred last name",
    "date_of_birth": "date of birth",
    "birth_academic_year": "year group",
    "gender": "gender",
    "nhs_number": "NHS number",
    "address_line_1": "address",
    "address_line_2": "address",
    "town": "address",
    "postcode": "address",
    "registration": "registration group",
    "school": "school",
    "parents": "parents",
}


class AlreadyDecided(Exception):
    """Somebody else decided first, or a newer file took the issue back."""


class CannotKeepBoth(Exception):
    """The uploaded record has the child's NHS number, so it cannot be another child."""


class NumberTaken(Exception):
    """The uploaded NHS number has become another child's."""


@dataclass(frozen=True)
class Finding:
    """A row that needs a person, on its way to becoming an issue."""

    child: Child
    row: ChildRow
    values: dict[str, Any]
    on_nhs_number: bool


def count_waiting(organisation: Organisation) -> int:
    """How many issues the organisation has to decide on."""
    return ImportIssue.objects.for_organisation(organisation).waiting().count()


def values_to_review(differences: rules.Differences, steps: Iterable[ParentStep]) -> dict[str, Any]:
    """What a person has to decide on, by field; empty where nothing conflicts.

    Where anything conflicts, blanks that could have been filled wait with it.
    """
    parents = [_parent_values(step) for step in steps if step.conflicts]
    if not (differences.conflicting or parents):
        return {}
    values = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in {**differences.filled, **differences.conflicting}.items()
    }
    return {**values, PARENTS: parents} if parents else values


def _parent_values(step: ParentStep) -> dict[str, Any]:
    """How an uploaded parent differs from a stored one; both as the issue's page names them."""
    assert step.stored is not None
    values: dict[str, Any] = dict(step.conflicting)
    if step.relationship == "conflicting":
        values["relationship"] = step.uploaded.kind
        values["other_name"] = step.uploaded.other_name
    return {"person": _who(step), **values}


def _who(step: ParentStep) -> str:
    stored = step.stored
    return (stored.full_name or stored.email or stored.phone) if stored else ""


def kept_values(child_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """By child, the uploaded values that somebody decided against last."""
    newest = (
        ImportIssue.objects.filter(child__in=child_ids)
        .exclude(decision__in=["", ImportIssue.Decision.WITHDRAWN, ImportIssue.Decision.REPLACED])
        .order_by("child_id", "-decided_at", "-pk")
        .distinct("child_id")
    )
    return {
        issue.child_id: issue.values
        for issue in newest
        if issue.decision == ImportIssue.Decision.KEEP_EXISTING
    }


@transaction.atomic
def stage(findings: Iterable[Finding], *, upload: Upload, now: datetime) -> None:
    """Open an issue for each finding; one open since an older file makes room.

    An open issue that says the same stays as it is, with its file and date.
    """
    wanted = {finding.child.pk: finding for finding in findings}
    replaced = []
    for issue in ImportIssue.objects.select_for_update().filter(child__in=wanted, decision=""):
        finding = wanted[issue.child_id]
        says_the_same = issue.values == finding.values and _without_line(issue.row) == (
            _without_line(finding.row.as_json())
        )
        if says_the_same:
            del wanted[issue.child_id]
        else:
            replaced.append(issue.pk)
    _close(replaced, ImportIssue.Decision.REPLACED, now)
    ImportIssue.objects.bulk_create(
        [
            ImportIssue(
                child=finding.child,
                upload=upload,
                line=finding.row.line,
                values=finding.values,
                row=finding.row.as_json(),
                matched_on_nhs_number=finding.on_nhs_number,
                created_at=now,
            )
            for finding in wanted.values()
        ],
        batch_size=BLOCK,
    )


def _without_line(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "line": None, PARENTS: [dict(parent) for parent in row[PARENTS]]}


def withdraw_for(child_ids: Collection[int], *, now: datetime) -> None:
    """Close the issues of children with whose records the newest file agrees."""
    open_issues = ImportIssue.objects.filter(child__in=child_ids, decision="")
    _close(list(open_issues.values_list("pk", flat=True)), ImportIssue.Decision.WITHDRAWN, now)


def _close(issue_ids: list[int], decision: ImportIssue.Decision, now: datetime) -> None:
    ImportIssue.objects.filter(pk__in=issue_ids).update(decision=decision, decided_at=now)


@transaction.atomic
def decide(*, issue_id: int, decision: ImportIssue.Decision, by: User, now: datetime) -> Child:
    """Settle an issue, and return the child that has the uploaded values, or the existing one.

    Use uploaded: the child gets the uploaded values, parents included, and the row's school by the
    rules for school moves. Keep existing: nothing changes, and the same values raise no issue
    again. Keep both: the uploaded record becomes a child of its own; where only a parent differs,
    the uploaded parent becomes a person of their own. Raises `AlreadyDecided`, `CannotKeepBoth`
    or `NumberTaken`, and changes nothing then.
    """
    child_id = ImportIssue.objects.values_list("child_id", flat=True).get(pk=issue_id)
    child = Child.objects.lock(child_id)
    issue = (
        ImportIssue.objects.select_for_update(of=["self"]).select_related("upload").get(pk=issue_id)
    )
    if issue.decision:
        raise AlreadyDecided
    if decision == ImportIssue.Decision.KEEP_BOTH and not can_keep_both(issue):
        raise CannotKeepBoth
    issue.decision, issue.decided_by, issue.decided_at = decision, by, now
    issue.save(update_fields=["decision", "decided_by", "decided_at"])
    if decision == ImportIssue.Decision.KEEP_EXISTING:
        return child
    row = _row_as_of_now(issue)
    if decision == ImportIssue.Decision.KEEP_BOTH and concerns_the_child(issue):
        return _create_apart(issue, row, by=by, now=now)
    _use(issue, row, child, by=by, now=now)
    return child


def concerns_the_child(issue: ImportIssue) -> bool:
    """Whether details of the child differ, not only those of a parent."""
    return bool(issue.values.keys() - {PARENTS})


def can_keep_both(issue: ImportIssue) -> bool:
    """A record with the child's own NHS number is no other child; its parents may be others."""
    return not (issue.matched_on_nhs_number and concerns_the_child(issue))


def apply_values(child: Child, values: Mapping[str, Any]) -> None:
    """Set uploaded values on the child; the year group follows the birth date (§2.1)."""
    is_out_of_age = child.birth_academic_year != calendar_rules.academic_year_of(
        child.date_of_birth
    )
    for name, value in values.items():
        if name != PARENTS:
            is_text_date = name == "date_of_birth" and isinstance(value, str)
            setattr(child, name, date.fromisoformat(value) if is_text_date else value)
    if "birth_academic_year" not in values and not is_out_of_age:
        child.birth_academic_year = calendar_rules.academic_year_of(child.date_of_birth)


def new_child(row: ChildRow, upload: Upload, now: datetime) -> Child:
    """A child as the row tells of them, not saved yet."""
    return Child(
        organisation=upload.organisation,
        created_at=now,
        updated_at=now,
        gender=row.gender or Child.Gender.NOT_KNOWN,
        **{
            name: getattr(row, name)
            for name in (
                *rules.NAME_FIELDS,
                *rules.ADDRESS_FIELDS,
                "date_of_birth",
                "birth_academic_year",
                "nhs_number",
                "registration",
                "school_id",
                "home_educated",
            )
        },
    )


def _row_as_of_now(issue: ImportIssue) -> ChildRow:
    """The uploaded row; a school that is no longer the organisation's is unknown by now."""
    row = dict(issue.row)
    organisation = issue.upload.organisation
    schools = Location.objects.for_organisation(organisation).filter(pk=row["school_id"])
    if row["school_id"] and not schools.exclude(status=Location.Status.CLOSED).exists():
        row.update(school_id=None, home_educated=False)
    return ChildRow.from_json(row)


def _create_apart(issue: ImportIssue, row: ChildRow, *, by: User, now: datetime) -> Child:
    """The uploaded record as a child of its own; an NHS number that is taken stays where it is."""
    child = new_child(row, issue.upload, now)
    if row.nhs_number and Child.objects.filter(nhs_number=row.nhs_number).exists():
        child.nhs_number = None
    child.save()
    book = ParentBook(issue.upload.organisation)
    book.load([], row.parents)
    book.take(book.reconcile(row.parents, None), child)
    book.save()
    _announce(child, "Child record created", "Kept apart from a similar record", by, now)
    children_placed.send(
        Child, organisation=issue.upload.organisation, child_ids=[child.pk], by=by, now=now
    )
    return child


def _use(issue: ImportIssue, row: ChildRow, child: Child, *, by: User, now: datetime) -> None:
    """The child with the uploaded values; for parents alone, both may be kept."""
    number = issue.values.get("nhs_number")
    if number and Child.objects.filter(nhs_number=number).exclude(pk=child.pk).exists():
        raise NumberTaken
    apply_values(child, issue.values)
    child.save()
    book = ParentBook(issue.upload.organisation)
    book.load([child], row.parents)
    steps = book.reconcile(row.parents, child)
    if issue.decision == ImportIssue.Decision.KEEP_BOTH:
        book.add_apart(steps, child)
    else:
        book.take(steps, child, overwrite=True)
    touched = book.save() | {child.pk}
    _announce(child, "Child record updated", "With uploaded values, after review", by, now)
    children_changed.send(Child, child_ids=sorted(touched), by=by, now=now)
    if not issue.matched_on_nhs_number:
        _follow_school(issue, row, child, by=by, now=now)


def _follow_school(
    issue: ImportIssue, row: ChildRow, child: Child, *, by: User, now: datetime
) -> None:
    """The row's school, now that somebody said that the row means this child."""
    target = Schooling(row.school_id, row.home_educated)
    change = rules.school_change(
        current=school_moves.schooling_of(child),
        target=target,
        may_apply=True,
        is_deceased=child.date_of_death is not None,
        ignored=school_moves.ignored_targets([child.pk]).get(child.pk),
    )
    if change == "apply":
        child.school_id, child.home_educated = target.school_id, target.home_educated
        child.save(update_fields=["school", "home_educated", "updated_at"])
        children_placed.send(
            Child, organisation=issue.upload.organisation, child_ids=[child.pk], by=by, now=now
        )
    elif change == "propose":
        school_moves.propose(
            [school_moves.Proposal(child, target)], source=SchoolMove.Source.COHORT, now=now
        )


def _announce(child: Child, title: str, body: str, by: User, now: datetime) -> None:
    happened_to_children.send(
        Child,
        organisation=child.organisation,
        kind="record",
        child_ids=[child.pk],
        title=title,
        body=body,
        by=by,
        now=now,
    )
