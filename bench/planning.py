"""Planning a whole cohort's invitations against writing the same rows with nothing to decide."""

import time
from statistics import median

from django.db import connection, transaction

from bench.cohort import clinic_due_to_invite, noon
from bench.report import Finding
from notifications.models import Message
from sessions_app import invitations
from sessions_app.models import Invitation

LETTERS = 100_000
ROUNDS = 3
AT_LEAST = 0.5
TABLES = ("sessions_app_invitation", "notifications_message")


def measure(letters: int = LETTERS) -> Finding:
    """Plan so many letters, plan again, write the same rows bare: in turns, the middle counts."""
    now = noon()
    clinic = clinic_due_to_invite(letters, now=now)
    planning, bare, replanning = [], [], []
    written = repeated = 0
    for _ in range(ROUNDS):
        _empty()
        started = time.perf_counter()
        written = invitations.plan(now=now, session_ids=[clinic.pk])
        planning.append(time.perf_counter() - started)
        rows = _count()
        started = time.perf_counter()
        repeated += invitations.plan(now=now, session_ids=[clinic.pk])
        replanning.append(time.perf_counter() - started)
        repeated += _count() - rows
        bare.append(_write_the_same_rows())
    ours, floor = written / median(planning), written / median(bare)
    return Finding(
        benchmark="planning",
        unit="letters a second",
        ours=ours,
        floor=floor,
        ratio=ours / floor,
        at_least=AT_LEAST,
        must_be_zero={
            "rows that planning again wrote": repeated,
            "letters fewer than asked for": max(0, letters - written),
        },
        details={
            "letters": written,
            "messages": Message.objects.count(),
            "seconds to plan": round(median(planning), 2),
            "seconds to plan again": round(median(replanning), 2),
            "seconds to write the same rows": round(median(bare), 2),
        },
    )


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
            cursor.execute(f"DROP TABLE IF EXISTS aside_{table}")
            cursor.execute(f"CREATE UNLOGGED TABLE aside_{table} AS TABLE {table}")
            cursor.execute(f"ANALYZE aside_{table}")
        _empty()
        started = time.perf_counter()
        with transaction.atomic():
            for table in TABLES:
                cursor.execute(f"INSERT INTO {table} TABLE aside_{table}")
        return time.perf_counter() - started
