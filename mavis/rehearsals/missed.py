"""What beat missed while it stood still is sent after all, once: counted from heartbeats.

The rig's timetable never sends by itself what comes once a night, so that whatever of it runs was
caught up; what comes once an hour also comes by itself (`timetable.py`).
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from heartbeats import rules
from heartbeats.models import Heartbeat
from heartbeats.rules import Comes
from heartbeats.timetable import timetable
from mavis.rehearsals.journal import Beat

# Catching up sends one a minute, each once the one before has ended.
MINUTES_EACH = 3.0


def missed(*, now: datetime) -> set[str]:
    """The schedules of which nobody began a run that fell due."""
    times = Heartbeat.objects.values_list("schedule", "last_started_at", "watched_since")
    comes = timetable()
    return {
        name
        for name, started_at, watched_since in times
        if name in comes
        and rules.missed_run(
            comes[name], last_started_at=started_at, watched_since=watched_since, now=now
        )
    }


@dataclass
class CatchingUp:
    """What became of the schedules that were missed; the breaches name them."""

    missed: int
    late: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not self.late and not self.twice

    @property
    def counts(self) -> dict[str, int]:
        return {
            "schedules missed": self.missed,
            "schedules missed, not caught up": len(self.late),
            "schedules missed, caught up twice": len(self.twice),
        }


def judge(
    names: Collection[str],
    beats: Sequence[Beat],
    *,
    comes: Mapping[str, Comes],
    since: datetime,
    until: datetime,
) -> CatchingUp:
    """What `beats`, all since beat was back, say of the missed schedules.

    Each is sent and begun once. What fell due again between `since` and `until`, and may thus have
    been missed again, may be sent once more for that. What also comes by itself may begin more
    often.
    """
    sent = Counter(each.schedule for each in beats if each.is_sent_after_all)
    begun = Counter(each.schedule for each in beats if not each.is_sent_after_all)
    found = CatchingUp(len(names))
    for name in sorted(names):
        most = 1 + comes[name].missed(since=since, until=until)
        if not sent[name] or not begun[name]:
            found.late.append(name)
        elif sent[name] > most or (comes_once_a_day(comes[name]) and begun[name] > sent[name]):
            found.twice.append(name)
    return found


def comes_once_a_day(comes: Comes) -> bool:
    """Whether the rig's own timetable leaves it to catching up."""
    return isinstance(comes, rules.Times) and len(comes.hours) == 1
