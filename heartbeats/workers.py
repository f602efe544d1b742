"""Which workers there are, and whether each still takes jobs.

A pulse each minute goes through each queue to whichever worker is free, in turn. So one that has
taken nothing for long, beside others that have, hangs: the pulse of its queue alone would not
show it. A worker that ends as it should says goodbye; one that is killed is silent like one that
hangs, until it starts again under its name or is forgotten.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from celery.signals import task_prerun, worker_ready, worker_shutdown
from django.db import DatabaseError, connection

from calendars import clock
from heartbeats.models import Worker

logger = logging.getLogger(__name__)

# Idle workers of a queue get its pulses in turn: seven of them each within seven minutes.
SILENT_AFTER = timedelta(minutes=15)
# A new worker of another name may have taken the place of one that was killed.
ALARMING_FOR = timedelta(hours=2)
FORGOTTEN_AFTER = timedelta(days=1)
SECONDS_BETWEEN_NOTES = 30

NOTE = """
INSERT INTO heartbeats_worker AS old (name, queues, started_at, took_at)
VALUES (%(name)s, %(queues)s, %(now)s, %(now)s)
ON CONFLICT (name) DO UPDATE SET took_at = GREATEST(old.took_at, EXCLUDED.took_at)
"""

_noted_at: dict[str, float] = {}


@dataclass(frozen=True)
class State:
    """A worker: when it last took a job or started, and whether that is too long ago."""

    name: str
    queues: str
    started_at: datetime
    took_at: datetime
    is_silent: bool
    is_alarming: bool


def connect() -> None:
    """Have the worker of this process noted, once it is one."""
    worker_ready.connect(_starts, dispatch_uid="worker-starts")
    task_prerun.connect(_takes_a_job, dispatch_uid="worker-takes-a-job")
    worker_shutdown.connect(_ends, dispatch_uid="worker-ends")


def states(now: datetime) -> list[State]:
    """Every worker that is known, silent ones first."""
    found = [
        State(
            name=row.name,
            queues=row.queues,
            started_at=row.started_at,
            took_at=row.took_at,
            is_silent=now - row.took_at > SILENT_AFTER,
            is_alarming=SILENT_AFTER < now - row.took_at <= ALARMING_FOR,
        )
        for row in Worker.objects.filter(took_at__gte=now - FORGOTTEN_AFTER)
    ]
    return sorted(found, key=lambda each: (not each.is_silent, each.name))


def started(name: str, *, queues: str, now: datetime) -> None:
    """A worker has started; those that were silent for a day are forgotten."""
    Worker.objects.update_or_create(
        name=name, defaults={"queues": queues[:200], "started_at": now, "took_at": now}
    )
    Worker.objects.filter(took_at__lt=now - FORGOTTEN_AFTER).delete()


def took_a_job(name: str, *, now: datetime) -> None:
    """A worker has taken a job."""
    with connection.cursor() as cursor:
        cursor.execute(NOTE, {"name": name, "queues": "", "now": now})


def ended(name: str) -> None:
    """A worker has ended as it should."""
    Worker.objects.filter(name=name).delete()


def _starts(*, sender: Any, **_: object) -> None:
    queues = ", ".join(sorted(sender.app.amqp.queues.consume_from))
    _try(lambda: started(sender.hostname, queues=queues, now=clock.now()))
    # This thread waits for jobs, and needs the database no more.
    connection.close()


def _takes_a_job(*, task: Any, **_: object) -> None:
    name = task.request.hostname
    if (
        not name
        or task.request.is_eager
        or time.monotonic() - _noted_at.get(name, -SECONDS_BETWEEN_NOTES) < (SECONDS_BETWEEN_NOTES)
    ):
        return
    _noted_at[name] = time.monotonic()
    _try(lambda: took_a_job(name, now=clock.now()))


def _ends(*, sender: Any, **_: object) -> None:
    _noted_at.pop(sender.hostname, None)
    _try(lambda: ended(sender.hostname))
    connection.close()


def _try(note) -> None:
    try:
        note()
    except DatabaseError:
        # The job itself will meet the same fault, or none: it must not fail for this one.
        logger.warning("The worker could not be noted")
