"""How vaccination records are put before people."""

from copy import copy

from cohorts.display import Line
from govuk import filters
from vaccinations.history.issues import stored_values
from vaccinations.models import HistoryIssue, VaccinationRecord
from vaccinations.services import FIELD_LABELS


def record_lines(record: VaccinationRecord) -> list[Line]:
    """A record line by line, for a card."""
    time = filters.govuk_time(record.performed_time) if record.performed_time else ""
    expiry = filters.govuk_date(record.batch_expiry) if record.batch_expiry else ""
    return [
        Line("Programme", (record.programme.name,)),
        Line("Outcome", (record.get_outcome_display(),)),
        Line("Date", (filters.govuk_date(record.performed_on), time)),
        Line("Place", (record.place_name,)),
        Line("Vaccine", (record.vaccine.brand if record.vaccine else "",)),
        Line("Dose", (str(record.dose_sequence or ""),)),
        Line("Site", (record.get_site_display(),)),
        Line("Batch number", (record.batch_number,)),
        Line("Batch expiry date", (expiry,)),
        Line("Vaccinated by", (record.performed_by,)),
        Line("Notes", tuple(record.notes.splitlines())),
    ]


def issue_lines(issue: HistoryIssue) -> tuple[list[Line], list[Line]]:
    """The uploaded and the existing record side by side, what differs marked in both."""
    uploaded = copy(issue.record)
    for name, value in stored_values(issue).items():
        setattr(uploaded, name, value)
    marked = [
        (Line(new.label, new.values, new != old), Line(old.label, old.values, new != old))
        for new, old in zip(record_lines(uploaded), record_lines(issue.record), strict=True)
    ]
    return [new for new, _ in marked], [old for _, old in marked]


def differing(issue: HistoryIssue) -> str:
    """What an issue is about: Site, batch number."""
    words = ", ".join(FIELD_LABELS[name] for name in FIELD_LABELS if name in issue.values)
    return words[:1].upper() + words[1:]
