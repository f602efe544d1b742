"""Recoveries: one thing fails for a while, and two minutes after it is back all that is due is out.

The minutes are those of the clock. What a fault caught between claim and outcome is not counted
there: it waits for the quarantine on purpose, and is settled soon after. Source: lessons §2.
"""

import random
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db import connection

from calendars import clock
from heartbeats import rules
from heartbeats.timetable import timetable
from mavis.local.console import say
from mavis.rehearsals import cohort, evidence, missed, report
from mavis.rehearsals.drill import Drill
from mavis.rehearsals.options import Options
from mavis.rehearsals.stage import Stage
from notifications.models import Message
from sessions_app import invitations

OUT_WITHIN = 2.0
# Stale claim, quarantine, two empty look-ups and the sweeps between them.
SETTLED_WITHIN = 15.0
AN_HOUR = timedelta(hours=1)

# What a scenario looks at when all is quiet: whether that is as it should be.
Afterwards = Callable[[], bool]
Scenario = Callable[[Drill, float], Afterwards | None]
SCENARIOS: dict[str, Scenario] = {}


def scenario(name: str) -> Callable[[Scenario], Scenario]:
    def register(play: Scenario) -> Scenario:
        SCENARIOS[name] = play
        return play

    return register


@scenario("broker-flushed")
def _(drill: Drill, seconds: float) -> Afterwards:
    """Every hint is lost, and Redis is gone while families join; no worker is ended for it.

    An hour of the clock is `--minutes 12` at a speed of 5.
    """
    stage = drill.stage
    drill.plan_at_once()
    drill.wait_until(lambda: Message.objects.exclude(status="waiting").exists(), seconds=60)
    with stage.redis() as client:
        client.flushall()
    stage.stop_redis()
    workers = stage.pids("worker")
    drill.cohort.join_some(drill.chance, share=1e9)
    drill.run_for(seconds)
    stage.start_redis()
    stage.await_web()

    def told() -> bool:
        """A worker whose library gives up is started again, as by a process manager: counted."""
        drill.counts["workers that lived through it"] = len(workers & stage.pids("worker"))
        return True

    return told


@scenario("beat-stopped")
def _(drill: Drill, seconds: float) -> Afterwards:
    """Invitations become due while beat stands still for three days, and each nightly job three
    times: those are caught up once.
    """
    stage = drill.stage
    drill.cohort.join_some(drill.chance, share=1e9)
    drill.cohort.open(in_days=1)
    drill.run_for(seconds)
    stage.dismiss("beat")
    drill.step_clock(timedelta(days=3))
    stage.await_web()
    names, shown, real = missed.missed(now=clock.now()), clock.now(), datetime.now(UTC)
    stage.want_beat()
    stage.mend()

    def caught_up() -> missed.CatchingUp:
        return missed.judge(
            names,
            stage.server.beats(since=real),
            comes=timetable(),
            since=shown - rules.MISSED_AFTER,
            until=clock.now() - rules.MISSED_AFTER,
        )

    def each_once() -> bool:
        drill.wait_until(
            lambda: not caught_up().late,
            seconds=stage.pace.real(missed.MINUTES_EACH * len(names)),
        )
        # Whatever is sent twice is so within the next minutes.
        drill.run_for(stage.pace.real(missed.MINUTES_EACH))
        found = caught_up()
        drill.counts.update(found.counts)
        for name in (*found.late, *found.twice):
            say(f"{name} was missed and not caught up once.")
        return found.is_clean and bool(names)

    return each_once


@scenario("database-restarted")
def _(drill: Drill, seconds: float) -> None:
    """PostgreSQL is restarted twice while messages flow, the second time as if by a crash."""
    drill.plan_at_once()
    drill.wait_until(lambda: Message.objects.exclude(status="waiting").exists(), seconds=60)
    drill.stage.restart_postgres(signal.SIGINT)
    drill.run_for(seconds)
    drill.stage.restart_postgres(signal.SIGQUIT)


@scenario("clock-stepped")
def _(drill: Drill, seconds: float) -> Afterwards:
    """While messages flow the clock is an hour ahead for a while, and then right again.

    Meanwhile families join and are queued, attempts turn unclear, and workers die in the middle
    of their requests.
    """
    stage = drill.stage
    drill.plan_at_once()
    drill.wait_until(lambda: Message.objects.exclude(status="waiting").exists(), seconds=60)
    stepped = clock.now()
    drill.step_clock(AN_HOUR)
    stage.await_web()
    for when in ("before", "after"):
        stage.notify.add_fault("post", probability=0.3, action="drop", stage=when)
        # Long enough for workers to be met in their requests, and no answer to come.
        stage.notify.add_fault("post", probability=0.5, action="hang", stage=when)
    drill.cohort.join_some(drill.chance, share=0.5)
    drill.plan_at_once()
    ahead = Message.objects.filter(claimed_at__gt=stepped + AN_HOUR)
    met = ("unknown", "claimed")
    drill.run_for(seconds)
    drill.wait_until(
        lambda: all(ahead.filter(status=status).exists() for status in met),
        seconds=stage.pace.real(OUT_WITHIN) + 60,
    )
    stage.kill_all("worker")
    for status in met:
        drill.counts[f"{status} when the clock was put right"] = ahead.filter(status=status).count()
    # The others join while nobody sends, so that what was queued by the wrong clock is left.
    drill.cohort.join_some(drill.chance, share=1e9)
    invitations.plan_each(now=clock.now())
    queued = Message.objects.filter(status="waiting", due_at__gt=stepped + AN_HOUR).count()
    drill.counts["waiting when the clock was put right"] = queued
    stage.notify.lift_all()
    drill.step_clock(-AN_HOUR)
    stage.want_workers()
    stage.mend()
    stage.await_web()

    def each_was_met() -> bool:
        return all(
            drill.counts[f"{what} when the clock was put right"] for what in (*met, "waiting")
        )

    return each_was_met


@scenario("old-jobs")
def _(drill: Drill, seconds: float) -> None:
    """Workers of this version find jobs of others: tasks that are gone, and other arguments."""
    drill.stage.dismiss("worker")
    for queue in ("urgent", "default"):
        for name, arguments in (
            ("notifications.deliver", ["5f0c2a"]),
            ("sessions_app.invite", []),
            ("notifications.send_due", []),
            ("notifications.send_due", ["bulk", 3]),
            ("notifications.sweep", [1]),
            ("sessions_app.plan_invitations", [{"session": 1}]),
        ):
            drill.send_task(name, *arguments, queue=queue)
    drill.cohort.join_some(drill.chance, share=1e9)
    drill.run_for(seconds)
    drill.stage.want_workers()
    drill.stage.mend()


def recover(stage: Stage, options: Options) -> bool:
    """Play one scenario; whether all that was due went out in time, once, and all was settled."""
    began = time.monotonic()
    chance = random.Random(options.seed)  # noqa: S311 - repeatable, not a secret
    drill = Drill(stage, cohort.make(options.messages, chance, magic=0), chance)
    stage.start_fleet()
    if options.scenario != "beat-stopped":
        drill.cohort.join_some(chance, share=0.5)
        drill.cohort.open()
    afterwards = SCENARIOS[options.scenario](drill, options.seconds)
    # Ours may have been broken too.
    connection.close()
    in_doubt = set(
        Message.objects.filter(status__in=("claimed", "unknown")).values_list("id", flat=True)
    )
    recovered = time.monotonic()
    is_out = drill.wait_until(lambda: all_out(drill, in_doubt), seconds=stage.pace.real(OUT_WITHIN))
    took = (time.monotonic() - recovered) * stage.pace.speed
    is_settled = drill.wait_until(settled, seconds=stage.pace.real(SETTLED_WITHIN))
    drill.run_for(stage.pace.real(1))
    is_well = afterwards is None or afterwards()
    verdict = evidence.collect(drill, latency=0)
    drill.counts["in doubt when it recovered"] = len(in_doubt)
    drill.counts["seconds of the clock until all was out"] = round(took)
    seconds = time.monotonic() - began
    text = report.table(verdict, drill.counts, seconds)
    report.write(
        options.results,
        text=report.as_json(verdict, drill.counts, options, seconds),
        page=report.page(text, options),
    )
    in_time = "in time" if is_out else "TOO LATE"
    say(f"{options.scenario}: all that was due was out {in_time}.\n\n{text}")
    return verdict.is_clean and is_out and is_settled and is_well


def all_out(drill: Drill, in_doubt: set[int]) -> bool:
    """Whether everybody is written to, but for what was in doubt."""
    waiting = Message.objects.filter(status__in=("waiting", "claimed")).exclude(pk__in=in_doubt)
    return not waiting.exists() and not drill.cohort.unwritten(evidence.written(evidence.rows()))


def settled() -> bool:
    """Whether no outcome is open."""
    return not Message.objects.filter(status__in=("waiting", "claimed", "unknown")).exists()
