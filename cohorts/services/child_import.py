"""Importing a file of child records: all of it, or nothing.

`run` is called inside one transaction, under the organisation's import lock. It works through
blocks of rows with the same few queries for each block. Source: cohorts and imports §4, §7 to §11.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from django.conf import settings

from calendars import clock
from calendars import rules as calendar_rules
from cohorts import cohort_file, rules, search
from cohorts.child_rows import ChildRow, Problem
from cohorts.cohort_file import KnownSchool
from cohorts.files import Table
from cohorts.matching import match_children
from cohorts.models import Child, Location, SchoolMove, UploadedChild
from cohorts.rules import Ambiguous, Match, Schooling
from cohorts.services import issues, school_moves
from cohorts.services.parents import ParentBook
from cohorts.signals import children_changed, children_placed, happened_to_children
from cohorts.upload_kinds import Job, Outcome, RowsRefused

BLOCK = 2000
OUTCOMES = UploadedChild.Outcome


@dataclass
class Work:
    """What the rows lead to, collected before it is written."""

    outcomes: list[tuple[ChildRow, Child | None, str]] = field(default_factory=list)
    new: list[Child] = field(default_factory=list)
    changes: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    changed: dict[int, Child] = field(default_factory=dict)
    placed: list[Child] = field(default_factory=list)
    findings: list[issues.Finding] = field(default_factory=list)
    agreeing: list[int] = field(default_factory=list)
    settled_schools: list[int] = field(default_factory=list)
    proposals: list[school_moves.Proposal] = field(default_factory=list)
    elsewhere: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def change(self, child: Child, field_name: str) -> None:
        self.changed[child.pk] = child
        self.changes[child.pk].add(field_name)


def run(job: Job) -> Outcome:
    """Import the file; raises `RowsRefused` with every problem where any row is wrong."""
    checked = _check(job)
    job.progress.begin("Matching to children already in Mavis")
    chosen, unclear = _match(job, checked.rows)
    problems = sorted([*checked.problems, *unclear], key=lambda problem: problem.line)
    if problems:
        raise RowsRefused(problems)
    Child.objects.lock_all(match.child_id for match in chosen if match)
    work, book = Work(), ParentBook(job.upload.organisation)
    job.progress.begin("Comparing with children already in Mavis")
    pairs = iter(zip(checked.rows, chosen, strict=True))
    while block := list(islice(pairs, BLOCK)):
        _Block(job, work, book, block).plan()
        job.progress.advance(len(work.outcomes))
    job.progress.begin("Saving children")
    touched, raised = _write(job, work, book)
    counts = Counter(outcome for _, _, outcome in work.outcomes)
    return Outcome(
        counts={outcome: counts[outcome] for outcome in OUTCOMES.values} | {"school_moves": raised},
        notes=[*_elsewhere_notes(work), *_left_out_notes(checked.notices)],
        child_ids=touched,
    )


def _check(job: Job) -> cohort_file.CheckedRows:
    job.progress.begin("Checking rows")
    organisation = job.upload.organisation
    today = clock.london_day(job.now)
    programmes = organisation.programmes.values_list("year_groups", flat=True)
    return cohort_file.check_rows(
        job.table,
        cohort_file.Expectations(
            today=today,
            academic_year=calendar_rules.academic_year_of(today),
            year_groups={year for years in programmes for year in years},
            schools=_schools(job.table, organisation.pk),
            allows_drama=settings.IS_LOCAL,
        ),
    )


def _schools(table: Table, organisation_id: int) -> dict[str, KnownSchool]:
    """The schools that the file names, whoever looks after them."""
    schools = Location.objects.schools().filter(urn__in=cohort_file.urns_in(table))
    return {
        urn: KnownSchool(pk, owner == organisation_id, status == Location.Status.CLOSED)
        for pk, urn, status, owner in schools.values_list(
            "pk", "urn", "status", "team__organisation"
        )
    }


def _match(job: Job, rows: Sequence[ChildRow]) -> tuple[list[Match | None], list[Problem]]:
    """The child each row means, and the rows for which that cannot be told."""
    chosen, undecided = rules.settle_collisions(
        match_children(rows, organisation=job.upload.organisation)
    )
    problems = [
        Problem(
            row.line,
            "",
            f"{len(choice.child_ids)} children already in Mavis could be this one. "
            "Add the NHS number",
        )
        for row, choice in zip(rows, chosen, strict=True)
        if isinstance(choice, Ambiguous)
    ]
    for group in undecided:
        lines = [rows[place].line for place in group]
        for line in lines:
            others = " and ".join(str(other) for other in lines if other != line)
            problems.append(
                Problem(
                    line,
                    "",
                    f"This row and line {others} mean the same child already in Mavis. "
                    "Add the NHS numbers, or remove one of the rows",
                )
            )
    return [None if isinstance(choice, Ambiguous) else choice for choice in chosen], problems


class _Block:
    """A few thousand rows, with what is stored about the children they mean."""

    def __init__(
        self,
        job: Job,
        work: Work,
        book: ParentBook,
        pairs: Sequence[tuple[ChildRow, Match | None]],
    ) -> None:
        self.job, self.work, self.book, self.pairs = job, work, book, pairs
        ids = [match.child_id for _, match in pairs if match]
        self.children = Child.objects.in_bulk(ids)
        self.kept_values = issues.kept_values(ids)
        self.ignored_targets = school_moves.ignored_targets(ids)
        book.load(
            [child for child in self.children.values() if self._is_ours(child)],
            (parent for row, _ in pairs for parent in row.parents),
        )

    def plan(self) -> None:
        """Decide what each row leads to."""
        for row, match in self.pairs:
            child = self.children[match.child_id] if match else None
            if match is None or child is None:
                outcome, child = OUTCOMES.NEW, self._add(row)
            elif self._is_ours(child):
                outcome = self._compare(row, child, match)
            else:
                outcome, child = self._hand_on(row, child), None
            self.work.outcomes.append((row, child, outcome))

    def _is_ours(self, child: Child) -> bool:
        """In our cohorts, or in nobody's: such a child joins ours."""
        return child.organisation_id in (None, self.job.upload.organisation_id)

    def _add(self, row: ChildRow) -> Child:
        child = issues.new_child(row, self.job.upload, self.job.now)
        self.work.new.append(child)
        self.book.take(self.book.reconcile(row.parents, None), child)
        return child

    def _compare(self, row: ChildRow, child: Child, match: Match) -> str:
        """Fill, or set aside for a person; the row's parents share the child's fate."""
        found = rules.compare(child, row)
        steps = self.book.reconcile(row.parents, child)
        to_review = issues.values_to_review(found, steps)
        is_kept = bool(to_review) and to_review == self.kept_values.get(child.pk)
        joins = child.organisation_id is None
        if joins:
            child.organisation = self.job.upload.organisation
            self.work.change(child, "organisation")
            self.work.placed.append(child)
        if not to_review:
            self._fill(child, found)
            self.book.take(steps, child)
            if any(step.changes for step in steps):
                self.work.changes[child.pk].add("parents")
            self.work.agreeing.append(child.pk)
        elif not is_kept:
            self.work.findings.append(issues.Finding(child, row, to_review, match.on_nhs_number))
        if not to_review or match.on_nhs_number:
            self._follow_school(row, child, may_apply=not to_review)
        if to_review and not is_kept:
            return OUTCOMES.REVIEW
        changes = self.work.changes.get(child.pk, set()) - set(found.respelt)
        return OUTCOMES.UPDATED if changes else OUTCOMES.UNCHANGED

    def _fill(self, child: Child, found: rules.Differences) -> None:
        issues.apply_values(child, {**found.respelt, **found.filled})
        for name in (*found.respelt, *found.filled):
            self.work.change(child, name)

    def _follow_school(self, row: ChildRow, child: Child, *, may_apply: bool) -> None:
        target = Schooling(row.school_id, row.home_educated)
        change = rules.school_change(
            current=school_moves.schooling_of(child),
            target=target,
            may_apply=may_apply,
            is_deceased=child.date_of_death is not None,
            ignored=self.ignored_targets.get(child.pk),
        )
        if change == "apply":
            child.school_id, child.home_educated = target.school_id, target.home_educated
            self.work.change(child, "school")
            self.work.placed.append(child)
        elif change == "propose":
            self.work.proposals.append(school_moves.Proposal(child, target))
            return
        self.work.settled_schools.append(child.pk)

    def _hand_on(self, row: ChildRow, child: Child) -> str:
        """A child of another organisation is not touched; a move may wait with that one."""
        target = Schooling(row.school_id, row.home_educated)
        is_same_person = row.date_of_birth == child.date_of_birth and search.fold(
            row.family_name
        ) == search.fold(child.family_name)
        if not is_same_person:
            self.work.elsewhere["different"].append(row.line)
            return OUTCOMES.REVIEW
        if row.school_id is None or child.date_of_death is not None:
            self.work.elsewhere["no_school"].append(row.line)
            return OUTCOMES.UNCHANGED
        if target == self.ignored_targets.get(child.pk):
            self.work.elsewhere["declined"].append(row.line)
            return OUTCOMES.UNCHANGED
        self.work.proposals.append(school_moves.Proposal(child, target))
        self.work.elsewhere["asked"].append(row.line)
        return OUTCOMES.REVIEW


def _write(job: Job, work: Work, book: ParentBook) -> tuple[set[int], int]:
    """Save everything and announce it; returns the children announced, siblings in families that
    changed among them, and how many school moves were raised.
    """
    upload, now, by = job.upload, job.now, job.by
    Child.objects.bulk_create(work.new, batch_size=BLOCK)
    for child in work.changed.values():
        child.updated_at = now
    fields = {name for names in work.changes.values() for name in names} - {"parents"}
    if "school" in fields:
        fields.add("home_educated")
    if fields:
        Child.objects.bulk_update(
            work.changed.values(), {*fields, "birth_academic_year", "updated_at"}, batch_size=500
        )
    family_changed = book.save()
    issues.stage(work.findings, upload=upload, now=now)
    issues.withdraw_for(work.agreeing, now=now)
    moves = school_moves.propose(work.proposals, source=SchoolMove.Source.COHORT, now=now)
    school_moves.withdraw_for(work.settled_schools, now=now)
    UploadedChild.objects.bulk_create(
        [
            UploadedChild(upload=upload, child=child, line=row.line, outcome=outcome)
            for row, child, outcome in work.outcomes
            if child is not None
        ],
        batch_size=BLOCK,
    )
    job.progress.begin("Placing children in sessions")
    new_ids = [child.pk for child in work.new]
    _log(job, work, new_ids)
    placed = sorted({*new_ids, *(child.pk for child in work.placed)})
    if placed:
        children_placed.send(
            Child, organisation=upload.organisation, child_ids=placed, by=by, now=now
        )
    changed = sorted(({*work.changed} | family_changed) - set(new_ids))
    if changed:
        children_changed.send(Child, child_ids=changed, by=by, now=now)
    return {*placed, *changed}, len(moves)


def _log(job: Job, work: Work, new_ids: list[int]) -> None:
    """One announcement for the new children, and one for each mixture of changed details."""
    alike: dict[str, list[int]] = defaultdict(list)
    for child_id, names in work.changes.items():
        labels = sorted(
            {issues.FIELD_LABELS[name] for name in names if name in issues.FIELD_LABELS}
        )
        if labels:
            alike[f"Changed: {', '.join(labels)}"].append(child_id)
    announcements = [("Child record created", "From an upload of child records", new_ids)]
    announcements += [("Child record updated", body, ids) for body, ids in alike.items()]
    for title, body, child_ids in announcements:
        if child_ids:
            happened_to_children.send(
                Child,
                organisation=job.upload.organisation,
                kind="record",
                child_ids=child_ids,
                title=title,
                body=body,
                by=job.by,
                now=job.now,
            )


ELSEWHERE = {
    "asked": "This child is in the care of another organisation, which was asked to confirm the "
    "move. The row was not imported",
    "declined": "This child is in the care of another organisation, which decided that they have "
    "not moved. The row was not imported",
    "no_school": "This child is in the care of another organisation, and the row names no school. "
    "The row was not imported",
    "different": "This NHS number belongs to a child with another last name or date of birth in "
    "the care of another organisation. The row was not imported: check the NHS number",
}


def _elsewhere_notes(work: Work) -> Iterator[str]:
    for reason, sentence in ELSEWHERE.items():
        for line in work.elsewhere.get(reason, ()):
            yield f"Line {line}: {sentence}"


def _left_out_notes(notices: Iterable[Problem]) -> Iterator[str]:
    for notice in notices:
        yield f"Line {notice.line}, {notice.column}: {notice.message}"
