"""A child as a row of a file tells of them, and what can be wrong with a row."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, NamedTuple


class Problem(NamedTuple):
    """One thing wrong with one row. Without a column it is the whole row."""

    line: int
    column: str
    message: str


@dataclass(frozen=True)
class UploadedParent:
    """A parent as a row tells of them; empty text where it does not say."""

    full_name: str
    email: str
    phone: str
    kind: str = "unknown"
    other_name: str = ""


@dataclass(frozen=True)
class ChildRow:
    """A good row, in stored forms; empty text or None where it does not say."""

    line: int
    given_name: str
    family_name: str
    date_of_birth: date
    birth_academic_year: int
    postcode: str
    school_id: int | None
    home_educated: bool | None
    states_year_group: bool = False
    nhs_number: str | None = None
    preferred_given_name: str = ""
    preferred_family_name: str = ""
    gender: int | None = None
    address_line_1: str = ""
    address_line_2: str = ""
    town: str = ""
    registration: str = ""
    parents: tuple[UploadedParent, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """The row as an import issue keeps it."""
        return {**asdict(self), "date_of_birth": self.date_of_birth.isoformat()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "ChildRow":
        """The row that `as_json` kept."""
        return cls(
            **{
                **values,
                "date_of_birth": date.fromisoformat(values["date_of_birth"]),
                "parents": tuple(UploadedParent(**parent) for parent in values["parents"]),
            }
        )
