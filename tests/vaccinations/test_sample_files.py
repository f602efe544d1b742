"""The sample history after the sample nominal roll: the real file, as a team would load it."""

from pathlib import Path

import pytest
from django.core.management import call_command

from cohorts.models import Child, Location
from cohorts.services import uploads
from cohorts.upload_kinds import kind_of
from sessions_app.models import ProgrammeStatus
from tests.vaccinations.conftest import NOW
from vaccinations.models import VaccinationRecord

FOLDER = Path(__file__).parents[2] / "sample_data"


@pytest.fixture
def import_sample(organisation, team, nurse):
    call_command("import_schools", FOLDER / "gias-extract.csv", verbosity=0)
    Location.objects.filter(team=None).update(team=team)

    def run(kind: str, name: str):
        return uploads.import_now(
            organisation=organisation,
            kind=kind_of(kind),
            file_name=name,
            content=(FOLDER / name).read_bytes(),
            by=nurse,
            now=NOW,
        )

    return run


def test_the_sample_history_finds_every_child_and_a_second_time_changes_nothing(import_sample):
    assert import_sample("cohort", "nominal-roll.csv").status == "completed"
    children = Child.objects.count()
    history = import_sample("history", "vaccination-history.csv")
    assert history.counts == {"new": 271, "updated": 0, "unchanged": 0, "review": 0}
    assert Child.objects.count() == children
    given = VaccinationRecord.objects.filter(outcome="administered").count()
    vaccinated = ProgrammeStatus.objects.filter(vaccination="vaccinated", programme="hpv")
    assert given == vaccinated.count() == 236
    again = import_sample("history", "vaccination-history.csv")
    assert again.counts == {"new": 0, "updated": 0, "unchanged": 271, "review": 0}
