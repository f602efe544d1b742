"""A history file as people make it, and the upload of it."""

import csv
import io
from datetime import UTC, date, datetime

import pytest

from cohorts.models import Location
from cohorts.services import uploads
from cohorts.upload_kinds import kind_of
from tests.factories import (
    ChildFactory,
    ClinicFactory,
    ClinicSessionFactory,
    SchoolFactory,
    SessionFactory,
    TeamFactory,
)

NOW = datetime(2026, 11, 20, 11, tzinfo=UTC)
SESSION_DAY = date(2026, 10, 5)
GIVEN = {
    "ORGANISATION_CODE": "RYG",
    "SCHOOL_URN": "140001",
    "SCHOOL_NAME": "Alder School",
    "NHS_NUMBER": "9994712209",
    "PERSON_FORENAME": "Ravi",
    "PERSON_SURNAME": "Poole",
    "PERSON_DOB": "20131001",
    "PERSON_GENDER_CODE": "Male",
    "PERSON_POSTCODE": "CV1 2AB",
    "DATE_OF_VACCINATION": "20251017",
    "TIME_OF_VACCINATION": "10:23:00",
    "VACCINATED": "Y",
    "VACCINE_GIVEN": "Gardasil9",
    "BATCH_NUMBER": "X05334",
    "BATCH_EXPIRY_DATE": "20271231",
    "ANATOMICAL_SITE": "Left Upper Arm",
    "REASON_NOT_VACCINATED": "",
    "DOSE_SEQUENCE": "1",
    "CARE_SETTING": "1",
}
NOTHING_GIVEN = {
    "PROGRAMME": "HPV",
    "VACCINATED": "N",
    "VACCINE_GIVEN": "",
    "BATCH_NUMBER": "",
    "BATCH_EXPIRY_DATE": "",
    "ANATOMICAL_SITE": "",
    "REASON_NOT_VACCINATED": "Unwell",
}


def given(**cells: str) -> dict[str, str]:
    """A row for a vaccination that was given."""
    return {**GIVEN, **cells}


def not_given(**cells: str) -> dict[str, str]:
    return {**GIVEN, **NOTHING_GIVEN, **cells}


def as_csv(*rows: dict[str, str]) -> bytes:
    """The rows as a file, with every column that one of them has."""
    text = io.StringIO()
    columns = dict.fromkeys(column for row in rows for column in row)
    writer = csv.DictWriter(text, fieldnames=list(columns), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


@pytest.fixture
def team(organisation):
    return TeamFactory(organisation=organisation)


@pytest.fixture
def alder(team):
    return SchoolFactory(name="Alder School", urn="140001", team=team)


@pytest.fixture
def school_session(organisation, alder):
    """Alder's session of 2026/27, with a day that was and one to come."""
    return SessionFactory(
        organisation=organisation, location=alder, dates=[SESSION_DAY, date(2027, 3, 1)]
    )


@pytest.fixture
def clinic_session(organisation, team):
    return ClinicSessionFactory(
        organisation=organisation,
        location=ClinicFactory(team=team),
        dates=[date(2026, 10, 31), date(2027, 2, 1)],
        invitations_on=date(2027, 1, 11),
    )


@pytest.fixture
def royal_elm(team):
    return Location.objects.create(kind=Location.Kind.COMMUNITY_CLINIC, name="Royal Elm", team=team)


@pytest.fixture
def ravi(organisation, alder):
    """The child of the usual row."""
    return ChildFactory(
        organisation=organisation,
        given_name="Ravi",
        family_name="Poole",
        nhs_number="9994712209",
        date_of_birth=date(2013, 10, 1),
        postcode="CV1 2AB",
        school=alder,
    )


@pytest.fixture
def upload(organisation, alder, nurse):
    """Uploads rows as the nurse and gives the finished upload."""

    def upload(*rows, now=NOW, owner=organisation):
        return uploads.import_now(
            organisation=owner,
            kind=kind_of("history"),
            file_name="history.csv",
            content=as_csv(*rows),
            by=nurse,
            now=now,
        )

    return upload
