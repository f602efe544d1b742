"""The faults that a rehearsal injects, each under the name by which the report counts it.

Source: lessons §2, Notify §12.
"""

import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial

import psycopg

from calendars import clock
from mavis.rehearsals import nurses
from mavis.rehearsals.drill import Drill
from mavis.rehearsals.journal import DEADLOCK, DISK_FULL
from mavis.rehearsals.pace import Pace
from notifications import resending, stoppages
from notifications.models import Message, Stoppage

Fault = Callable[[Drill], None]
FAULTS: dict[str, Fault] = {}
# What must not come of two people at one session.
BOTH_SAVED = "dates that two saved over each other"
# Minutes of the clock that a fault at Notify lasts, and those of our own parts.
NOTIFY_MINUTES = 1.0
OWN_MINUTES = 0.6
# What lasts longer: so many minutes of the clock, and so many real seconds at least, for what
# waits in real time gives up after five.
PAUSE, PAUSE_SECONDS = 10.0, 6.0
LOCK, LOCK_SECONDS = 50 / 60, 4.0
# Long enough for the fleet to start with that clock, and to queue, claim and ask by it.
AHEAD, AHEAD_SECONDS = 5.0, 25.0
AN_HOUR = timedelta(hours=1)
LASTING = {
    "clock an hour ahead": (AHEAD, AHEAD_SECONDS),
    "Redis paused for ten minutes": (PAUSE, PAUSE_SECONDS),
    "messages locked for 50 seconds": (LOCK, LOCK_SECONDS),
}


def fault(name: str) -> Callable[[Fault], Fault]:
    def register(inject: Fault) -> Fault:
        FAULTS[name] = inject
        return inject

    return register


def lasts(name: str, pace: Pace) -> float:
    """The real seconds that a long fault lasts; 0 for the others."""
    minutes, least = LASTING.get(name, (0.0, 0.0))
    return max(pace.real(minutes), least)


def fitting(*, pace: Pace, seconds: float) -> list[str]:
    """The faults that a rehearsal of so many real seconds has room for."""
    return [name for name in FAULTS if lasts(name, pace) <= seconds / 4]


# Redis


@fault("Redis stopped, and started empty")
def _(drill: Drill) -> None:
    seconds = drill.stage.pace.real(OWN_MINUTES) * drill.chance.uniform(0.2, 1.5)
    drill.now_and_then(seconds, drill.stage.stop_redis, drill.stage.start_redis)


@fault("Redis flushed")
def _(drill: Drill) -> None:
    with drill.stage.redis() as client:
        client.flushall()


@fault("Redis connections reset")
def _(drill: Drill) -> None:
    with drill.stage.redis() as client:
        client.client_kill_filter(_type="normal", skipme=True)
        client.client_kill_filter(_type="pubsub", skipme=True)


@fault("Redis paused for ten minutes")
def _(drill: Drill) -> None:
    seconds = lasts("Redis paused for ten minutes", drill.stage.pace)
    with drill.stage.redis() as client:
        client.client_pause(round(seconds * 1000))
    # It ends by itself; until then nothing is over.
    drill.later(seconds, lambda: None)


# PostgreSQL


@fault("PostgreSQL restarted (fast)")
def _(drill: Drill) -> None:
    drill.stage.restart_postgres(signal.SIGINT)


@fault("PostgreSQL restarted (immediate)")
def _(drill: Drill) -> None:
    drill.stage.restart_postgres(signal.SIGQUIT)


@fault("database connections terminated")
def _(drill: Drill) -> None:
    drill.stage.server.cut_connections()


@fault("messages locked for 50 seconds")
def _(drill: Drill) -> None:
    with suppress(psycopg.errors.LockNotAvailable):
        lock = drill.stage.server.lock_messages()
        drill.later(lasts("messages locked for 50 seconds", drill.stage.pace), lock.close)


@fault("statement timeout")
def _(drill: Drill) -> None:
    set_timeout = drill.stage.server.set_statement_timeout
    begin, end = partial(set_timeout, 4), partial(set_timeout, 0)
    drill.now_and_then(drill.stage.pace.real(OWN_MINUTES), begin, end)


def _failing_writes(drill: Drill, code: str) -> None:
    make_trouble = drill.stage.server.make_trouble
    begin = partial(make_trouble, code, chance=drill.chance.uniform(0.3, 1))
    end = partial(make_trouble, "", chance=0)
    drill.now_and_then(drill.stage.pace.real(OWN_MINUTES), begin, end)


@fault("disk full")
def _(drill: Drill) -> None:
    _failing_writes(drill, DISK_FULL)


@fault("deadlocks")
def _(drill: Drill) -> None:
    _failing_writes(drill, DEADLOCK)


# Processes


@fault("worker asked to end (SIGTERM)")
def _(drill: Drill) -> None:
    drill.stage.terminate("worker", drill.chance)


@fault("web server killed")
def _(drill: Drill) -> None:
    drill.stage.kill("web", drill.chance)


@fault("beat killed")
def _(drill: Drill) -> None:
    drill.stage.kill("beat", drill.chance)


@fault("beat stopped for minutes")
def _(drill: Drill) -> None:
    stop, start = partial(drill.stage.dismiss, "beat"), drill.stage.want_beat
    drill.now_and_then(drill.stage.pace.real(4), stop, start)


@fault("beat run twice")
def _(drill: Drill) -> None:
    start, stop = partial(drill.stage.want_beat, 1), partial(drill.stage.dismiss, "beat1")
    drill.now_and_then(drill.stage.pace.real(4), start, stop)


@fault("clock an hour ahead")
def _(drill: Drill) -> None:
    """Everything is killed as it steps, and again as it is put right, so that much is left."""
    ahead = partial(drill.step_clock, AN_HOUR, how=signal.SIGKILL)
    right = partial(drill.step_clock, -AN_HOUR, how=signal.SIGKILL)
    drill.now_and_then(lasts("clock an hour ahead", drill.stage.pace), ahead, right)


@fault("three planners at once")
def _(drill: Drill) -> None:
    drill.plan_at_once(3)


@fault("dates edited")
def _(drill: Drill) -> None:
    nurses.edit_dates(drill.cohort, drill.chance)


@fault("dates edited by two at once")
def _(drill: Drill) -> None:
    if nurses.edit_dates_at_once(drill.cohort, drill.chance) > 1:
        drill.counts[BOTH_SAVED] += 1


# Notify


def _at_notify(name: str, endpoint: str, *, minutes: float = NOTIFY_MINUTES, **rule) -> None:
    """A fault that the sandbox plays for a while, to a part of the calls."""

    @fault(name)
    def _(drill: Drill) -> None:
        notify = drill.stage.notify
        order = {"probability": drill.chance.uniform(0.2, 0.6), "seed": drill.chance.randrange(999)}
        number = notify.add_fault(endpoint, **(order | rule))
        drill.later(drill.stage.pace.real(minutes), partial(notify.lift, number))


_at_notify("no answer, not accepted", "post", action="hang", stage="before")
_at_notify("no answer, accepted", "post", action="hang", stage="after")
_at_notify("accepted after we gave up", "post", action="late")
_at_notify("connection dropped, not accepted", "post", action="drop", stage="before")
_at_notify("connection dropped, accepted", "post", action="drop", stage="after")
_at_notify("500, not accepted", "post", action="status", status=500, stage="before")
_at_notify("500, accepted", "post", action="status", status=500, stage="after")
_at_notify("502 in HTML", "post", action="html", status=502)
_at_notify("503 in HTML, accepted", "post", action="html", status=503, stage="after")
_at_notify("201 cut off", "post", action="badjson", stage="after")
_at_notify("slow answers", "post", action="delay", stage="after")
_at_notify("429 for a minute", "post", action="rate429", probability=1.0)
_at_notify("key refused", "post", action="auth", minutes=0.5)
_at_notify("look-ups behind", "list", lookup_lag_s=45, probability=1.0, minutes=3)
_at_notify("look-ups answer 500", "list", action="status", status=500, minutes=2)
_at_notify("look-ups answer nothing", "list", action="drop", minutes=2)
_at_notify("receipts lost", "receipt", action="drop", minutes=3)
_at_notify("receipts doubled", "receipt", action="repeat", minutes=3)
_at_notify("receipts out of order", "receipt", action="shuffle", delay_s=60, minutes=3)


@fault("429 for a day, and the stoppage ended")
def _(drill: Drill) -> None:
    channel = drill.chance.choice(("email", "sms"))
    number = drill.stage.notify.add_fault("post", channel=channel, action="daily429")
    end = partial(_lift_and_see_to_it, drill, number)
    drill.later(drill.stage.pace.real(NOTIFY_MINUTES), end)


@fault("template missing, and tried again")
def _(drill: Drill) -> None:
    chance, seed = drill.chance.uniform(0.2, 0.6), drill.chance.randrange(999)
    number = drill.stage.notify.add_fault(
        "post", probability=chance, seed=seed, action="status", status=400
    )
    end = partial(_lift_and_see_to_it, drill, number)
    drill.later(drill.stage.pace.real(NOTIFY_MINUTES), end)


def _lift_and_see_to_it(drill: Drill, number: int) -> None:
    drill.stage.notify.lift(number)
    see_to_it()


def see_to_it() -> None:
    """What an operator does once the cause is gone: end what stands still until midnight, and try
    again what was refused for a mistake.
    """
    now = clock.now()
    spent = Stoppage.objects.filter(kind=Stoppage.Kind.ALLOWANCE, ended_at__isnull=True)
    for stoppage in spent:
        stoppages.end(stoppage.pk, now=now)
    resending.try_refused_again(Message.objects.all(), now=now)


@fault("clocks two minutes apart")
def _(drill: Drill) -> None:
    skew = partial(drill.stage.notify.call, "POST", "clock")
    begin, end = partial(skew, offset_s=120), partial(skew, offset_s=0)
    drill.now_and_then(drill.stage.pace.real(NOTIFY_MINUTES), begin, end)


@fault("receipts forged")
def _(drill: Drill) -> None:
    """Failures that never were, of messages just accepted: one with a wrong token, one leaked."""
    notify = drill.stage.notify
    newest = notify.call("GET", "messages.json")["messages"][:6]
    for place, message in enumerate(newest):
        token = {"token": "not-the-token"} if place % 2 else {}
        path = f"messages/{message['id']}/receipt"
        notify.call("POST", path, body={"status": "permanent-failure"}, **token)
