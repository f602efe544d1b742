"""The rows of a file of vaccination history: what makes a row wrong, and what a good one says.

Pure: vaccines, places, people and the present moment are handed in. "This year" is the academic
year of today: such a vaccination was given at one of our sessions or is not ours to upload.
Source: cohorts and imports §5, and §17 rows 53 to 73.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any, NamedTuple

from calendars.rules import academic_year_label, academic_year_of
from cohorts import formats
from cohorts.child_rows import Problem
from cohorts.cohort_file import EARLIEST_BIRTH, HOME_EDUCATED_URN, UNKNOWN_SCHOOL_URN
from cohorts.files import Row, Table
from cohorts.row_reader import RowReader
from vaccinations.history import cells
from vaccinations.history.rows import HistoryRow, Person

EXPIRY_YEARS = 15
SCHOOL_SETTING, COMMUNITY_SETTING = cells.CARE_SETTINGS
UNKNOWN_PLACE = "Unknown"


class KnownProgramme(NamedTuple):
    """What is known of a programme that the organisation runs."""

    name: str
    highest_dose: int
    is_seasonal: bool


class KnownVaccine(NamedTuple):
    """What is known of a vaccine by its name in files."""

    id: int
    programme: str
    is_nasal: bool


class KnownPlace(NamedTuple):
    """A school, and the session we hold there this academic year, with its days."""

    name: str
    session_id: int | None = None
    days: frozenset[date] = frozenset()


@dataclass(frozen=True)
class Expectations:
    """What the rows of one file are checked against."""

    today: date
    time_now: time
    ods_code: str
    programmes: Mapping[str, KnownProgramme]
    vaccines: Mapping[str, KnownVaccine]
    schools: Mapping[str, KnownPlace]
    clinic: KnownPlace
    clinic_names: Mapping[str, str]
    users: Mapping[str, int]

    def is_this_year(self, day: date) -> bool:
        return academic_year_of(day) == academic_year_of(self.today)


def check_rows(table: Table, expected: Expectations) -> tuple[list[HistoryRow], list[Problem]]:
    """The good rows of a file, and everything wrong with the others, by line."""
    rows, problems = [], []
    for row in table.rows:
        reader = _RowReader(row, expected)
        record = reader.read()
        if record is not None:
            rows.append(record)
        problems += reader.problems
    return rows, problems


class _Place(NamedTuple):
    name: str
    school: KnownPlace | None
    is_school_setting: bool


class _RowReader(RowReader):
    """Reads one row cell by cell and collects what is wrong."""

    def __init__(self, row: Row, expected: Expectations) -> None:
        super().__init__(row)
        self.expected = expected

    def read(self) -> HistoryRow | None:
        """The vaccination of the row; None where anything is wrong with it."""
        self._organisation()
        person, born = self._person()
        performed_on = self._performed_on(born)
        performed_time = self._performed_time(performed_on)
        given = self._was_given()
        programme = self._programme(given)
        if programme and performed_on:
            self._season(programme, performed_on)
        details = self._details(given, programme, performed_on)
        place = self._place(programme)
        session_id = self._session(place, performed_on)
        performer_id, performer_name = self._performer()
        notes = self.cell("NOTES", cells.parse_notes)
        if self.problems or not (person and programme and performed_on):
            return None
        return HistoryRow(
            line=self.row.line,
            person=person,
            programme=programme,
            performed_on=performed_on,
            performed_time=performed_time,
            place_name=place.name,
            session_id=session_id,
            performer_id=performer_id,
            performer_name=performer_name,
            notes=notes,
            **details,
        )

    def _organisation(self) -> None:
        code = self.row["ORGANISATION_CODE"].upper()
        if not code:
            self.refuse("ORGANISATION_CODE", "Enter an organisation code")
        elif code != self.expected.ods_code:
            self.refuse(
                "ORGANISATION_CODE",
                f"Organisation code must be {self.expected.ods_code}, the code of your "
                "organisation",
            )

    # Who

    def _person(self) -> tuple[Person | None, date | None]:
        """The person, and the date of birth as far as it could be read."""
        given = self.required_cell(
            "PERSON_FORENAME", formats.parse_name, "Enter a first name", what="First name"
        )
        family = self.required_cell(
            "PERSON_SURNAME", formats.parse_name, "Enter a last name", what="Last name"
        )
        number = self.cell("NHS_NUMBER", formats.parse_nhs_number, None)
        born = self._born()
        gender = self._gender()
        postcode = self.cell("PERSON_POSTCODE", formats.parse_postcode)
        if not self.row["PERSON_POSTCODE"] and not self.row["NHS_NUMBER"]:
            self.refuse("PERSON_POSTCODE", "Enter a postcode, or an NHS number")
        if not (given and family and born) or gender is None:
            return None, born
        return Person(given, family, born, number, postcode, gender), born

    def _born(self) -> date | None:
        born = self.required_cell(
            "PERSON_DOB", formats.parse_date, "Enter a date of birth", what="Date of birth"
        )
        if born and born > self.expected.today:
            self.refuse("PERSON_DOB", "Date of birth must be in the past")
        elif born and born < EARLIEST_BIRTH:
            self.refuse("PERSON_DOB", f"Date of birth must be in {EARLIEST_BIRTH.year} or later")
        return born

    def _gender(self) -> int | None:
        column = "PERSON_GENDER_CODE" if self.row["PERSON_GENDER_CODE"] else "PERSON_GENDER"
        if not self.row[column]:
            column = "PERSON_GENDER_CODE"
        return self.required_cell(column, cells.parse_gender, "Enter a gender")

    # When

    def _performed_on(self, born: date | None) -> date | None:
        column = "DATE_OF_VACCINATION"
        day = self.required_cell(
            column, formats.parse_date, "Enter a date of vaccination", what="Date of vaccination"
        )
        if day is None:
            return None
        if day > self.expected.today:
            self.refuse(column, "Date of vaccination must be today or in the past")
        elif born and day < born:
            self.refuse(column, "Date of vaccination must be on or after the date of birth")
        else:
            return day
        return None

    def _performed_time(self, day: date | None) -> time | None:
        at = self.cell("TIME_OF_VACCINATION", cells.parse_time, None)
        if at and day == self.expected.today and at > self.expected.time_now:
            self.refuse("TIME_OF_VACCINATION", "Time of vaccination must be in the past")
        return at

    def _season(self, programme: str, day: date) -> None:
        """A seasonal vaccination only counts in its own year, so an older one is not taken."""
        known = self.expected.programmes[programme]
        if known.is_seasonal and not self.expected.is_this_year(day):
            year = academic_year_label(academic_year_of(self.expected.today))
            self.refuse(
                "DATE_OF_VACCINATION",
                f"Date of a {known.name} vaccination must be in the {year} academic year",
            )

    # What

    def _was_given(self) -> bool | None:
        """Whether the vaccine was given; None where the row does not say."""
        if not self.row["VACCINATED"] and self.row["VACCINE_GIVEN"]:
            return True
        return self.required_cell("VACCINATED", cells.parse_vaccinated, "You must say Y or N")

    def _programme(self, given: bool | None) -> str | None:
        """The programme that the row names, else that of its vaccine."""
        offered = self.expected.programmes
        key = self.cell("PROGRAMME", cells.parse_programme, None)
        if self.row["PROGRAMME"]:
            if key and key not in offered:
                self.refuse("PROGRAMME", "This programme is not one that you run")
            return key if key in offered else None
        if given and (vaccine := self._offered_vaccine()):
            return vaccine.programme
        if given is False:
            if len(offered) == 1:
                return next(iter(offered))
            self.refuse("PROGRAMME", "Enter a programme")
        return None

    def _offered_vaccine(self) -> KnownVaccine | None:
        vaccine = self.expected.vaccines.get(self.row["VACCINE_GIVEN"].lower())
        return vaccine if vaccine and vaccine.programme in self.expected.programmes else None

    def _details(
        self, given: bool | None, programme: str | None, day: date | None
    ) -> dict[str, Any]:
        """The outcome and what belongs to it. Nothing is checked where Y or N is missing."""
        if given is None:
            return {}
        if given:
            return self._given(programme, day)
        return self._not_given()

    def _given(self, programme: str | None, day: date | None) -> dict[str, Any]:
        self._must_be_blank("REASON_NOT_VACCINATED", where="the child was vaccinated")
        vaccine = self._vaccine(programme)
        return {
            "outcome": "administered",
            "vaccine_id": vaccine.id if vaccine else None,
            "batch_number": self.required_cell(
                "BATCH_NUMBER", cells.parse_batch, "Enter a batch number"
            ),
            "batch_expiry": self._expiry(),
            "site": self._site(vaccine, day),
            "dose_sequence": self._dose(programme),
        }

    def _not_given(self) -> dict[str, Any]:
        for column in ("VACCINE_GIVEN", "BATCH_NUMBER", "BATCH_EXPIRY_DATE", "ANATOMICAL_SITE"):
            self._must_be_blank(column, where="the child was not vaccinated")
        reason = self.required_cell(
            "REASON_NOT_VACCINATED", cells.parse_reason, "Enter a reason for not vaccinating"
        )
        return {"outcome": reason}

    def _must_be_blank(self, column: str, *, where: str) -> None:
        if self.row[column]:
            self.refuse(column, f"This must be blank where {where}")

    def _vaccine(self, programme: str | None) -> KnownVaccine | None:
        column = "VACCINE_GIVEN"
        vaccine = self._offered_vaccine()
        if not self.row[column]:
            self.refuse(column, "Enter the vaccine that was given")
        elif vaccine is None:
            self.refuse(column, "Vaccine must be the name of a vaccine that you give")
        elif programme and vaccine.programme != programme:
            name = self.expected.programmes[programme].name
            self.refuse(column, f"This is not a vaccine of the {name} programme")
        else:
            return vaccine
        return None

    def _expiry(self) -> date | None:
        column = "BATCH_EXPIRY_DATE"
        expiry = self.cell(column, formats.parse_date, None, what="Batch expiry date")
        if expiry and abs(expiry.year - self.expected.today.year) > EXPIRY_YEARS:
            self.refuse(
                column, f"Batch expiry date must be within {EXPIRY_YEARS} years of this year"
            )
        return expiry

    def _site(self, vaccine: KnownVaccine | None, day: date | None) -> str:
        site = self.cell("ANATOMICAL_SITE", cells.parse_site)
        if not (site and vaccine and day and self.expected.is_this_year(day)):
            return site
        if not cells.suits(site, is_nasal=vaccine.is_nasal):
            suitable = "nasal" if vaccine.is_nasal else "an arm or a thigh"
            self.refuse("ANATOMICAL_SITE", f"Site must be {suitable} for this vaccine")
        return site

    def _dose(self, programme: str | None) -> int | None:
        column = "DOSE_SEQUENCE"
        if programme is None:
            return None
        known = self.expected.programmes[programme]
        if not self.row[column] and (known.is_seasonal or known.highest_dose == 1):
            return 1
        dose = self.required_cell(column, cells.parse_dose, "Enter the number of the dose")
        if dose is not None and not 1 <= dose <= known.highest_dose:
            self.refuse(column, f"Dose must be between 1 and {known.highest_dose}")
        return dose

    # Where

    def _place(self, programme: str | None) -> _Place:
        """The place: a school, or the community clinic under the name that the row gives."""
        urn, name = self.row["SCHOOL_URN"], self._text("SCHOOL_NAME", "School name")
        school = self.expected.schools.get(urn)
        if urn and school is None and urn not in (HOME_EDUCATED_URN, UNKNOWN_SCHOOL_URN):
            self.refuse("SCHOOL_URN", "There is no school with this URN")
        if urn == UNKNOWN_SCHOOL_URN and not self.row["SCHOOL_NAME"]:
            self.refuse("SCHOOL_NAME", "Enter the name of the school")
        setting = self.cell("CARE_SETTING", cells.parse_care_setting)
        if programme == "hpv" and not self.row["CARE_SETTING"]:
            self.refuse("CARE_SETTING", "Enter 1 for a school or 2 for the community")
        clinic = self._text("CLINIC_NAME", "Clinic name")
        clinic = self.expected.clinic_names.get(clinic.lower(), clinic)
        is_school = setting == SCHOOL_SETTING or (not setting and not clinic and bool(school))
        if is_school:
            return _Place(school.name if school else name or UNKNOWN_PLACE, school, True)
        return _Place(clinic or (UNKNOWN_PLACE if school else name) or UNKNOWN_PLACE, None, False)

    def _session(self, place: _Place, day: date | None) -> int | None:
        """Our session that day at that place; only asked for where it is of this year."""
        if day is None or not self.expected.is_this_year(day):
            return None
        if not place.is_school_setting and self.row["CARE_SETTING"] == COMMUNITY_SETTING:
            self._clinic_name()
        held = place.school if place.is_school_setting else self.expected.clinic
        if held is None or day not in held.days:
            self.refuse(
                "DATE_OF_VACCINATION",
                "There is no session of yours at this place on this date. A vaccination this "
                "academic year must have been given at one of your sessions",
            )
            return None
        return held.session_id

    def _clinic_name(self) -> None:
        name = self.row["CLINIC_NAME"]
        if not name:
            self.refuse("CLINIC_NAME", "Enter the name of the clinic")
        elif name.lower() not in self.expected.clinic_names:
            self.refuse("CLINIC_NAME", "Clinic name must be the name of one of your clinics")

    # By whom

    def _performer(self) -> tuple[int | None, str]:
        """Who vaccinated: somebody who uses Mavis, or a name."""
        column = "PERFORMING_PROFESSIONAL_EMAIL"
        email = self.row[column].lower()
        if email:
            if email not in self.expected.users:
                self.refuse(column, "There is nobody with this email address in your organisation")
            return self.expected.users.get(email), ""
        names = (
            self.cell(f"PERFORMING_PROFESSIONAL_{part}", formats.parse_name, what=what)
            for part, what in (("FORENAME", "First name"), ("SURNAME", "Last name"))
        )
        return None, " ".join(name for name in names if name)

    def _text(self, column: str, what: str) -> str:
        return self.cell(column, formats.parse_text, what=what)
