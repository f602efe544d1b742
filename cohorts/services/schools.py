"""Loading the public register of schools. Source: cohorts and imports §1.2."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from django.db import transaction

from cohorts import rules
from cohorts.files import FileProblem
from cohorts.formats import BadValue, clean_text, parse_postcode
from cohorts.models import NAME_LENGTH, Location

BLOCK = 1000
COLUMNS = (
    "URN",
    "LA (code)",
    "EstablishmentNumber",
    "EstablishmentName",
    "EstablishmentStatus (code)",
    "PhaseOfEducation (code)",
    "StatutoryLowAge",
    "StatutoryHighAge",
    "Street",
    "Locality",
    "Address3",
    "Town",
    "Postcode",
    "SchoolWebsite",
)
PHASES = {
    "1": Location.Phase.NURSERY,
    "2": Location.Phase.PRIMARY,
    "3": Location.Phase.PRIMARY,  # middle deemed primary
    "4": Location.Phase.SECONDARY,
    "5": Location.Phase.SECONDARY,  # middle deemed secondary
    "7": Location.Phase.ALL_THROUGH,
}
STATUSES = {
    "1": Location.Status.OPEN,
    "2": Location.Status.CLOSED,
    "3": Location.Status.CLOSING,
    "4": Location.Status.PROPOSED,
}
# A reload leaves alone which team looks after a school and the year groups set by hand.
RELOADED_FIELDS = (
    "name",
    "address_line_1",
    "address_line_2",
    "town",
    "postcode",
    "url",
    "local_authority_code",
    "establishment_number",
    "phase",
    "status",
    "register_year_groups",
)


@dataclass
class LoadedSchools:
    """How many schools a file brought, and why single lines brought none."""

    created: int = 0
    updated: int = 0
    skipped: list[str] = field(default_factory=list)


@transaction.atomic
def import_schools(path: Path) -> LoadedSchools:
    """Load the establishment extract of the register: all its schools, or none of them.

    Schools are told apart by URN. Rows without an establishment number never opened and are
    skipped, as are rows that cannot be read; the result says which. Raises `FileProblem`, one
    sentence, for a file that is no extract.
    """
    loaded = LoadedSchools()
    try:
        with path.open(encoding="latin-1", newline="") as file:
            schools = _schools(csv.DictReader(file, strict=True), loaded)
            while block := list(islice(schools, BLOCK)):
                _save(block, loaded)
    except OSError as error:
        raise FileProblem(f"{path} cannot be read: {error.strerror}") from None
    except csv.Error:
        raise FileProblem(f"{path} is not a valid CSV file") from None
    if not loaded.created + loaded.updated:
        raise FileProblem(f"{path} holds no school that can be loaded")
    return loaded


def _save(schools: list[Location], loaded: LoadedSchools) -> None:
    by_urn = {school.urn: school for school in schools}
    known = Location.objects.filter(urn__in=by_urn).count()
    Location.objects.bulk_create(
        by_urn.values(),
        update_conflicts=True,
        unique_fields=["urn"],
        update_fields=RELOADED_FIELDS,
    )
    loaded.updated += known
    loaded.created += len(by_urn) - known


def _schools(reader: csv.DictReader, loaded: LoadedSchools) -> Iterator[Location]:
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise FileProblem(
            f"The file is not an extract of the register of schools: it has no column "
            f"{', '.join(missing)}"
        )
    seen: set[str] = set()
    for row in reader:
        cells = {name: clean_text(row[name] or "") for name in COLUMNS}
        problem = _problem(cells, seen)
        if problem:
            loaded.skipped.append(f"Line {reader.line_num}: {problem}")
            continue
        seen.add(cells["URN"])
        yield _school(cells)


def _problem(cells: dict[str, str], seen: set[str]) -> str:
    """Why a row is no school to load; empty where it is one."""
    urn = cells["URN"]
    if not (len(urn) == 6 and urn.isascii() and urn.isdigit()):
        return "the URN must be 6 digits"
    if urn in seen:
        return f"{urn} is in the file twice"
    if not cells["EstablishmentNumber"]:
        return f"{urn} has no establishment number, so it never opened"
    if not 0 < len(cells["EstablishmentName"]) <= NAME_LENGTH:
        return f"{urn} must have a name of {NAME_LENGTH} characters or less"
    if len(cells["LA (code)"]) > 4 or len(cells["EstablishmentNumber"]) > 4:
        return f"{urn} must have an authority code and a number of 4 digits or fewer"
    if cells["EstablishmentStatus (code)"] not in STATUSES:
        return f"{urn} must have a status code from 1 to 4"
    return ""


def _school(cells: dict[str, str]) -> Location:
    try:
        postcode = parse_postcode(cells["Postcode"])
    except BadValue:
        postcode = ""
    second_line = ", ".join(part for part in (cells["Locality"], cells["Address3"]) if part)
    return Location(
        kind=Location.Kind.SCHOOL,
        urn=cells["URN"],
        name=cells["EstablishmentName"],
        address_line_1=cells["Street"][:NAME_LENGTH],
        address_line_2=second_line[:NAME_LENGTH],
        town=cells["Town"][:NAME_LENGTH],
        postcode=postcode,
        url=rules.repair_website(cells["SchoolWebsite"]),
        local_authority_code=cells["LA (code)"],
        establishment_number=cells["EstablishmentNumber"],
        phase=PHASES.get(cells["PhaseOfEducation (code)"], Location.Phase.OTHER),
        status=STATUSES[cells["EstablishmentStatus (code)"]],
        register_year_groups=rules.year_groups_of_ages(
            cells["StatutoryLowAge"], cells["StatutoryHighAge"]
        ),
    )
