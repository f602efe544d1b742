"""Showing how far a long transaction is, while it is still open."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

BEAT_SECONDS = 1.0


class UploadProgress:
    """Writes phase, rows done and heartbeat of an upload through a connection of its own.

    The import is one transaction that nobody can look into before it ends, so its progress goes
    another way. It writes at most once a second, and only while the upload is being processed.
    """

    def __init__(self, upload_id: int, cursor) -> None:
        self._upload_id = upload_id
        self._cursor = cursor
        self._phase = ""
        self._beat_at = 0.0

    def begin(self, phase: str) -> None:
        """A new phase begins, named for people."""
        self._phase = phase
        self._write(0)

    def advance(self, rows_done: int) -> None:
        """So many rows of the phase are done."""
        if time.monotonic() - self._beat_at >= BEAT_SECONDS:
            self._write(rows_done)

    def _write(self, rows_done: int) -> None:
        self._cursor.execute(
            "UPDATE cohorts_upload SET phase = %s, rows_done = %s, "
            "heartbeat_at = clock_timestamp() WHERE id = %s AND status = 'processing'",
            [self._phase, rows_done, self._upload_id],
        )
        self._beat_at = time.monotonic()


@contextmanager
def upload_progress(upload_id: int) -> Iterator[UploadProgress]:
    """Progress of an upload, for as long as the work goes on."""
    aside = connection.copy()
    try:
        with aside.cursor() as cursor:
            yield UploadProgress(upload_id, cursor)
    finally:
        aside.close()
