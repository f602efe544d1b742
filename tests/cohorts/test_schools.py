"""Loading the register of schools: cohorts and imports §1.2."""

import csv
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cohorts.models import Location
from cohorts.services.schools import BLOCK, COLUMNS, import_schools

pytestmark = pytest.mark.django_db
EXTRACT = Path(__file__).resolve().parents[2] / "sample_data" / "gias-extract.csv"
ALDER = {
    "URN": "140001",
    "LA (code)": "331",
    "EstablishmentNumber": "4001",
    "EstablishmentName": "École Alder",
    "EstablishmentStatus (code)": "1",
    "PhaseOfEducation (code)": "4",
    "StatutoryLowAge": "11",
    "StatutoryHighAge": "16",
    "Street": "1 High Street",
    "Locality": "Binley",
    "Address3": "East",
    "Town": "Coventry",
    "Postcode": "cv12ab",
    "SchoolWebsite": "http:www.alder.example",
}


@pytest.fixture
def extract(tmp_path):
    """Write rows as an extract; each takes what differs from Alder."""

    def extract(*rows, columns=COLUMNS):
        path = tmp_path / "extract.csv"
        with path.open("w", encoding="latin-1", newline="") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(ALDER | row for row in rows)
        return path

    return extract


def test_a_school_is_loaded_with_phase_status_and_year_groups(extract):
    import_schools(extract({}))
    school = Location.objects.get()
    assert (school.name, school.kind, school.urn) == ("École Alder", "school", "140001")
    assert (school.phase, school.status, school.year_groups) == (
        "secondary",
        "open",
        [7, 8, 9, 10, 11],
    )
    assert school.address == "1 High Street, Binley, East, Coventry, CV1 2AB"
    assert school.url == "http://www.alder.example"
    assert (school.local_authority_code, school.establishment_number) == ("331", "4001")


@pytest.mark.parametrize(
    ("code", "phase"),
    [("0", "other"), ("1", "nursery"), ("2", "primary"), ("3", "primary"), ("7", "all_through")],
)
def test_phases(extract, code, phase):
    import_schools(extract({"PhaseOfEducation (code)": code}))
    assert Location.objects.get().phase == phase


def test_a_reload_keeps_the_team_and_the_year_groups_set_by_hand(extract, team):
    import_schools(extract({}))
    Location.objects.update(team=team, own_year_groups=[7, 8])
    loaded = import_schools(
        extract({"EstablishmentName": "Alder", "EstablishmentStatus (code)": "2"})
    )
    assert (loaded.created, loaded.updated) == (0, 1)
    school = Location.objects.get()
    assert (school.name, school.status) == ("Alder", "closed")
    assert (school.team, school.year_groups) == (team, [7, 8])


def test_rows_that_are_no_school_are_reported_by_line(extract):
    loaded = import_schools(
        extract(
            {},
            {},
            {"URN": "140002", "EstablishmentNumber": ""},
            {"URN": "12"},
            {"URN": "140003", "EstablishmentName": ""},
            {"URN": "140004", "EstablishmentStatus (code)": "9"},
            {"URN": "140005", "LA (code)": "33155"},
        )
    )
    assert loaded.created == 1
    assert [reason.split(":")[0] for reason in loaded.skipped] == [
        f"Line {line}" for line in range(3, 9)
    ]
    assert "never opened" in loaded.skipped[1]


def test_queries_grow_with_blocks_and_not_with_schools(extract):
    def queries(size):
        path = extract(*({"URN": f"{200000 + n}"} for n in range(size)))
        with CaptureQueriesContext(connection) as captured:
            import_schools(path)
        return len(captured)

    assert queries(2) == queries(50)
    assert queries(BLOCK + 1) > queries(2)


def test_the_command_reports_the_sample(capsys):
    call_command("import_schools", EXTRACT)
    assert "18 schools added, 0 updated, 0 rows skipped" in capsys.readouterr().out
    special = Location.objects.get(urn="900001")
    assert special.year_groups == list(range(-2, 15))
    assert special.url == "http://www.special.example"
    assert Location.objects.get(urn="900002").status == "closed"


def test_the_command_shows_the_first_skipped_rows(extract, capsys):
    rows = [{}, *({"URN": f"x{n}"} for n in range(25))]
    call_command("import_schools", extract(*rows))
    assert "and 5 more" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n1,2\n", "it has no column URN, LA"),
        (b"", "it has no column URN, LA"),
        (",".join(COLUMNS).encode() + b"\n", "holds no school"),
        (",".join(COLUMNS).encode() + b'\n"140001', "not a valid CSV"),
    ],
)
def test_a_bad_file_is_one_sentence_and_changes_nothing(tmp_path, content, message):
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=message):
        call_command("import_schools", path)
    assert not Location.objects.exists()


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        call_command("import_schools", tmp_path / "none.csv")
