"""A team with the schools Alder (140001) and Birch (140002), and files of child records."""

import csv
import io
from datetime import UTC, datetime

import pytest

from cohorts.models import Upload
from cohorts.services import uploads
from cohorts.upload_kinds import kind_of
from tests import factories

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
RAVI = {
    "CHILD_SCHOOL_URN": "140001",
    "CHILD_FIRST_NAME": "Ravi",
    "CHILD_LAST_NAME": "Poole",
    "CHILD_DATE_OF_BIRTH": "14/03/2014",  # Year 8 in 2026/27
    "CHILD_POSTCODE": "CV1 2AB",
}


def child_row(**cells: str) -> dict[str, str]:
    """Ravi Poole of Year 8 at Alder; `NHS_NUMBER="…"` sets the column CHILD_NHS_NUMBER."""
    named = {
        name if name.startswith("PARENT_") else f"CHILD_{name}": cell
        for name, cell in cells.items()
    }
    return {**RAVI, **named}


def pupils(size, start=0, **cells):
    """So many home-educated children, each with a parent who has an email address."""
    names = {"SCHOOL_URN": "999999"} | cells
    return [
        child_row(
            FIRST_NAME=f"Child{number}",
            LAST_NAME=f"Family{number}",
            PARENT_1_EMAIL=f"parent{number}@example.com",
            **names,
        )
        for number in range(start, start + size)
    ]


def as_csv(rows: list[dict[str, str]]) -> bytes:
    """The rows as a file, with every column that one of them has."""
    headers = list(dict.fromkeys(header for row in rows for header in row))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, headers, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode()


@pytest.fixture
def team(organisation):
    return factories.TeamFactory(organisation=organisation, name="North team")


@pytest.fixture
def alder(team):
    return factories.SchoolFactory(urn="140001", name="Alder School", team=team)


@pytest.fixture
def birch(team):
    return factories.SchoolFactory(urn="140002", name="Birch School", team=team)


@pytest.fixture
def clinic(organisation, team):
    return factories.ClinicSessionFactory(organisation=organisation, location__team=team)


@pytest.fixture
def upload(organisation, alder, birch, clinic, nurse):
    """Upload rows of children, or a whole file, and return the finished upload."""

    def upload(*rows: dict[str, str], content: bytes | None = None, now=NOW, owner=organisation):
        done = uploads.import_now(
            organisation=owner,
            kind=kind_of(Upload.Kind.COHORT),
            file_name="nominal-roll.csv",
            content=as_csv(list(rows)) if content is None else content,
            by=nurse,
            now=now,
        )
        outcomes = ("new", "updated", "unchanged", "review")
        if done.status == Upload.Status.COMPLETED:
            assert sum(done.counts[outcome] for outcome in outcomes) == done.rows_total
        return done

    return upload


@pytest.fixture
def outcome(upload):
    """Upload one row and say what became of it."""

    def outcome(**cells: str) -> str:
        done = upload(child_row(**cells))
        assert done.status == Upload.Status.COMPLETED, done.problems or done.failure
        return next(name for name in done.counts if done.counts[name])

    return outcome


@pytest.fixture
def problems(upload):
    """Upload rows that are refused, and return column and message of each problem by line."""

    def problems(*rows: dict[str, str]) -> list[list]:
        done = upload(*rows)
        assert done.status == Upload.Status.INVALID
        return done.problems

    return problems
