"""Uploaded vaccinations that differ from a stored record, and what people decide on them.

At most one is open per record; the newest file wins. Source: cohorts and imports §5 and §8.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts.models import Organisation, User
from cohorts.models import Upload
from vaccinations import services
from vaccinations.models import HistoryIssue, VaccinationRecord

BLOCK = 2000
Decision = HistoryIssue.Decision


class AlreadyDecided(Exception):
    """Somebody else decided first, or a newer file took the issue back."""


@dataclass(frozen=True)
class Finding:
    """A row that differs from a record, on its way to becoming an issue."""

    record: VaccinationRecord
    line: int
    values: dict[str, Any]


def count_waiting(organisation: Organisation) -> int:
    """How many issues the organisation has to decide on."""
    return HistoryIssue.objects.for_organisation(organisation).waiting().count()


def stage(findings: Sequence[Finding], *, upload: Upload, now: datetime) -> None:
    """Let the findings wait for a person; an older file's issue about the record makes room."""
    record_ids = [finding.record.pk for finding in findings]
    _close(record_ids, Decision.REPLACED, now)
    HistoryIssue.objects.bulk_create(
        [
            HistoryIssue(
                record=finding.record,
                upload=upload,
                line=finding.line,
                values=finding.values,
                created_at=now,
            )
            for finding in findings
        ],
        batch_size=BLOCK,
    )


def withdraw(record_ids: Collection[int], *, now: datetime) -> None:
    """Take back what older files raised: a newer one agrees, or the record is no more."""
    _close(record_ids, Decision.WITHDRAWN, now)


def _close(record_ids: Collection[int], decision: str, now: datetime) -> None:
    HistoryIssue.objects.waiting().filter(record__in=record_ids).update(
        decision=decision, decided_at=now
    )


@transaction.atomic
def decide(*, issue_id: int, decision: str, by: User, now: datetime) -> VaccinationRecord:
    """Keep the record, or correct it with the uploaded values; returns the record that counts.

    A correction is a new record; the old one is discarded and stays for those who look into it.
    Raises `AlreadyDecided`.
    """
    issue = HistoryIssue.objects.select_for_update(of=["self"]).get(pk=issue_id)
    record = VaccinationRecord.objects.select_for_update(of=["self"]).get(pk=issue.record_id)
    if issue.decision or record.discarded_at:
        raise AlreadyDecided
    issue.decision, issue.decided_by, issue.decided_at = decision, by, now
    issue.save(update_fields=["decision", "decided_by", "decided_at"])
    if decision == Decision.USE_UPLOADED:
        return services.correct(record, values=stored_values(issue), by=by, now=now)
    return record


def stored_values(issue: HistoryIssue) -> dict[str, Any]:
    """The uploaded values as a record stores them."""
    values = dict(issue.values)
    if expiry := values.get("batch_expiry"):
        values["batch_expiry"] = date.fromisoformat(expiry)
    return values
