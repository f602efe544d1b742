"""Whether a row of a history file is a record that is stored already, and how it differs.

Source: cohorts and imports §5: same child, programme, day, time, outcome, dose, place, session
and professional are the same record; vaccine, batch, site and notes may differ.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from cohorts.rules import same_text
from vaccinations.history.rows import HistoryRow
from vaccinations.models import HistoryIssue, VaccinationRecord

Key = tuple
COMPARED = ("vaccine_id", "batch_number", "batch_expiry", "site", "notes")


def key_of(record: HistoryRow | VaccinationRecord) -> tuple:
    """What makes a vaccination of one child the same vaccination."""
    programme = record.programme if isinstance(record, HistoryRow) else record.programme_id
    return (
        programme,
        record.performed_on,
        record.performed_time,
        record.outcome,
        record.dose_sequence,
        record.place_name.casefold(),
        record.session_id,
        record.performer_id,
        record.performer_name.casefold(),
    )


def differences(row: HistoryRow, record: VaccinationRecord) -> dict[str, Any]:
    """The row's values that differ, as an issue keeps them; a blank cell never differs."""
    found = {}
    for name in COMPARED:
        old, new = getattr(record, name), getattr(row, name)
        if new in ("", None) or new == old:
            continue
        if isinstance(new, str) and same_text(old, new):
            continue
        found[name] = new.isoformat() if isinstance(new, date) else new
    return found


class StoredRecords:
    """The kept records of some children, and what somebody chose not to take over before."""

    def __init__(self, child_ids: Iterable[int]) -> None:
        records = VaccinationRecord.objects.kept().filter(child_id__in=set(child_ids))
        self.by_key = {
            (record.child_id, *key_of(record)): record
            for record in records.select_for_update().order_by("-id")
        }
        decided = HistoryIssue.objects.filter(
            record__in=[record.pk for record in self.by_key.values()],
            decision=HistoryIssue.Decision.KEEP_EXISTING,
        )
        self.kept_values = dict(decided.order_by("decided_at").values_list("record_id", "values"))

    def find(self, key: Key) -> VaccinationRecord | None:
        return self.by_key.get(key)
