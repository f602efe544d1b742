"""Reads: how each schedule of the timetable is."""

from dataclasses import dataclass
from datetime import datetime

from heartbeats import rules
from heartbeats.models import Heartbeat
from heartbeats.timetable import timetable, title_of


@dataclass(frozen=True)
class State:
    """How a schedule is: `is_failing` says that its last run failed, `is_running` that it runs.

    `is_running` is true as well of a run that a killed worker never ended.
    """

    schedule: str
    title: str
    comes: str
    last_started_at: datetime | None
    last_succeeded_at: datetime | None
    last_failed_at: datetime | None
    last_error: str
    is_overdue: bool
    is_failing: bool
    is_running: bool


def states(now: datetime) -> list[State]:
    """Every schedule of the timetable, overdue ones first, then failing ones."""
    rows = {row.schedule: row for row in Heartbeat.objects.all()}
    found = [_state(name, comes, rows.get(name), now) for name, comes in timetable().items()]
    return sorted(found, key=lambda each: (not each.is_overdue, not each.is_failing, each.schedule))


def overdue(now: datetime) -> list[State]:
    """The schedules that went without a success for longer than they may."""
    return [state for state in states(now) if state.is_overdue]


def _state(name: str, comes: rules.Comes, row: Heartbeat | None, now: datetime) -> State:
    # Without a row nobody ran `migrate` for this timetable: that is no reason to be calm.
    row_or_none = row or Heartbeat(schedule=name)
    succeeded, failed = row_or_none.last_succeeded_at, row_or_none.last_failed_at
    ended = max(filter(None, (succeeded, failed)), default=None)
    started = row_or_none.last_started_at
    return State(
        schedule=name,
        title=title_of(name),
        comes=comes.in_words(),
        last_started_at=started,
        last_succeeded_at=succeeded,
        last_failed_at=failed,
        last_error=row_or_none.last_error,
        is_overdue=row is None
        or rules.is_overdue(
            comes,
            last_succeeded_at=succeeded,
            last_failed_at=failed,
            watched_since=row.watched_since,
            now=now,
        ),
        is_failing=failed is not None and (succeeded is None or failed > succeeded),
        is_running=started is not None and (ended is None or started > ended),
    )
