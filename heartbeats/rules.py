"""When a schedule should have run, and whether it is overdue. All times of day are London's."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import islice

from calendars.clock import london_day, london_instant

# How long a run may take before its absence counts, and how many may be missed in a row.
FREQUENT_SLACK, FREQUENT_MISSES = timedelta(minutes=5), 2
RARE_SLACK, RARE_MISSES = timedelta(hours=2), 1
# The clock of the machine that runs a job may be behind beat's.
CLOCKS_APART = timedelta(seconds=30)
LONGEST_LOOK_BACK = 400
# Beat itself sends what it is at most this late for (CELERY_BEAT_CRON_STARTING_DEADLINE), and a
# worker needs its time to begin: only later is a run missed.
BEAT_SENDS_WITHIN = timedelta(minutes=5)
MISSED_AFTER = BEAT_SENDS_WITHIN + timedelta(minutes=2)


@dataclass(frozen=True)
class Interval:
    """Every so many seconds, day and night."""

    seconds: float

    @property
    def is_frequent(self) -> bool:
        return self.seconds < 3600

    def missed(self, *, since: datetime, until: datetime) -> int:
        """How many runs fell due after `since` and up to `until`."""
        return max(int((until - since).total_seconds() // self.seconds), 0)

    def last_due(self, *, since: datetime, until: datetime) -> datetime | None:
        """The newest run that fell due after `since` and up to `until`; none if there was none."""
        missed = self.missed(since=since, until=until)
        return since + timedelta(seconds=missed * self.seconds) if missed else None

    def in_words(self) -> str:
        if self.seconds == 60:
            return "Every minute"
        if self.seconds == 3600:
            return "Every hour"
        if self.seconds % 60 == 0:
            return f"Every {self.seconds / 60:.0f} minutes"
        return f"Every {self.seconds:g} seconds"


@dataclass(frozen=True)
class Times:
    """At these minutes of these hours, on days whose weekday (0 is Sunday), day and month fit."""

    minutes: frozenset[int]
    hours: frozenset[int]
    weekdays: frozenset[int] = frozenset(range(7))
    days: frozenset[int] = frozenset(range(1, 32))
    months: frozenset[int] = frozenset(range(1, 13))

    @property
    def is_frequent(self) -> bool:
        return len(self.minutes) > 1

    def missed(self, *, since: datetime, until: datetime) -> int:
        """How many runs fell due after `since` and up to `until`; counted no further than three."""
        return len(list(islice(self._backwards(since, until), 3)))

    def last_due(self, *, since: datetime, until: datetime) -> datetime | None:
        """The newest run that fell due after `since` and up to `until`; none if there was none."""
        return next(self._backwards(since, until), None)

    def _backwards(self, since: datetime, until: datetime) -> Iterator[datetime]:
        day = london_day(until)
        for _ in range(LONGEST_LOOK_BACK):
            if day < london_day(since):
                return
            for instant in self._instants(day):
                if instant <= since:
                    return
                if instant <= until:
                    yield instant
            day -= timedelta(days=1)

    def _instants(self, day) -> list[datetime]:
        fits = (
            day.isoweekday() % 7 in self.weekdays
            and day.day in self.days
            and day.month in self.months
        )
        if not fits:
            return []
        times = (time(hour, minute) for hour in self.hours for minute in self.minutes)
        return sorted({london_instant(day, at) for at in times}, reverse=True)

    def in_words(self) -> str:
        first, last = min(self.hours), max(self.hours)
        if self.is_frequent or len(self.hours) > 4:
            step = 60 // len(self.minutes)
            often = {1: "Every minute", 60: "Every hour"}.get(step, f"Every {step} minutes")
            if len(self.hours) == 24:
                return often
            return f"{often}, {first}:{min(self.minutes):02} to {last}:{max(self.minutes):02}"
        at = " and ".join(f"{hour}:{min(self.minutes):02}" for hour in sorted(self.hours))
        every_day = len(self.weekdays) == 7 and len(self.days) == 31 and len(self.months) == 12
        return f"{'Daily' if every_day else 'On some days'} at {at}"


Comes = Interval | Times


def is_overdue(
    comes: Comes,
    *,
    last_succeeded_at: datetime | None,
    last_failed_at: datetime | None,
    watched_since: datetime,
    now: datetime,
) -> bool:
    """Whether a schedule has gone without a success for longer than it may.

    What comes several times an hour may fail or miss once: two runs in a row, each five minutes
    past its time, are too many. What comes once a day must succeed within two hours, and a
    failure is reason enough, because the next try is a day away. Outside its hours nothing falls
    due. A schedule that never succeeded is judged from the moment it is watched.
    """
    since = last_succeeded_at or watched_since
    if not comes.is_frequent and last_failed_at and last_failed_at > since:
        return True
    slack = FREQUENT_SLACK if comes.is_frequent else RARE_SLACK
    allowed = FREQUENT_MISSES if comes.is_frequent else RARE_MISSES
    return comes.missed(since=since + CLOCKS_APART, until=now - slack) >= allowed


def missed_run(
    comes: Comes,
    *,
    last_started_at: datetime | None,
    watched_since: datetime,
    now: datetime,
) -> datetime | None:
    """When the newest run fell due that nobody began and that does not come by itself any more.

    None for what comes several times an hour: its next run is near. A run of which beat may still
    be about to send the job, or a worker to begin it, is not missed yet.
    """
    if comes.is_frequent:
        return None
    since = (last_started_at or watched_since) + CLOCKS_APART
    return comes.last_due(since=since, until=now - MISSED_AFTER)


def is_in_a_doubtful_hour(comes: Comes) -> bool:
    """Whether all its runs fall into the hour that a change of the clocks skips or repeats.

    Beat runs such a job twice, or not at all, in those nights. Source: lessons §4.
    """
    return isinstance(comes, Times) and comes.hours == {1}
