"""A vaccination as a row of a history file tells of it."""

from dataclasses import dataclass
from datetime import date, time


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a row is about, in stored forms; empty text or None where it does not say."""

    given_name: str
    family_name: str
    date_of_birth: date
    nhs_number: str | None = None
    postcode: str = ""
    gender: int = 0


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A good row, in stored forms; empty text or None where it does not say."""

    line: int
    person: Person
    programme: str
    outcome: str
    performed_on: date
    place_name: str
    performed_time: time | None = None
    session_id: int | None = None
    vaccine_id: int | None = None
    batch_number: str = ""
    batch_expiry: date | None = None
    site: str = ""
    dose_sequence: int | None = None
    performer_id: int | None = None
    performer_name: str = ""
    notes: str = ""
