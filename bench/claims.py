"""Claiming and writing down, with a quarter of a million waiting, against the barest queue.

Ours in the batches that a sender takes, the barest in batches of 50.
"""

import time
import uuid
from collections.abc import Callable
from datetime import datetime
from statistics import median

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from bench import mailing
from bench.report import Finding
from notifications import claims, rules, sending
from notifications.judging import judge
from notifications.models import Channel, Lane, Message

WAITING = 250_000
PLANNED = 2_500
BATCH = 50
BATCHES = 100
ROUNDS = 5
AT_LEAST = 0.5

COPY = """
INSERT INTO notifications_message (
    reference, letter, template, channel, recipient, personalisation, organisation_id, child_id,
    parent_id, session_id, lane, status, due_at, created_at)
SELECT replace(gen_random_uuid()::text, '-', ''), gen_random_uuid(), template, channel, recipient,
    personalisation, organisation_id, child_id, parent_id, session_id, lane, 'waiting', due_at,
    created_at
FROM notifications_message, generate_series(2, %s)
"""
# The barest queue in a table: lock some rows and mark them as taken; later, mark them as done.
LOCK = """
SELECT id FROM notifications_message
WHERE status = 'waiting' AND lane = %s AND channel = %s AND organisation_id = %s
ORDER BY due_at, id LIMIT %s
FOR UPDATE SKIP LOCKED
"""
TAKE = """
UPDATE notifications_message SET status = 'claimed', claim = gen_random_uuid() WHERE id = ANY(%s)
"""
# As delivered: no index of what is still followed has to take the row, which would slow the floor.
MARK = """
UPDATE notifications_message SET status = 'delivered', accepted_at = %s, claim = NULL
WHERE id = ANY(%s)
"""
PUT_BACK = """
UPDATE notifications_message
SET status = 'waiting', claim = NULL, attempts = 0, notify_id = NULL, accepted_at = NULL,
    next_look_at = NULL, claimed_at = NULL
WHERE status <> 'waiting'
"""


def measure(waiting: int = WAITING, batches: int = BATCHES) -> Finding:
    """Take so many batches from the queue in turns, ours and bare; the middle counts.

    Ours is what a sender does about a batch that Notify accepts: a committed claim, then outcomes
    and entries of the activity log in a second transaction. The floor does the two steps that
    nobody can save who must know after a crash what was under way: `FOR UPDATE SKIP LOCKED` and
    an update, committed; a second update, committed. It writes no log and decides nothing.
    """
    planned = min(PLANNED, waiting)
    now = mailing.plan(planned)()
    few = _timed_claims(now, batches=min(batches, planned // BATCH))
    with connection.cursor() as cursor:
        cursor.execute(COPY, [-(-waiting // Message.objects.count())])
    _tidy()
    many = _timed_claims(now, batches=batches)
    turns: dict[Callable[[datetime, int], float], list[float]] = {
        _claim_and_settle: [],
        _claim_and_settle_50: [],
        _take_and_mark: [],
        _lock_and_mark: [],
    }
    for _ in range(ROUNDS):
        for turn, seconds in turns.items():
            seconds.append(turn(now, batches))
            _tidy()
    whole, ours, bare, barest = (median(seconds) / batches for seconds in turns.values())
    return Finding(
        benchmark="claims",
        unit="messages a second",
        ours=sending.BATCH / whole,
        floor=BATCH / bare,
        ratio=(sending.BATCH / whole) / (BATCH / bare),
        at_least=AT_LEAST,
        details={
            "waiting": Message.objects.count(),
            "ms a claim, all of them waiting": round(many * 1000, 2),
            f"ms a claim, {planned} waiting": round(few * 1000, 2),
            f"ms to claim and write down {sending.BATCH}": round(whole * 1000, 2),
            "ms to claim and write down 50": round(ours * 1000, 2),
            "ms to take and mark 50, bare": round(bare * 1000, 2),
            "ms to lock and mark 50 in one transaction": round(barest * 1000, 2),
        },
    )


def _tidy() -> None:
    """Put everything back and clean up behind it, so that each turn meets the same table."""
    with connection.cursor() as cursor:
        cursor.execute(PUT_BACK)
        cursor.execute("TRUNCATE activity_entry")
        cursor.execute("VACUUM (ANALYZE) notifications_message")
        cursor.execute("CHECKPOINT")


def _backlog(now: datetime) -> claims.Backlog:
    return claims.backlog(lanes=[Lane.BULK], channels=Channel.values, now=now)


def _timed_claims(now: datetime, *, batches: int) -> float:
    """The middle time of claims, each from a backlog looked up anew; they are put back."""
    seconds = []
    for _ in range(batches):
        started = time.perf_counter()
        _backlog(now).claim(most=BATCH, now=now)
        seconds.append(time.perf_counter() - started)
    _tidy()
    return median(seconds)


def _claim_and_settle_50(now: datetime, batches: int) -> float:
    return _claim_and_settle(now, batches, batch=BATCH)


def _claim_and_settle(now: datetime, batches: int, batch: int = sending.BATCH) -> float:
    backlog = _backlog(now)
    started = time.perf_counter()
    for _ in range(batches):
        messages = backlog.claim(most=batch, now=now)
        accepted = [(message, rules.Accepted(uuid.uuid4(), 1)) for message in messages]
        judge(accepted, now=now, stops_when_restricted=True).save(counts=False)
    return time.perf_counter() - started


def _take_and_mark(now: datetime, batches: int) -> float:
    organisation = _organisation()
    started = time.perf_counter()
    with connection.cursor() as cursor:
        for _ in range(batches):
            with transaction.atomic():
                ids = _lock(cursor, organisation)
                cursor.execute(TAKE, [ids])
            with transaction.atomic():
                cursor.execute(MARK, [now, ids])
    return time.perf_counter() - started


def _lock_and_mark(now: datetime, batches: int) -> float:
    organisation = _organisation()
    started = time.perf_counter()
    with connection.cursor() as cursor:
        for _ in range(batches):
            with transaction.atomic():
                cursor.execute(MARK, [now, _lock(cursor, organisation)])
    return time.perf_counter() - started


def _organisation() -> int:
    return Message.objects.values_list("organisation_id", flat=True)[0]


def _lock(cursor: CursorWrapper, organisation: int) -> list[int]:
    cursor.execute(LOCK, [Lane.BULK, Channel.EMAIL, organisation, BATCH])
    return [pk for (pk,) in cursor.fetchall()]
