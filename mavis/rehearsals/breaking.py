"""Breaking everything while invitations go out, waiting until it is quiet, and counting."""

import random
import time
from collections.abc import Callable

from django.db.models import Count

from mavis.local.console import say
from mavis.rehearsals import cohort, evidence, faults, plan, report
from mavis.rehearsals.drill import AFFECTED, Drill
from mavis.rehearsals.options import Options
from mavis.rehearsals.stage import Stage
from mavis.rehearsals.verdict import UNSETTLED
from notifications.models import Message

# How long an answer takes without any fault: kills then meet requests that are under way.
LATENCY = 0.15
MESSAGES_BETWEEN_FAREWELLS = 60
# Minutes of the clock within which all must be settled once nothing breaks any more.
QUIET_WITHIN = 60.0
# What a busy machine gets at least, however fast the clock.
LEAST_SECONDS = 240.0
TELL_EVERY = 10.0
OPERATOR_COMES_AFTER = (0.0, 3.0, 8.0)


def break_everything(stage: Stage, options: Options) -> bool:
    """The rehearsal itself; whether it came out clean."""

    began = time.monotonic()
    chance = random.Random(options.seed)  # noqa: S311 - repeatable, not a secret
    drill = Drill(stage, cohort.make(options.messages, chance), chance)
    drill.cohort.join_some(chance, share=0.5)
    drill.cohort.open()
    delay = LATENCY * options.speed
    for stand_in in ("before", "after"):
        stage.notify.add_fault(
            "post", probability=0.3, action="delay", stage=stand_in, delay_s=delay
        )
    stage.start_fleet()
    joins = max(4, round(options.seconds / 5))
    actions: dict[str, Callable[[], object]] = {
        plan.KILL_SENDER: drill.kill_sender,
        plan.KILL_WORKER: drill.kill_worker,
        plan.JOIN: lambda: drill.cohort.join_some(chance, share=3 / joins),
        plan.FAREWELL: lambda: _count(drill, "children made ineligible", drill.cohort.say_farewell),
        **{name: _injecting(drill, name) for name in faults.FAULTS},
    }
    drill.plan_at_once()
    fitting = faults.fitting(pace=stage.pace, seconds=options.seconds)
    for step in plan.draw(
        seed=options.seed,
        seconds=options.seconds,
        kills=options.kills,
        joins=joins,
        farewells=max(3, options.messages // MESSAGES_BETWEEN_FAREWELLS),
        faults=fitting,
        seconds_between_faults=max(0.3, options.seconds / (3 * len(fitting))),
    ):
        drill.later(step.at, actions[step.what])
    _tell_until(drill, lambda: drill.is_over, seconds=options.seconds * 2, what="breaking")
    heal(drill)
    is_quiet = _tell_until(drill, lambda: quiet(drill), seconds=until_quiet(stage), what="settling")
    # What Notify may still accept of requests that were left hanging.
    drill.run_for(stage.pace.real(1.5))
    verdict = evidence.collect(drill, latency=LATENCY)
    drill.counts["messages that said what was left"] = Message.objects.filter(
        left_out__isnull=False
    ).count()
    drill.counts.update({f"{role} ended by itself": n for role, n in stage.ended_alone.items()})
    seconds = time.monotonic() - began
    text = report.table(verdict, drill.counts, seconds)
    report.write(
        options.results,
        text=report.as_json(verdict, drill.counts, options, seconds),
        page=report.page(text, options),
    )
    say(f"\n{text}\nThe same as JSON and for docs/: {options.results}")
    return verdict.is_clean and is_quiet and not drill.counts[faults.BOTH_SAVED]


def heal(drill: Drill) -> None:
    """End every fault that may be left, and let everybody who waits join."""
    drill.stage.start_redis()
    drill.stage.notify.lift_all()
    drill.stage.server.make_trouble("", chance=0)
    drill.stage.server.set_statement_timeout(0)
    drill.stage.want_beat()
    drill.later(0, lambda: drill.cohort.join_some(drill.chance, share=1e9))
    drill.later(1, drill.plan_at_once)
    # What was under way when the last fault ended may still be refused.
    for seconds in OPERATOR_COMES_AFTER:
        drill.later(seconds, faults.see_to_it)


def until_quiet(stage: Stage) -> float:
    """The real seconds to wait for quiet at most."""
    return max(stage.pace.real(QUIET_WITHIN), LEAST_SECONDS)


def quiet(drill: Drill) -> bool:
    """Whether everybody is written to and nothing is under way."""

    return (
        drill.is_over
        and not Message.objects.filter(status__in=UNSETTLED).exists()
        and not drill.cohort.unwritten(evidence.written(evidence.rows()))
    )


def _injecting(drill: Drill, name: str) -> Callable[[], None]:

    def inject() -> None:
        faults.FAULTS[name](drill)
        drill.counts[name] += 1

    return inject


def _count(drill: Drill, what: str, act: Callable) -> None:
    drill.counts[what] += bool(act(drill.chance))


def _tell_until(drill: Drill, ready: Callable[[], bool], *, seconds: float, what: str) -> bool:
    """Wait for it, and say every ten seconds how far it has come."""

    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if drill.wait_until(ready, seconds=min(left, TELL_EVERY)):
            return True
        try:
            found = Message.objects.order_by("status").values_list("status").annotate(Count("id"))
            states = ", ".join(f"{number} {status}" for status, number in found)
        except AFFECTED:
            states = "the database does not answer"
        say(f"{what}, {len(drill.kills)} kills: {states}")
    return False
