"""Sending what is due: claim, ask the guards, call Notify on threads, write down in batches.

The thread that runs `send_due` alone talks to the database and Redis; those of `calling` only
talk to Notify. No transaction is open while Notify is called. Several senders may run at once:
one brake holds all of them, and a claim belongs to one.
Source: Notify §11, `docs/decisions/0010-outbox.md`.
"""

import logging
import queue
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.db import OperationalError, connection

from notifications import (
    allowance,
    calling,
    claims,
    counters,
    guarding,
    limiter,
    outbox,
    recognising,
    rules,
    slots,
    stoppages,
)
from notifications.judging import judge
from notifications.models import Lane, Message
from notifications.patience import impatient

logger = logging.getLogger(__name__)

# What a claim, the guards and writing down cost is nearly the same for one message as for a batch.
BATCH = 100
# Short enough to end before a stopping worker is killed; what is left is asked for anew.
BUDGET = timedelta(seconds=20)
SETTLE_AFTER_SECONDS = 0.25
TRIES = 3


def send_due(*, lane: int, clock: calling.Clock, budget: timedelta = BUDGET) -> int:
    """Send what is due until nothing is, or the time is over; how many requests were made.

    A sender of the bulk lane takes urgent messages first. What is left over gets a new sender.
    When Redis is away nothing is sent.
    """
    try:
        with slots.slot(lane) as slot:
            if slot is None:
                return 0
            with Sender(clock) as sender:
                sender.run(lane=lane, slot=slot, budget=budget)
        # Asked after the slot is free: whoever found it taken has committed before.
        now = clock()
        channels = stoppages.open_channels(lane=lane, now=now)
        if claims.backlog(lanes=[lane], channels=channels, now=now):
            outbox.wake(lane)
        return sender.requests
    except redis.RedisError as error:
        logger.warning("Sending waits: Redis is away (%s)", type(error).__name__)
        return 0


class Sender:
    """One run of sending: its threads, what is under way, and what is not written down yet."""

    def __init__(self, clock: calling.Clock) -> None:
        self._clock = clock
        self._limiter = limiter.shared_limiter()
        self._threads = settings.NOTIFY_SENDER_THREADS
        # A batch for the last free thread or two would not be worth its queries.
        self._fewest_free = min(BATCH, self._threads) // 2
        self._calls = calling.Calls(clock, threads=self._threads)
        self._finished: list[calling.Attempt] = []
        self._first_finished = 0.0
        self._backlog = claims.Backlog([])
        self._left_for_bulk: int | None = None
        self._uncounted: Counter[tuple[str, str]] = Counter()
        self._look_again_at = 0.0
        self._has_forgotten = False
        self.requests = 0

    def __enter__(self) -> "Sender":
        return self

    def __exit__(self, *exception: object) -> None:
        self._calls.close()

    def run(self, *, lane: int, slot: slots.Slot, budget: timedelta) -> None:
        """Send until nothing is due or the budget is spent, then write down all outcomes."""
        ends = time.monotonic() + budget.total_seconds()
        lanes = [lane] if lane == Lane.URGENT else list(Lane)
        try:
            while time.monotonic() < ends and self._send_some(lanes, ends):
                slot.keep()
        finally:
            while self._calls.under_way:
                self._wait(1, only_outcomes=True)
            self._settle()
            self._count()

    def _send_some(self, lanes: Sequence[int], ends: float) -> bool:
        """Start what may start now; whether it is worth trying again."""
        free = self._threads - self._calls.under_way
        if free < self._fewest_free:
            self._wait(1, only_outcomes=True)
            return True
        if not self._look_for_backlog(lanes):
            # What is under way may come back to be tried again.
            if not self._calls.under_way:
                return False
            self._wait(1, only_outcomes=True)
            return True
        wanted = min(free, BATCH)
        if self._left_for_bulk is not None:
            wanted = min(wanted, self._left_for_bulk)
        if wanted <= 0:
            # What is under way may be the last that may go today: its outcomes tell.
            self._look_again_at = 0.0
            self._wait(1, only_outcomes=True)
            return True
        grant = self._limiter.take(wanted, urgent=lanes == [Lane.URGENT])
        if not grant.count:
            wait = max(grant.wait_seconds, self._limiter.growth_seconds)
            self._wait(min(wait, max(ends - time.monotonic(), 0), 1))
            return True
        messages = self._backlog.claim(most=grant.count, now=self._clock())
        if self._left_for_bulk is not None:
            self._left_for_bulk -= len(messages)
        allowed = guarding.ask(self._recognise(messages), now=self._clock())
        for message in allowed:
            self._start(message)
        self._limiter.give_back(grant.count - len(allowed))
        # A whole batch means there is room for the next; else the allowance needs time to grow.
        is_held_back = len(messages) == grant.count < wanted
        self._wait(self._limiter.growth_seconds if is_held_back else 0)
        return True

    def _look_for_backlog(self, lanes: Sequence[int]) -> bool:
        """Whether anything is due: looked up each second, and when nothing seems left."""
        if not self._backlog or time.monotonic() >= self._look_again_at:
            now = self._clock()
            self._count()
            left = allowance.left_for_bulk(now=now) if Lane.BULK in lanes else {}
            self._backlog = claims.backlog_of(
                [one for one in stoppages.open_queues(now=now) if one[0] in lanes], now=now
            )
            # Only what a channel that is used has left: one just above its end slows no other.
            used = [
                left[channel] for channel in self._backlog.channels(Lane.BULK) if channel in left
            ]
            self._left_for_bulk = min(used) - self._unsettled() if used else None
            self._has_forgotten = recognising.has_forgotten()
            self._look_again_at = time.monotonic() + 1
        return bool(self._backlog)

    def _unsettled(self) -> int:
        """Requests that nobody has counted yet."""
        uncounted = sum(allowance.taken(self._uncounted).values())
        return self._calls.under_way + len(self._finished) + uncounted

    def _count(self) -> None:
        """Count what came of messages since the last look, a second ago."""
        if not self._uncounted:
            return
        try:
            allowance.count(
                allowance.taken(self._uncounted), day=rules.allowance_day(self._clock())
            )
        except OperationalError:
            logger.exception("What Notify took could not be counted: the next look tries again")
            connection.close()
        else:
            counters.count(self._uncounted)
            self._uncounted.clear()

    def _recognise(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Those that Notify does not have from before the database was restored."""
        if not self._has_forgotten:
            return messages
        try:
            return recognising.recognise([copy(each) for each in messages], now=self._clock())
        except Exception:
            logger.exception("What was sent before the restore could not be compared")
            guarding.put_back(messages, now=self._clock())
            return []

    def _start(self, message: Message) -> None:
        self.requests += 1
        self._calls.start(message)

    def _wait(self, seconds: float, *, only_outcomes: bool = False) -> None:
        """Collect outcomes for that long at most, and write down what is ripe.

        `only_outcomes` ends the wait early once nothing is under way.
        """
        until = time.monotonic() + seconds
        while len(self._finished) < BATCH and (self._calls.under_way or not only_outcomes):
            left = until - time.monotonic()
            try:
                self._collect(self._calls.ended(within_seconds=left))
            except queue.Empty:
                break
        age = time.monotonic() - self._first_finished
        if len(self._finished) >= BATCH or not self._calls.under_way or age > SETTLE_AFTER_SECONDS:
            self._settle()

    def _collect(self, attempt: calling.Attempt) -> None:
        if not self._finished:
            self._first_finished = time.monotonic()
        self._finished.append(attempt)

    def _settle(self) -> None:
        """Write down what is finished: first what stops others, then the rows."""
        finished, self._finished = self._finished, []
        if not finished:
            return
        now = self._clock()
        outcomes = [outcome for _, outcome in finished if outcome is not None]
        self._stop_where_needed(finished, now)
        # What was refused concerns a child whom somebody may have for long: it comes last.
        for is_refused, transacted in ((False, nullcontext), (True, impatient)):
            self._write_down(
                [each for each in finished if isinstance(each[1], rules.Rejected) == is_refused],
                now,
                transacted,
            )
        try:
            if outcomes and self._limiter.count_answers(outcomes):
                logger.error("Notify does not answer: all senders rest")
        except redis.RedisError:
            logger.warning("No Redis: unanswered requests are not counted")

    def _write_down(
        self,
        finished: Sequence[calling.Attempt],
        now: datetime,
        transacted: Callable[[], AbstractContextManager],
    ) -> None:
        if not finished:
            return
        settlement = judge(finished, now=now, stops_when_restricted=not settings.IS_LOCAL)
        for attempt in range(1, TRIES + 1):
            try:
                with transacted():
                    settlement.save(counts=False)
                self._uncounted.update(settlement.reached)
                return
            except OperationalError:
                # The rows are not lost without it: such claims grow stale and are looked up.
                logger.exception("Outcomes could not be written down, try %d", attempt)
                connection.close()
                if attempt < TRIES:
                    time.sleep(1)

    def _stop_where_needed(self, finished: Sequence[calling.Attempt], now: datetime) -> None:
        stops = {}
        for message, outcome in finished:
            match outcome:
                case rules.Throttled("minute"):
                    self._rest()
                case rules.Rejected("restricted") if settings.IS_LOCAL:
                    pass
                case rules.Throttled() | rules.Unauthorised() | rules.Rejected("restricted"):
                    stops[type(outcome), message.channel] = (outcome, message.channel)
        for outcome, channel in stops.values():
            self._look_again_at = 0.0
            stoppages.stop_for(outcome, channel=channel, now=now)

    def _rest(self) -> None:
        try:
            if seconds := self._limiter.rest_throttled():
                logger.warning("Notify says too fast: all senders rest %.1f s", seconds)
        except redis.RedisError:
            logger.warning("No Redis: the senders cannot be told to rest")
