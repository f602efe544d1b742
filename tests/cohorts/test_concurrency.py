"""Uploads and decisions at the same time, and a worker that is killed, on real transactions."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from cohorts.models import Child, ImportIssue, Parent, SchoolMove, Upload
from cohorts.services import issues, school_moves, uploads
from cohorts.upload_kinds import kind_of
from tests import factories
from tests.cohorts.conftest import NOW, as_csv, child_row
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
X = "9994712209"
FAMILY = {"PARENT_1_NAME": "Ann", "PARENT_1_EMAIL": "ann@example.com"}


def outcome_of(job):
    """The job, returning what it raises."""

    def run():
        try:
            return job()
        except (issues.AlreadyDecided, school_moves.AlreadyDecided) as refusal:
            return type(refusal)

    return run


def store(organisation, *rows):
    return uploads.start_upload(
        organisation=organisation,
        kind=kind_of(Upload.Kind.COHORT),
        file_name="roll.csv",
        content=as_csv(list(rows)),
        by=None,
        now=NOW,
    )


def run(upload):
    return lambda: uploads.run_upload(upload_id=upload.pk, now=NOW)


@pytest.fixture
def places(organisation, alder, birch, clinic):
    return organisation


def test_many_workers_import_one_upload_once(places):
    upload = store(places, child_row(**FAMILY))
    at_once(*[run(upload)] * 4)
    assert (Child.objects.count(), Parent.objects.count()) == (1, 1)
    upload.refresh_from_db()
    assert (upload.status, upload.attempts) == (Upload.Status.COMPLETED, 1)


def test_two_files_with_one_child_make_one_child(places):
    first = store(places, child_row(**FAMILY))
    second = store(places, child_row(**FAMILY, GENDER="Male"))
    at_once(run(first), run(second))
    assert (Child.objects.count(), Parent.objects.count()) == (1, 1)
    assert Child.objects.get().gender == 1


def test_a_number_that_two_organisations_bring_at_once_is_one_child(places, elsewhere):
    factories.SchoolFactory(urn="150001", team__organisation=elsewhere)
    factories.ClinicSessionFactory(organisation=elsewhere)
    ours = store(places, child_row(NHS_NUMBER=X))
    theirs = store(elsewhere, child_row(NHS_NUMBER=X, SCHOOL_URN="150001"))
    at_once(run(ours), run(theirs))
    for upload in (ours, theirs):  # whoever came second may have to begin again
        uploads.run_upload(upload_id=upload.pk, now=NOW)
        upload.refresh_from_db()
        assert upload.status == Upload.Status.COMPLETED
    assert Child.objects.count() == 1
    assert SchoolMove.objects.count() == 1


def test_two_clicks_store_one_upload(places):
    stored = at_once(*[lambda: store(places, child_row())] * 4)
    assert len({upload.pk for upload in stored}) == 1


def test_an_issue_is_decided_by_one_of_two_people(upload, nurse):
    upload(child_row())
    upload(child_row(FIRST_NAME="Rohan"))
    issue = ImportIssue.objects.get()
    keep_both = ImportIssue.Decision.KEEP_BOTH

    def decide():
        return issues.decide(issue_id=issue.pk, decision=keep_both, by=nurse, now=NOW)

    results = at_once(*[outcome_of(decide)] * 2)
    assert results.count(issues.AlreadyDecided) == 1
    assert Child.objects.count() == 2


def test_a_move_is_decided_by_one_of_two_people(upload, nurse):
    upload(child_row())
    upload(child_row(SCHOOL_URN="140002"))
    move = SchoolMove.objects.get()
    results = at_once(
        outcome_of(lambda: school_moves.confirm(move_id=move.pk, by=nurse, now=NOW)),
        outcome_of(lambda: school_moves.ignore(move_id=move.pk, by=nurse, now=NOW)),
    )
    assert results.count(school_moves.AlreadyDecided) == 1


WORKER = """
import django
django.setup()
from datetime import datetime
from django.conf import settings
settings.DATABASES["default"]["NAME"] = {database!r}
from cohorts.services import child_import, uploads
from cohorts import upload_kinds
import time

write = child_import._write

def stop_before_the_commit(*args):
    write(*args)
    print("written", flush=True)
    time.sleep(60)

child_import._write = stop_before_the_commit
uploads.run_upload(upload_id={upload}, now=datetime.fromisoformat({now!r}))
"""


def test_a_worker_killed_before_the_commit_leaves_nothing_and_another_does_it(places):
    upload = store(places, child_row())
    program = WORKER.format(
        database=connection.settings_dict["NAME"], upload=upload.pk, now=NOW.isoformat()
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "mavis.settings.test"},
    )
    try:
        assert worker.stdout.readline() == b"written\n"
        run(upload)()  # a live job keeps the upload
        assert not Child.objects.exists()
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
    upload.refresh_from_db()
    assert upload.status == Upload.Status.PROCESSING
    Upload.objects.update(heartbeat_at=Now() - timedelta(hours=1))
    for _ in range(50):  # the database notices the lost connection in its own time
        run(upload)()
        upload.refresh_from_db()
        if upload.status == Upload.Status.COMPLETED:
            break
        time.sleep(0.1)
    assert (upload.status, Child.objects.count()) == (Upload.Status.COMPLETED, 1)
