"""What is due to happen, and who it happens to: the state that faults and scenarios act on."""

import heapq
import itertools
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import redis
import requests
from celery import current_app
from django import db
from django.conf import settings
from kombu.exceptions import OperationalError as BrokerError

from mavis.rehearsals.cohort import Cohort
from mavis.rehearsals.stage import Stage

# What our own part in the rehearsal meets while everything is being broken.
AFFECTED = (
    *(db.OperationalError, db.InterfaceError, psycopg.OperationalError),
    *(redis.RedisError, BrokerError, OSError),
)
AGAIN_AFTER = 0.5
MOST_TRIES = 200

Action = Callable[[], object]


class Drill:
    """A stage with a cohort on it, and the actions that are still to come."""

    def __init__(self, stage: Stage, cohort: Cohort, chance: random.Random) -> None:
        self.stage = stage
        self.cohort = cohort
        self.chance = chance
        self.counts: Counter[str] = Counter()
        self.kills: list[datetime] = []
        self._due: list[tuple[float, int, int, Action]] = []
        self._order = itertools.count()

    def later(self, seconds: float, action: Action, *, tries: int = 0) -> None:
        """Do something so many real seconds from now, once more if a fault prevents it."""
        heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), tries, action))

    def now_and_then(self, seconds: float, begin: Action, end: Action) -> None:
        """Let something last for so long."""
        begin()
        self.later(seconds, end)

    @property
    def is_over(self) -> bool:
        return not self._due

    def turn(self) -> None:
        """Let a moment pass and do what has become due.

        What is put off meanwhile waits for the next turn, however late that is: only between two
        turns does a process start again, for which a kill may be waiting.
        """
        self.stage.turn()
        now = time.monotonic()
        while self._due and self._due[0][0] <= now:
            _, _, tries, action = heapq.heappop(self._due)
            try:
                action()
            except (*AFFECTED, requests.RequestException):
                db.connection.close()
                if tries >= MOST_TRIES:
                    raise
                self.later(AGAIN_AFTER, action, tries=tries + 1)

    def run_for(self, seconds: float) -> None:
        """Let that much real time pass."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.turn()

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> bool:
        """Whether it became so in that time; a question that cannot be answered is asked again."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.turn()
            try:
                if ready():
                    return True
            except AFFECTED:
                db.connection.close()
        return False

    def send_task(self, name: str, *arguments: object, queue: str = "default") -> None:
        """Ask the workers for a job, as beat does."""
        current_app.send_task(name, args=arguments, queue=queue, retry=False)

    def plan_at_once(self, planners: int = 2) -> None:
        """Let several workers plan invitations at the same time."""
        for _ in range(planners):
            self.send_task("sessions_app.plan_invitations")

    def step_clock(self, by: timedelta, *, how: int = signal.SIGTERM) -> None:
        """Let everybody's clock show another time, ours too."""
        self.stage.step_clock(by, how=how)
        settings.CLOCK_FROM = self.stage.pace.shown

    def kill_sender(self) -> None:
        self._kill(self.stage.kill_sender(self.chance), "processes of workers killed")

    def kill_worker(self) -> None:
        self._kill(self.stage.kill("worker", self.chance), "whole workers killed")

    def _kill(self, is_done: bool, what: str) -> None:
        if not is_done:
            raise ProcessLookupError("no such process is running")
        self.kills.append(datetime.now(UTC))
        self.counts[what] += 1
