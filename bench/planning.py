"""Planning a whole cohort's invitations against writing the same rows with nothing to decide."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from django.db import connection, transaction

from bench.cohort import clinic_due_to_invite, clinic_of, noon
from bench.report import Finding
from notifications.models import Message
from sessions_app import invitations
from sessions_app.models import Invitation, Session

LETTERS = 100_000
ROUNDS = 3
PLANNERS = 20
CHILDREN = 1_000_000
AT_LEAST = 0.5
# Of the time of the first planning: what finding nothing to do may take.
AGAIN_AT_MOST = 0.4
TABLES = ("sessions_app_invitation", "notifications_message")


@dataclass
class Times:
    """Seconds that each took, one for each round, and what was wrong in any of them."""

    planning: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    letters: int = 0
    repeated: int = 0

    def finding(self, benchmark: str, *, letters_wanted: int) -> Finding:
        """The middle round against the middle round of the floor."""
        planning, again, bare = (median(all_) for all_ in (self.planning, self.again, self.bare))
        return Finding(
            benchmark=benchmark,
            unit="letters a second",
            ours=self.letters / planning,
            floor=self.letters / bare,
            ratio=bare / planning,
            at_least=AT_LEAST,
            must_be_zero={
                "rows that planning again wrote": self.repeated,
                "letters fewer than asked for": max(0, letters_wanted - self.letters),
            },
            details={
                "letters": self.letters,
                "messages": Message.objects.count(),
                "seconds to plan": round(planning, 2),
                "seconds to plan again": round(again, 2),
                "seconds to write the same rows": round(bare, 2),
            },
        )


def measure(letters: int = LETTERS) -> Finding:
    """Plan so many letters, plan again, write the same rows bare: in turns, the middle counts.

    Then twenty planners at once, who must write what one writes.
    """
    now = noon()
    clinic = clinic_due_to_invite(letters, now=now)
    times = Times()
    for _ in range(ROUNDS):
        _round(clinic, times, now=now)
    found = times.finding("planning", letters_wanted=letters)
    rows = _count()
    _empty()
    started = time.perf_counter()
    _plan_at_once(clinic, now=now)
    found.details["seconds of twenty planners at once"] = round(time.perf_counter() - started, 2)
    found.must_be_zero["rows more or fewer of twenty planners"] = abs(_count() - rows)
    return found


def measure_million(children: int = CHILDREN) -> Finding:
    """One round with the children of a whole region in one clinic."""
    now = noon()
    clinic = clinic_of(children, now=now)
    times = Times()
    _round(clinic, times, now=now)
    found = times.finding("planning-million", letters_wanted=children * 9 // 10)
    of_the_first = times.again[0] / times.planning[0]
    found.details["planning again, of the first time"] = round(of_the_first, 3)
    found.must_be_zero["planning again took too long"] = int(of_the_first > AGAIN_AT_MOST)
    return found


def _round(clinic: Session, times: Times, *, now: datetime) -> None:
    _empty()
    started = time.perf_counter()
    times.letters = invitations.plan(now=now, session_ids=[clinic.pk])
    times.planning.append(time.perf_counter() - started)
    rows = _count()
    started = time.perf_counter()
    times.repeated += invitations.plan(now=now, session_ids=[clinic.pk])
    times.again.append(time.perf_counter() - started)
    times.repeated += _count() - rows
    times.bare.append(_write_the_same_rows())


def _plan_at_once(clinic: Session, *, now: datetime) -> None:
    def plan() -> None:
        try:
            invitations.plan(now=now, session_ids=[clinic.pk])
        finally:
            connection.close()

    with ThreadPoolExecutor(PLANNERS) as planners:
        for planner in [planners.submit(plan) for _ in range(PLANNERS)]:
            planner.result()


def _count() -> int:
    return Invitation.objects.count() + Message.objects.count()


def _empty() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")


def _write_the_same_rows() -> float:
    """Copy the planned rows aside, empty the tables, and time one INSERT … SELECT into each."""
    with connection.cursor() as cursor:
        for table in TABLES:
            # Nothing may clean up there while the floor is timed.
            cursor.execute(
                f"CREATE UNLOGGED TABLE aside_{table} WITH (autovacuum_enabled = false)"
                f" AS TABLE {table}"
            )
            cursor.execute(f"ANALYZE aside_{table}")
        _empty()
        started = time.perf_counter()
        with transaction.atomic():
            for table in TABLES:
                cursor.execute(f"INSERT INTO {table} TABLE aside_{table}")
        seconds = time.perf_counter() - started
        for table in TABLES:
            cursor.execute(f"DROP TABLE aside_{table}")
    return seconds
