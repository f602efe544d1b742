"""Running by itself what comes once a night or once an hour and was missed while beat was down.

What comes more often comes again soon. Beat may be one or several, and this may run many times at
once: a claim in the schedule's row lets one of them send, and a missed run is sent once however
many days of it were missed. One after another, in the order in which they come at night, since
some make what the next ones need.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from heartbeats import rules
from heartbeats.models import Heartbeat
from heartbeats.timetable import send, timetable

# How long one that was sent may take before the next is sent beside it, or itself once more.
PATIENCE = timedelta(minutes=15)


def catch_up(*, now: datetime) -> str | None:
    """Send the earliest job that was missed, once those sent before have ended; its schedule's
    name, or none where nothing is to be done. Source: lessons §2, §4.
    """
    rows = {row.schedule: row for row in Heartbeat.objects.all()}
    if any(_is_under_way(row, now) for row in rows.values()):
        return None
    missed = [
        (due_at, name)
        for name, comes in timetable().items()
        if (row := rows.get(name))
        and (
            due_at := rules.missed_run(
                comes,
                last_started_at=row.last_started_at,
                watched_since=row.watched_since,
                now=now,
            )
        )
    ]
    if not missed:
        return None
    due_at, name = min(missed)
    with transaction.atomic():
        if not _claim(name, due_at, now):
            return None
        send(name)
    return name


def _is_under_way(row: Heartbeat, now: datetime) -> bool:
    """Whether a job that was sent to catch up still waits for a worker, or runs."""
    if row.caught_up_at is None or row.caught_up_at < now - PATIENCE:
        return False
    ended = [at for at in (row.last_succeeded_at, row.last_failed_at) if at]
    return not ended or max(ended) < row.caught_up_at


def _claim(name: str, due_at: datetime, now: datetime) -> bool:
    """Take it upon us to send a missed run; false where another did or it has started since."""
    free = Q(caught_up_at__isnull=True) | Q(caught_up_at__lt=now - PATIENCE)
    free |= Q(caught_up_at__lt=due_at)
    not_started = Q(last_started_at__isnull=True) | Q(last_started_at__lt=due_at)
    rows = Heartbeat.objects.filter(free, not_started, schedule=name)
    return bool(rows.update(caught_up_at=now))
