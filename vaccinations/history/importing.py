"""Importing a file of vaccination history: all of it, or nothing.

`run` is called inside one transaction, under the organisation's import lock. Existing children
are never edited, existing records never overwritten: what differs waits for a person. Children
whom nobody knows are kept in no cohort, so that no clinic invites them; a later file of child
records that names them takes them in, history and all. Source: cohorts and imports §5.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from calendars.rules import academic_year_of
from cohorts.child_rows import Problem
from cohorts.models import Child, UploadedChild
from cohorts.upload_kinds import Job, Outcome, RowsRefused
from sessions_app.models import SessionDate
from vaccinations import services
from vaccinations.history import issues
from vaccinations.history.comparing import Key, StoredRecords, differences, key_of
from vaccinations.history.expectations import expectations
from vaccinations.history.file import check_rows
from vaccinations.history.people import Newcomer, find_people
from vaccinations.history.rows import HistoryRow
from vaccinations.models import VaccinationRecord

BLOCK = 2000
LINES_NAMED = 20
OUTCOMES = UploadedChild.Outcome


@dataclass
class Work:
    """What the rows lead to, collected before it is written."""

    outcomes: list[tuple[HistoryRow, Child, str]] = field(default_factory=list)
    new: list[tuple[HistoryRow, Child]] = field(default_factory=list)
    findings: list[issues.Finding] = field(default_factory=list)
    agreeing: list[int] = field(default_factory=list)


def run(job: Job) -> Outcome:
    """Import the file; raises `RowsRefused` with every problem where any row is wrong."""
    organisation = job.upload.organisation
    job.progress.begin("Checking rows")
    rows, problems = check_rows(job.table, expectations(job.table, organisation, now=job.now))
    job.progress.begin("Matching to children already in Mavis")
    people = find_people(rows, organisation=organisation)
    problems += people.problems
    problems += _repeated(rows, people.subjects)
    if problems:
        raise RowsRefused(sorted(problems, key=lambda problem: problem.line))
    newcomers = _create_newcomers(people.subjects)
    children = [
        newcomers[subject] if isinstance(subject, Newcomer) else subject
        for subject in people.subjects
    ]
    work = _compare(job, rows, children)
    job.progress.begin("Saving vaccinations")
    _write(job, work)
    counts = Counter(outcome for _, _, outcome in work.outcomes)
    return Outcome(
        counts={outcome: counts[outcome] for outcome in OUTCOMES.values},
        notes=_notes(len(newcomers), people.near_misses),
    )


def _repeated(rows: Sequence[HistoryRow], subjects: Sequence[Child | Newcomer]) -> list[Problem]:
    """A problem for each row about the vaccination of another one (§17 row 73)."""
    lines: dict[tuple, list[int]] = defaultdict(list)
    for row, subject in zip(rows, subjects, strict=True):
        lines[subject, key_of(row)].append(row.line)
    return [
        Problem(line, "", f"This vaccination is also on {_lines(line, same)}")
        for same in lines.values()
        if len(same) > 1
        for line in same
    ]


def _lines(line: int, same: list[int]) -> str:
    others = [str(other) for other in same if other != line][:LINES_NAMED]
    return f"line {others[0]}" if len(others) == 1 else f"lines {', '.join(others)}"


def _create_newcomers(subjects: Sequence[Child | Newcomer]) -> dict[Newcomer, Child]:
    """A child of no cohort, whose school is unknown, for each person nobody knows."""
    newcomers = dict.fromkeys(subject for subject in subjects if isinstance(subject, Newcomer))
    created = {
        newcomer: Child(
            nhs_number=newcomer.nhs_number,
            given_name=newcomer.person.given_name,
            family_name=newcomer.person.family_name,
            date_of_birth=newcomer.person.date_of_birth,
            birth_academic_year=academic_year_of(newcomer.person.date_of_birth),
            gender=newcomer.person.gender,
            postcode=newcomer.person.postcode,
            home_educated=False,
        )
        for newcomer in newcomers
    }
    Child.objects.bulk_create(created.values(), batch_size=BLOCK)
    return created


def _compare(job: Job, rows: Sequence[HistoryRow], children: Sequence[Child]) -> Work:
    """Which rows are new, known, or known otherwise."""
    job.progress.begin("Comparing with vaccinations already in Mavis")
    work = Work()
    for start in range(0, len(rows), BLOCK):
        block = list(zip(rows[start : start + BLOCK], children[start : start + BLOCK], strict=True))
        stored = StoredRecords(child.pk for _, child in block)
        for row, child in block:
            outcome = _compare_row(job, work, row, child, stored)
            work.outcomes.append((row, child, outcome))
        job.progress.advance(start + len(block))
    return work


def _compare_row(job: Job, work: Work, row: HistoryRow, child: Child, stored: StoredRecords) -> str:
    key: Key = (child.pk, *key_of(row))
    record = stored.find(key)
    values = differences(row, record) if record else {}
    if record is None or (values and record.organisation_id != job.upload.organisation_id):
        # What another organisation recorded is theirs to correct; ours stands beside it.
        work.new.append((row, child))
        return OUTCOMES.NEW
    if not values:
        work.agreeing.append(record.pk)
        return OUTCOMES.UNCHANGED
    if values == stored.kept_values.get(record.pk):
        return OUTCOMES.UNCHANGED
    work.findings.append(issues.Finding(record, row.line, values))
    return OUTCOMES.REVIEW


def _write(job: Job, work: Work) -> None:
    """Save everything, and let statuses, sessions and invitations follow."""
    upload, now = job.upload, job.now
    records = VaccinationRecord.objects.bulk_create(
        [_record(job, row, child) for row, child in work.new], batch_size=BLOCK
    )
    _fix_attended_days(records, now)
    issues.stage(work.findings, upload=upload, now=now)
    issues.withdraw(work.agreeing, now=now)
    UploadedChild.objects.bulk_create(
        [
            UploadedChild(upload=upload, child=child, line=row.line, outcome=outcome)
            for row, child, outcome in work.outcomes
            if child.organisation_id in (None, upload.organisation_id)
        ],
        batch_size=BLOCK,
    )
    services.log_records(records)
    services.facts_changed({record.child_id for record in records}, now=now, by=job.by)


def _record(job: Job, row: HistoryRow, child: Child) -> VaccinationRecord:
    return VaccinationRecord(
        child=child,
        programme_id=row.programme,
        organisation=job.upload.organisation,
        session_id=row.session_id,
        outcome=row.outcome,
        performed_on=row.performed_on,
        performed_time=row.performed_time,
        vaccine_id=row.vaccine_id,
        batch_number=row.batch_number,
        batch_expiry=row.batch_expiry,
        site=row.site,
        dose_sequence=row.dose_sequence,
        place_name=row.place_name,
        performer_name=row.performer_name,
        performer_id=row.performer_id,
        notes=row.notes,
        upload=job.upload,
        recorded_at=job.now,
    )


def _fix_attended_days(records: Sequence[VaccinationRecord], now) -> None:
    """A day on which a child was vaccinated was attended, so it cannot be moved any more."""
    days = defaultdict(set)
    for record in records:
        if record.session_id and record.outcome == VaccinationRecord.Outcome.ADMINISTERED:
            days[record.session_id].add(record.performed_on)
    for session_id, values in days.items():
        SessionDate.objects.filter(
            session=session_id, value__in=values, removed_at__isnull=True, attended_at__isnull=True
        ).update(attended_at=now)


def _notes(newcomers: int, near_misses: Sequence[int]) -> list[str]:
    notes = []
    if newcomers:
        children = "1 child" if newcomers == 1 else f"{newcomers:,} children"
        notes.append(
            f"{children} in this file are not in your cohorts. Their vaccinations are kept, and "
            "join their record when a file of child records names them"
        )
    if near_misses:
        lines = ", ".join(str(line) for line in near_misses[:LINES_NAMED])
        more = " and more" if len(near_misses) > LINES_NAMED else ""
        notes.append(
            f"The child on these lines resembles a child in Mavis but is not the same in name, "
            f"date of birth and postcode: {lines}{more}. If it is the same child, add the NHS "
            "number and upload the file again"
        )
    return notes
