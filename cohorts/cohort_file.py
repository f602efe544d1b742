"""The rows of a file of child records: what each column takes, and what makes a row wrong.

Pure: the places, the programmes and today's date are handed in. Source: cohorts and imports §4,
§9 and §17 rows 1 to 52.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from calendars import rules as calendar_rules
from cohorts import formats, repeats
from cohorts.child_rows import ChildRow, Problem, UploadedParent
from cohorts.files import Column, Row, Table
from cohorts.formats import BadValue
from cohorts.row_reader import RowReader

HOME_EDUCATED_URN = "999999"
UNKNOWN_SCHOOL_URN = "888888"
EARLIEST_BIRTH = date(2000, 1, 1)
REQUIRED_COLUMNS = (
    "CHILD_SCHOOL_URN",
    "CHILD_FIRST_NAME",
    "CHILD_LAST_NAME",
    "CHILD_DATE_OF_BIRTH",
    "CHILD_POSTCODE",
)


_PARENT_HELP = (
    ("NAME", "Up to 300 characters"),
    (
        "RELATIONSHIP",
        "Mum, Dad or Guardian, or any other words. Leave empty if there is no name, email "
        "address or phone number",
    ),
    ("PHONE", "A UK phone number, or an international one that begins with +"),
    ("EMAIL", "An email address, like name@example.com"),
)
COLUMNS = (
    Column(
        "CHILD_SCHOOL_URN",
        True,
        f"The 6-digit URN of one of your open schools, {HOME_EDUCATED_URN} for a home-educated "
        f"child, or {UNKNOWN_SCHOOL_URN} if the school is not known",
    ),
    Column("CHILD_FIRST_NAME", True, "Letters, apostrophes and hyphens, up to 300 characters"),
    Column("CHILD_LAST_NAME", True, "Letters, apostrophes and hyphens, up to 300 characters"),
    Column("CHILD_PREFERRED_FIRST_NAME", False, "What the child is called, if different"),
    Column("CHILD_PREFERRED_LAST_NAME", False, "What the child is called, if different"),
    Column("CHILD_DATE_OF_BIRTH", True, "DD/MM/YYYY or YYYY-MM-DD"),
    Column(
        "CHILD_YEAR_GROUP",
        False,
        "A number, like 8. Only needed for a child who is taught outside the usual year group "
        "for their date of birth",
    ),
    Column("CHILD_REGISTRATION", False, "The registration group, like 8T5"),
    Column("CHILD_GENDER", False, "Male, Female, Not known or Not specified"),
    Column("CHILD_ADDRESS_LINE_1", False, "Up to 300 characters"),
    Column("CHILD_ADDRESS_LINE_2", False, "Up to 300 characters"),
    Column("CHILD_TOWN", False, "Up to 300 characters"),
    Column("CHILD_POSTCODE", True, "A full UK postcode, like CV1 2AB"),
    Column("CHILD_NHS_NUMBER", False, "10 digits, with or without spaces"),
    *(
        Column(f"PARENT_{number}_{name}", False, text)
        for number in (1, 2)
        for name, text in _PARENT_HELP
    ),
)


class KnownSchool(NamedTuple):
    """What is known of a school that a file names."""

    id: int
    is_ours: bool
    is_closed: bool


@dataclass(frozen=True)
class Expectations:
    """What the rows of one file are checked against."""

    today: date
    academic_year: int
    year_groups: Collection[int]
    schools: Mapping[str, KnownSchool]
    allows_drama: bool


@dataclass(frozen=True)
class CheckedRows:
    """The good rows of a file, everything wrong with the others, and what was left out of rows."""

    rows: list[ChildRow]
    problems: list[Problem]
    notices: list[Problem]


def check_rows(table: Table, expected: Expectations) -> CheckedRows:
    """Read every row; each is either among the good rows or has a problem.

    Rows that repeat a child of another row are wrong, all of them (§9).
    """
    rows, problems, notices = [], [], []
    for row in table.rows:
        reader = _RowReader(row, expected)
        child = reader.read()
        if child is not None:
            rows.append(child)
        problems += reader.problems
        notices += reader.notices
    repeated = list(repeats.find(rows))
    repeating_lines = {problem.line for problem in repeated}
    return CheckedRows(
        rows=[row for row in rows if row.line not in repeating_lines],
        problems=sorted([*problems, *repeated], key=lambda problem: problem.line),
        notices=notices,
    )


def urns_in(table: Table) -> set[str]:
    """The school codes that a file names, to look up all at once."""
    return {row["CHILD_SCHOOL_URN"] for row in table.rows}


class _RowReader(RowReader):
    """Reads one row cell by cell and collects what is wrong."""

    def __init__(self, row: Row, expected: Expectations) -> None:
        super().__init__(row)
        self.expected = expected
        self.notices: list[Problem] = []

    def read(self) -> ChildRow | None:
        """The child of the row; None where anything is wrong with it."""
        given = self.required_cell(
            "CHILD_FIRST_NAME", formats.parse_name, "Enter a first name", what="First name"
        )
        family = self.required_cell(
            "CHILD_LAST_NAME", formats.parse_name, "Enter a last name", what="Last name"
        )
        born = self._date_of_birth()
        birth_year, states_year_group = self._birth_academic_year(born)
        postcode = self.required_cell("CHILD_POSTCODE", formats.parse_postcode, "Enter a postcode")
        school_id, home_educated = self._school()
        values = {
            "nhs_number": self.cell("CHILD_NHS_NUMBER", formats.parse_nhs_number, None),
            "preferred_given_name": self.cell(
                "CHILD_PREFERRED_FIRST_NAME", formats.parse_name, what="Preferred first name"
            ),
            "preferred_family_name": self.cell(
                "CHILD_PREFERRED_LAST_NAME", formats.parse_name, what="Preferred last name"
            ),
            "gender": self.cell("CHILD_GENDER", formats.parse_gender, None),
            "address_line_1": self._text("CHILD_ADDRESS_LINE_1", "Address line 1"),
            "address_line_2": self._text("CHILD_ADDRESS_LINE_2", "Address line 2"),
            "town": self._text("CHILD_TOWN", "Town"),
            "registration": self._text("CHILD_REGISTRATION", "Registration group"),
            "parents": self._parents(),
        }
        if self.problems:
            return None
        return ChildRow(
            line=self.row.line,
            given_name=given,
            family_name=family,
            date_of_birth=born,
            birth_academic_year=birth_year,
            states_year_group=states_year_group,
            postcode=postcode,
            school_id=school_id,
            home_educated=home_educated,
            **values,
        )

    def _text(self, column: str, what: str) -> str:
        return self.cell(column, formats.parse_text, what=what)

    def _date_of_birth(self) -> date | None:
        column = "CHILD_DATE_OF_BIRTH"
        born = self.required_cell(
            column, formats.parse_date, "Enter a date of birth", what="Date of birth"
        )
        if born is None:
            return None
        if born > self.expected.today:
            self.refuse(column, "Date of birth must be in the past")
        elif born < EARLIEST_BIRTH:
            self.refuse(column, f"Date of birth must be in {EARLIEST_BIRTH.year} or later")
        else:
            return born
        return None

    def _birth_academic_year(self, born: date | None) -> tuple[int | None, bool]:
        """The birth year that gives the child's year group, and whether the row states it."""
        year_group = self.cell("CHILD_YEAR_GROUP", formats.parse_year_group, None)
        is_stated = bool(self.row["CHILD_YEAR_GROUP"])
        column = "CHILD_YEAR_GROUP" if is_stated else "CHILD_DATE_OF_BIRTH"
        if is_stated and year_group is None:
            return None, True
        if year_group is None:
            if born is None:
                return None, False
            birth_year = calendar_rules.academic_year_of(born)
            year_group = calendar_rules.year_group_of(birth_year, self.expected.academic_year)
        else:
            birth_year = calendar_rules.birth_academic_year_of(
                year_group, self.expected.academic_year
            )
        if year_group not in self.expected.year_groups:
            label = calendar_rules.year_group_label(year_group)
            self.refuse(column, f"{label} is not in any of your programmes")
        return birth_year, is_stated

    def _school(self) -> tuple[int | None, bool | None]:
        column = "CHILD_SCHOOL_URN"
        urn = self.row[column]
        if not urn:
            self.refuse(column, "Enter a school URN")
        elif urn == HOME_EDUCATED_URN:
            return None, True
        elif urn == UNKNOWN_SCHOOL_URN:
            return None, False
        elif (school := self.expected.schools.get(urn)) is None:
            hint = (
                ". Format the column as text so that it has no decimal point"
                if urn.endswith(".0")
                else ""
            )
            self.refuse(column, f"There is no school with this URN{hint}")
        elif not school.is_ours:
            self.refuse(column, "This school is not one of your schools")
        elif school.is_closed:
            self.refuse(column, "This school is closed")
        else:
            return school.id, None
        return None, None

    def _parents(self) -> tuple[UploadedParent, ...]:
        parents = (self._parent(f"PARENT_{number}") for number in (1, 2))
        return tuple(dict.fromkeys(parent for parent in parents if parent))

    def _parent(self, prefix: str) -> UploadedParent | None:
        columns = [f"{prefix}_{name}" for name in ("NAME", "EMAIL", "PHONE")]
        relationship = f"{prefix}_RELATIONSHIP"
        if not any(self.row[column] for column in columns):
            if self.row[relationship]:
                self.refuse(
                    relationship,
                    "Relationship must be blank where the parent has no name, email address or "
                    "phone number",
                )
            return None
        kind, other_name = self.cell(relationship, formats.parse_relationship, ("unknown", ""))
        phone = self.cell(columns[2], formats.parse_phone, allows_drama=self.expected.allows_drama)
        parent = UploadedParent(
            full_name=self.cell(columns[0], formats.parse_name, what="Parent name"),
            email=self._email(columns[1], has_phone=bool(phone)),
            phone=phone,
            kind=kind,
            other_name=other_name,
        )
        return parent if parent.full_name or parent.email or parent.phone else None

    def _email(self, column: str, *, has_phone: bool) -> str:
        """The address; one that an export has spoiled does not hold up a parent with a phone."""
        try:
            return formats.parse_email(self.row[column]) if self.row[column] else ""
        except formats.LostLetters as problem:
            if has_phone:
                self.notices.append(
                    Problem(
                        self.row.line,
                        column,
                        "Email address left out: it has two dots in a row. The parent can be "
                        "reached by phone",
                    )
                )
            else:
                self.refuse(column, str(problem))
        except BadValue as problem:
            self.refuse(column, str(problem))
        return ""
