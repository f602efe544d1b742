"""Writing heartbeats down, as Celery signals that a job starts, succeeds or fails."""

import logging
from datetime import datetime
from typing import Any

from celery.signals import task_failure, task_prerun, task_success
from django.db import DatabaseError, connection

from calendars import clock
from heartbeats.models import Heartbeat
from heartbeats.timetable import HEADER, timetable

logger = logging.getLogger(__name__)

NOTE = """
INSERT INTO heartbeats_heartbeat AS old (schedule, comes, watched_since, {column}, last_error)
VALUES (%(schedule)s, %(comes)s, %(now)s, %(now)s, %(error)s)
ON CONFLICT (schedule) DO UPDATE SET
    comes = EXCLUDED.comes,
    {column} = GREATEST(old.{column}, EXCLUDED.{column}),
    last_error = CASE WHEN %(error)s <> '' AND EXCLUDED.{column} >= COALESCE(
        old.{column}, EXCLUDED.{column}) THEN EXCLUDED.last_error ELSE old.last_error END
"""


def connect() -> None:
    """Have every job that beat sends recorded, in this process."""
    task_prerun.connect(_starts, dispatch_uid="heartbeats-start")
    task_success.connect(_succeeds, dispatch_uid="heartbeats-success")
    task_failure.connect(_fails, dispatch_uid="heartbeats-failure")


def _starts(*, task: Any, **_: object) -> None:
    _note_run(task, "last_started_at")


def _succeeds(*, sender: Any, **_: object) -> None:
    _note_run(sender, "last_succeeded_at")


def _fails(*, sender: Any, exception: BaseException, **_: object) -> None:
    _note_run(sender, "last_failed_at", error=type(exception).__name__)


def _note_run(task: Any, column: str, *, error: str = "") -> None:
    schedule = task.request.get(HEADER)
    if schedule:
        try:
            note(schedule, column, now=clock.now(), error=error)
        except DatabaseError:
            # The job itself will meet the same fault, or none: it must not fail for this one.
            logger.warning("The heartbeat of %s could not be written", schedule)


def note(schedule: str, column: str, *, now: datetime, error: str = "") -> None:
    """Move one of a schedule's times forward, in any order that runs may come to an end."""
    comes = timetable().get(schedule)
    with connection.cursor() as cursor:
        cursor.execute(
            NOTE.format(column=column),
            {
                "schedule": schedule,
                "comes": comes.in_words() if comes else "",
                "now": now,
                "error": error[:200],
            },
        )


def watch_the_timetable(*, using: str = "default", **_: object) -> None:
    """Begin to watch what is new in the timetable, and stop watching what is gone from it.

    After each `migrate`, so that a schedule that never comes is missed although it left no trace.
    """
    if Heartbeat._meta.db_table not in connection.introspection.table_names():
        return
    known, now = timetable(), clock.now()
    Heartbeat.objects.using(using).exclude(schedule__in=known).delete()
    Heartbeat.objects.using(using).bulk_create(
        [
            Heartbeat(schedule=name, comes=comes.in_words(), watched_since=now)
            for name, comes in known.items()
        ],
        ignore_conflicts=True,
    )
