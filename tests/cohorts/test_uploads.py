"""The life of an uploaded file: whole or not at all, whatever dies in between."""

import logging
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, OperationalError, connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calendars import clock
from cohorts import upload_kinds
from cohorts.files import FileProblem
from cohorts.models import Child, Upload
from cohorts.services import child_import, uploads
from cohorts.services.progress import upload_progress
from cohorts.services.schools import import_schools
from cohorts.tasks import restart_stale_uploads, run_upload, wipe_old_content
from cohorts.upload_kinds import Outcome, kind_of
from tests import factories
from tests.cohorts.conftest import NOW, as_csv, child_row

pytestmark = pytest.mark.django_db
SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"
COHORT = Upload.Kind.COHORT


@pytest.fixture
def start(organisation, alder, birch, clinic, nurse):
    def start(*rows, content=None):
        return uploads.start_upload(
            organisation=organisation,
            kind=kind_of(COHORT),
            file_name="roll.csv",
            content=content or as_csv(list(rows)),
            by=nurse,
            now=NOW,
        )

    return start


@pytest.fixture
def run_instead(monkeypatch):
    """Have files of child records imported by another function."""

    def run_instead(run):
        kind = kind_of(COHORT)
        monkeypatch.setitem(
            upload_kinds._kinds, COHORT, upload_kinds.UploadKind(**{**vars(kind), "run": run})
        )

    return run_instead


def test_i26_the_job_is_asked_for_after_the_commit(start, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        upload = start(child_row())
        assert upload.status == Upload.Status.PROCESSING
    assert len(callbacks) == 1


def test_the_task_imports_and_says_so_with_the_rows(start):
    upload = start(child_row())
    run_upload(upload.pk)
    upload.refresh_from_db()
    assert (upload.status, upload.rows_done, upload.phase) == (Upload.Status.COMPLETED, 1, "")
    assert upload.rows.get().child == Child.objects.get()


def test_a_job_that_comes_twice_or_for_nothing_does_nothing(start):
    upload = start(child_row())
    run_upload(upload.pk)
    finished = Upload.objects.get()
    run_upload(upload.pk)
    run_upload(upload.pk + 1000)
    assert Upload.objects.get().finished_at == finished.finished_at
    assert Child.objects.count() == 1


def test_a_live_job_keeps_the_upload_and_a_dead_one_loses_it(start):
    upload = start(child_row())
    Upload.objects.update(heartbeat_at=Now())
    run_upload(upload.pk)
    assert Upload.objects.get().status == Upload.Status.PROCESSING
    Upload.objects.update(heartbeat_at=Now() - timedelta(hours=1))
    run_upload(upload.pk)
    assert Upload.objects.get().status == Upload.Status.COMPLETED


def test_the_sweep_hands_out_what_nobody_works_on(start, time_machine):
    start(child_row())
    soon = NOW + timedelta(seconds=10)
    assert uploads.restart_stale_uploads(now=soon) == 0
    late = NOW + timedelta(minutes=2)
    assert uploads.restart_stale_uploads(now=late) == 1
    Upload.objects.update(heartbeat_at=Now())
    assert uploads.restart_stale_uploads(now=late) == 0
    Upload.objects.update(heartbeat_at=Now() - timedelta(hours=1))
    time_machine.move_to(late)
    restart_stale_uploads()
    assert uploads.restart_stale_uploads(now=late) == 1


def test_a_job_killed_in_the_middle_leaves_nothing_and_is_begun_again(start, run_instead):
    upload = start(child_row())

    def die(job):
        child_import.run(job)
        raise SystemExit

    with pytest.MonkeyPatch.context() as patch:
        kind = kind_of(COHORT)
        patch.setitem(
            upload_kinds._kinds, COHORT, upload_kinds.UploadKind(**{**vars(kind), "run": die})
        )
        with pytest.raises(SystemExit):
            run_upload(upload.pk)
    assert not Child.objects.exists()
    assert Upload.objects.get().status == Upload.Status.PROCESSING
    Upload.objects.update(heartbeat_at=Now() - timedelta(hours=1))
    run_upload(upload.pk)
    assert Upload.objects.get().status == Upload.Status.COMPLETED
    assert Child.objects.count() == 1


def test_a_fault_is_told_to_people_and_quotes_no_row(start, run_instead, caplog):
    def fail(job):
        factories.ChildFactory(given_name="Halfway")
        raise ValueError(job.table.rows[0]["CHILD_LAST_NAME"])

    run_instead(fail)
    upload = start(child_row())
    with caplog.at_level(logging.ERROR):
        run_upload(upload.pk)
    upload.refresh_from_db()
    assert upload.status == Upload.Status.FAILED
    assert "Nothing of it was saved" in upload.failure
    assert not Child.objects.exists()
    assert str(upload.public_id) in caplog.text
    assert "Poole" not in caplog.text


@pytest.mark.parametrize("fault", [IntegrityError, OperationalError])
def test_a_passing_fault_is_tried_again_but_not_for_ever(start, run_instead, fault):
    calls = []

    def fail(job):
        calls.append(job)
        raise fault("deadlock")

    run_instead(fail)
    upload = start(child_row())
    for _ in range(5):
        run_upload(upload.pk)
    assert len(calls) == uploads.MOST_ATTEMPTS
    upload.refresh_from_db()
    assert upload.status == Upload.Status.FAILED


def test_a_file_that_kills_every_job_is_given_up(start, run_instead):
    def die(job):
        raise SystemExit

    run_instead(die)
    upload = start(child_row())
    for _ in range(uploads.MOST_ATTEMPTS):
        with pytest.raises(SystemExit):
            run_upload(upload.pk)
        Upload.objects.update(heartbeat_at=Now() - timedelta(hours=1))
    run_upload(upload.pk)
    upload.refresh_from_db()
    assert (upload.status, upload.failure) == (
        Upload.Status.FAILED,
        "The file could not be imported in 3 attempts",
    )


def test_a_file_that_is_being_imported_is_not_taken_twice(start):
    assert start(child_row()).pk == start(child_row()).pk


def test_content_is_forgotten_after_30_days_and_the_results_stay(upload, time_machine):
    upload(child_row())
    time_machine.move_to(NOW + timedelta(days=29))
    wipe_old_content()
    assert Upload.objects.get().content is not None
    time_machine.move_to(NOW + timedelta(days=30, seconds=1))
    wipe_old_content()
    done = Upload.objects.get()
    assert done.content is None
    assert done.counts["new"] == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_progress_is_seen_while_the_import_is_still_open(start, run_instead):
    seen = []

    def watch(job):
        job.progress.begin("Counting sheep")
        with upload_progress(job.upload.pk) as other:
            other._cursor.execute(
                "SELECT phase, heartbeat_at IS NOT NULL FROM cohorts_upload WHERE id = %s",
                [job.upload.pk],
            )
            seen.append(other._cursor.fetchone())
        return Outcome(counts={})

    run_instead(watch)
    upload = start(child_row())
    run_upload(upload.pk)
    assert seen == [("Counting sheep", True)]


def test_the_number_of_queries_does_not_grow_with_the_rows(upload):
    def queries(rows):
        with CaptureQueriesContext(connection) as captured:
            assert upload(*rows).status == Upload.Status.COMPLETED
        return len(captured)

    def rows(size, **cells):
        return [
            child_row(
                FIRST_NAME=f"Child {size}-{number}",
                LAST_NAME=f"Family {size}-{number}",
                PARENT_1_NAME=f"Parent {number}",
                PARENT_1_EMAIL=f"p{size}-{number}@example.com",
                **cells,
            )
            for number in range(size)
        ]

    queries(rows(1))
    assert queries(rows(2)) == queries(rows(50))
    assert queries(rows(2, GENDER="Male", SCHOOL_URN="140002")) == queries(
        rows(50, GENDER="Male", SCHOOL_URN="140002")
    )


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_rows_imported_and_refused_are_the_rows_read(upload, data):
    cells = st.fixed_dictionaries(
        {
            "FIRST_NAME": st.sampled_from(["Ravi", "Rohan", "Zoë", ""]),
            "NHS_NUMBER": st.sampled_from(["", "9994712209", "9995864134", "123"]),
            "POSTCODE": st.sampled_from(["CV1 2AB", "CV3 4XY", "ZZ99 3WZ"]),
            "SCHOOL_URN": st.sampled_from(["140001", "140002", "888888", "999999"]),
        }
    )
    rows = [child_row(**one) for one in data.draw(st.lists(cells, min_size=1, max_size=4))]
    children = Child.objects.count()
    done = upload(*rows)
    if done.status == Upload.Status.INVALID:
        assert Child.objects.count() == children
        assert {line for line, _, _ in done.problems} <= set(range(2, len(rows) + 2))
    else:
        assert Child.objects.count() == children + done.counts["new"]
        assert done.rows.count() == len(rows)


class TestSamples:
    @pytest.fixture
    def coventry(self, organisation, time_machine):
        time_machine.move_to(NOW)
        loaded = import_schools(SAMPLES / "gias-extract.csv")
        assert loaded.created == 18
        team = factories.TeamFactory(organisation=organisation)
        team.locations.model.objects.schools().update(team=team)
        factories.ClinicSessionFactory(organisation=organisation, location__team=team)
        return organisation

    def test_the_nominal_roll_imports_1500_children_and_then_none(self, coventry, capsys):
        call_command("import_cohort", SAMPLES / "nominal-roll.csv", organisation="ryg")
        assert "New children: 1,500" in capsys.readouterr().out
        assert Child.objects.for_organisation(coventry).count() == 1500
        call_command("import_cohort", SAMPLES / "nominal-roll.csv", organisation="RYG")
        assert "Children unchanged: 1,500" in capsys.readouterr().out

    def test_a_dry_run_changes_nothing(self, coventry, capsys):
        options = {"organisation": "RYG", "dry_run": True}
        call_command("import_cohort", SAMPLES / "nominal-roll.csv", **options)
        assert "this was a dry run" in capsys.readouterr().out
        assert not Child.objects.exists()
        assert not Upload.objects.exists()

    def test_of_the_roll_with_errors_nothing_is_imported(self, coventry, capsys):
        with pytest.raises(CommandError, match="Nothing was imported: 28 of 29 rows are wrong"):
            call_command(
                "import_cohort", SAMPLES / "nominal-roll-with-errors.csv", organisation="RYG"
            )
        lines = capsys.readouterr().err.splitlines()
        named = [line.split(":")[0] for line in lines]
        # Line 25 is right: any words may name a relationship.
        assert [int(one.split(",")[0].removeprefix("Line ")) for one in named] == [
            *range(2, 25),
            *range(26, 31),
        ]
        assert not Child.objects.exists()

    @pytest.mark.parametrize(
        ("file", "ods_code", "message"),
        [
            ("nominal-roll.csv", "XXX", "no organisation with the ODS code XXX"),
            ("no-such-file.csv", "RYG", "cannot be read"),
            ("gias-extract.csv", "RYG", "missing these columns"),
        ],
    )
    def test_bad_input_to_the_command_is_one_sentence(self, coventry, file, ods_code, message):
        with pytest.raises(CommandError, match=message):
            call_command("import_cohort", SAMPLES / file, organisation=ods_code)


def test_a_file_that_is_no_csv_is_refused_before_anything_is_stored(start):
    with pytest.raises(FileProblem):
        start(content=b"PK\x03\x04")
    assert not Upload.objects.exists()


def test_the_year_group_is_that_of_the_london_day(upload):
    """31 August, 23:30 UTC, is 1 September in London: the next academic year."""
    last_minute = clock.london_instant(NOW.date().replace(month=9, day=1), NOW.time().min)
    done = upload(child_row(DATE_OF_BIRTH="2014-09-01"), now=last_minute)
    assert done.status == Upload.Status.INVALID
    done = upload(child_row(DATE_OF_BIRTH="2014-08-31"), now=last_minute.replace(year=2026))
    assert done.status == Upload.Status.COMPLETED
