"""The life of an uploaded file: stored, imported by a job, finished one way or another.

The row is the truth, the queue only a hint: a job that dies leaves a stale heartbeat, and the
sweep begins it again. Source: cohorts and imports §3 and §18-21; lessons I26.
"""

import hashlib
import logging
import traceback
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from kombu.exceptions import OperationalError as BrokerError

from accounts.models import Organisation, User
from cohorts import consequences
from cohorts.consequences import Writing
from cohorts.files import FileProblem, read_table
from cohorts.models import NAME_LENGTH, Upload
from cohorts.services.progress import upload_progress
from cohorts.signals import file_imported
from cohorts.upload_kinds import Job, Outcome, RowsRefused, UploadKind, kind_of

logger = logging.getLogger(__name__)

RUN_TASK = "cohorts.run_upload"
# A job beats every second or so; its longest single statement takes a fraction of this.
STALE_AFTER = timedelta(minutes=5)
# How long the queue may take before the sweep hands out an upload that nobody began.
UNCLAIMED_AFTER = timedelta(minutes=1)
MOST_ATTEMPTS = 3
CONTENT_KEPT = timedelta(days=30)

_IMPORTS, _STARTS = 1, 2


def start_upload(
    *,
    organisation: Organisation,
    kind: UploadKind,
    file_name: str,
    content: bytes,
    by: User | None,
    now: datetime,
) -> Upload:
    """Store the file and have it imported once this is committed.

    Raises `FileProblem` where the file as a whole cannot be read; nothing is stored then. A file
    that is being imported at this moment, or waits to be confirmed, is not taken twice: its upload
    is returned. One that was imported before is taken again, and the upload says so.
    """
    upload = _store(organisation, kind, file_name, content, by=by, now=now)
    transaction.on_commit(lambda: hand_out(upload.pk), robust=True)
    return upload


@transaction.atomic
def import_now(
    *,
    organisation: Organisation,
    kind: UploadKind,
    file_name: str,
    content: bytes,
    now: datetime,
    by: User | None = None,
) -> Upload:
    """Store the file and import it here and now; returns the finished upload, or the one that
    waits for a person to confirm it.

    Raises `FileProblem` where the file as a whole cannot be read.
    """
    upload = _store(organisation, kind, file_name, content, by=by, now=now)
    for _ in range(MOST_ATTEMPTS):
        run_upload(upload_id=upload.pk, now=now)
        upload.refresh_from_db()
        if upload.status != Upload.Status.PROCESSING:
            break
    return upload


@transaction.atomic
def _store(
    organisation: Organisation,
    kind: UploadKind,
    file_name: str,
    content: bytes,
    *,
    by: User | None,
    now: datetime,
) -> Upload:
    rows_total = len(read_table(content, required=kind.required_headers).rows)
    sha256 = hashlib.sha256(content).hexdigest()
    _lock(_STARTS, organisation.pk)
    same_file = Upload.objects.filter(
        organisation=organisation, kind=kind.key, sha256=sha256
    ).defer("content", "problems", "notes")
    unfinished = same_file.filter(status__in=Upload.OPEN).first()
    if unfinished is not None:
        return unfinished
    return Upload.objects.create(
        organisation=organisation,
        kind=kind.key,
        uploaded_by=by,
        file_name=file_name[-NAME_LENGTH:],
        content=content,
        sha256=sha256,
        rows_total=rows_total,
        same_file_as=same_file.filter(status=Upload.Status.COMPLETED).first(),
        phase="Waiting to start",
        created_at=now,
    )


def run_upload(*, upload_id: int, now: datetime) -> None:
    """Import a stored file, all or nothing; safe to call twice and again after a crash.

    Where that writes to many families and nobody has agreed to it, all is undone and a person is
    asked (`services.confirming`). What a command imports asks nobody. Does nothing for an upload
    that is finished, waits, is unknown, or in the hands of a live job.
    """
    upload = _claim(upload_id, now)
    if upload is None:
        return
    try:
        with upload_progress(upload.pk) as progress, transaction.atomic():
            progress.begin("Waiting for another import to finish")
            _lock(_IMPORTS, upload.organisation_id)
            if not _is_processing(upload.pk):
                return
            kind = kind_of(upload.kind)
            progress.begin("Reading the file")
            table = read_table(bytes(upload.content), required=kind.required_headers)
            job = Job(upload=upload, table=table, now=now, progress=progress)
            outcome = kind.run(job)
            progress.begin("Working out who is written to")
            writings = consequences.foretold(
                organisation=upload.organisation, by=job.by, now=now, child_ids=outcome.child_ids
            )
            if _must_ask(upload, writings):
                raise _MustAsk(outcome, writings)
            _finish(upload, Upload.Status.COMPLETED, now, **_results(outcome, writings))
            file_imported.send(Upload, by=job.by, now=now)
    except _MustAsk as found:
        _ask(upload, found, now)
    except RowsRefused as refused:
        problems = [list(problem) for problem in refused.problems]
        _finish(upload, Upload.Status.INVALID, now, problems=problems)
    except FileProblem as problem:
        _finish(upload, Upload.Status.FAILED, now, failure=str(problem))
    except Exception as error:
        _log_failure(upload, error)
        if isinstance(error, IntegrityError | OperationalError) and upload.attempts < MOST_ATTEMPTS:
            # A deadlock, a number taken at the same moment, a lost connection: the sweep tries
            # again, and the next job sees what this one ran into.
            Upload.objects.filter(pk=upload.pk).update(heartbeat_at=None)
            return
        _finish(
            upload,
            Upload.Status.FAILED,
            now,
            failure="Something went wrong while the file was imported. Nothing of it was saved",
        )


class _MustAsk(Exception):
    """A person has to agree first; raised where what was done so far must be undone."""

    def __init__(self, outcome: Outcome, writings: list[Writing]) -> None:
        super().__init__()
        self.outcome, self.writings = outcome, writings


def _must_ask(upload: Upload, writings: list[Writing]) -> bool:
    if upload.uploaded_by is None or not consequences.are_many(writings):
        return False
    agreed = consequences.from_json(upload.writings)
    return upload.confirmed_at is None or consequences.goes_beyond(writings, agreed)


def _ask(upload: Upload, found: _MustAsk, now: datetime) -> None:
    """Let the upload wait for a person, whose earlier agreement does not reach that far."""
    Upload.objects.filter(pk=upload.pk, status=Upload.Status.PROCESSING).update(
        status=Upload.Status.CHECKED,
        checked_at=now,
        asked_again=upload.confirmed_at is not None,
        confirmed_at=None,
        confirmed_by=None,
        phase="",
        rows_done=upload.rows_total,
        **_results(found.outcome, found.writings),
    )


def _results(outcome: Outcome, writings: list[Writing]) -> dict[str, Any]:
    return {
        "counts": dict(outcome.counts),
        "notes": list(outcome.notes),
        "writings": consequences.as_json(writings),
    }


def restart_stale_uploads(*, now: datetime) -> int:
    """Hand out uploads that nobody works on: lost by the queue, or by a job that died."""
    waiting = Upload.objects.filter(status=Upload.Status.PROCESSING).filter(
        Q(heartbeat_at__isnull=True, created_at__lt=now - UNCLAIMED_AFTER)
        | Q(heartbeat_at__lt=Now() - STALE_AFTER)
    )
    upload_ids = list(waiting.values_list("pk", flat=True))
    for upload_id in upload_ids:
        hand_out(upload_id)
    return len(upload_ids)


def wipe_old_content(*, now: datetime) -> int:
    """Forget what finished files held after 30 days; their results stay."""
    return (
        Upload.objects.filter(created_at__lt=now - CONTENT_KEPT, content__isnull=False)
        .exclude(status__in=Upload.OPEN)
        .update(content=None)
    )


def _claim(upload_id: int, now: datetime) -> Upload | None:
    """Take an upload that no live job has; None where there is nothing to do."""
    free = Upload.objects.filter(pk=upload_id, status=Upload.Status.PROCESSING).filter(
        Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lt=Now() - STALE_AFTER)
    )
    if not free.update(heartbeat_at=Now(), attempts=F("attempts") + 1):
        return None
    upload = Upload.objects.select_related("organisation", "uploaded_by", "confirmed_by").get(
        pk=upload_id
    )
    if upload.attempts > MOST_ATTEMPTS:
        failure = f"The file could not be imported in {MOST_ATTEMPTS} attempts"
        _finish(upload, Upload.Status.FAILED, now, failure=failure)
        return None
    return upload


def _is_processing(upload_id: int) -> bool:
    return Upload.objects.filter(pk=upload_id, status=Upload.Status.PROCESSING).exists()


def _finish(upload: Upload, status: Upload.Status, now: datetime, **results) -> None:
    Upload.objects.filter(pk=upload.pk, status=Upload.Status.PROCESSING).update(
        status=status, finished_at=now, phase="", rows_done=upload.rows_total, **results
    )


def _lock(purpose: int, organisation_id: int) -> None:
    """Let an organisation's pieces of work of one purpose run one after another."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [purpose, organisation_id])


def hand_out(upload_id: int) -> None:
    """Ask a worker to begin; without a broker the sweep asks again."""
    try:
        current_app.send_task(RUN_TASK, args=[upload_id], retry=False)
    except (BrokerError, OSError):
        logger.warning("The queue is down; upload %s waits for the sweep", upload_id)


def _log_failure(upload: Upload, error: Exception) -> None:
    """Where it went wrong; the words of the error may quote a row, so they are left out."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    logger.error("Upload %s: %s\n%s", upload.public_id, type(error).__name__, frames)
