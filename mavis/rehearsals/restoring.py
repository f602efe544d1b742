"""The restore drill: the database is lost while invitations go out, and a copy takes its place.

What Notify accepted between the copy and the loss, the copy calls waiting, in doubt, or does not
know at all. `docs/operations/restoring.md` is followed step by step; then Notify's sandbox tells
whether anything went twice, and the database whether anybody was left out.
"""

import copy
import random
import sys
import time

from django.db import connection
from django.db.models import QuerySet

from calendars import clock
from mavis.local.console import say
from mavis.local.workplace import ROOT
from mavis.rehearsals import breaking, cohort, evidence, report
from mavis.rehearsals.breaking import LATENCY
from mavis.rehearsals.drill import Drill
from mavis.rehearsals.options import Options
from mavis.rehearsals.stage import Stage
from notifications import stoppages
from notifications.models import Channel, ForgottenMessage, Message, Stoppage

STATES = ("waiting", "claimed", "unknown")
GONE_AFTER_THE_COPY = 4
GONE = "children made ineligible after the copy"
STILL_WAITING = "of their messages waiting in the copy"


def lose_and_restore(stage: Stage, options: Options) -> bool:
    """Play it; whether nothing was lost or doubled, and the hard cases came up at all."""
    began = time.monotonic()
    chance = random.Random(options.seed)  # noqa: S311 - repeatable, not a secret
    drill = Drill(stage, cohort.make(options.messages, chance), chance)
    drill.cohort.join_some(chance, share=0.6)
    drill.cohort.open()
    for stand_in in ("before", "after"):
        stage.notify.add_fault(
            "post", probability=0.3, action="delay", stage=stand_in, delay_s=LATENCY * options.speed
        )
    stage.start_fleet()
    drill.plan_at_once()

    _send_until(drill, options.messages * 0.2)
    drill.kill_worker()
    _hold_texts(drill)
    file = stage.folder / "copy.dump"
    dumped_at, joined_later = clock.now(), copy.deepcopy(drill.cohort.waiting)
    stage.dump(file)
    say(f"Copied the database at {dumped_at:%H:%M:%S}; sending goes on.")

    for _ in range(GONE_AFTER_THE_COPY):
        drill.counts[GONE] += drill.cohort.say_farewell(chance, among=_waiting_texts())
    _let_go_on()
    drill.cohort.join_some(chance, share=1e9)
    drill.plan_at_once()
    _send_until(drill, options.messages * 0.6)
    stage.lose_postgres()
    connection.close()
    say("Lost the database and every process.")

    connection.settings_dict["HOST"] = str(stage.restore(file))
    with stage.redis() as client:
        client.flushall()
    _count_copy(drill)
    if options.resumes:
        stage.run_program(
            "resume",
            [sys.executable, ROOT / "manage.py", "resume_after_restore"]
            + ["--dumped-at", dumped_at.isoformat()],
        )
        drill.counts["of those the copy did not know"] = ForgottenMessage.objects.count()
    stage.start_fleet()
    # The copy knows nothing of who was not to be written to any more since: they come first. Who
    # joined after it comes back by the same files, and is planned for again.
    drill.cohort.repeat_farewells()
    drill.cohort.waiting = joined_later
    drill.cohort.join_some(chance, share=1e9)
    drill.plan_at_once()
    _let_go_on()
    is_quiet = drill.wait_until(lambda: breaking.quiet(drill), seconds=breaking.until_quiet(stage))
    drill.run_for(stage.pace.real(1))

    verdict = evidence.collect(drill, latency=LATENCY)
    seconds = time.monotonic() - began
    text = report.table(verdict, drill.counts, seconds)
    report.write(
        options.results,
        text=report.as_json(verdict, drill.counts, options, seconds),
        page=report.drill_page(text, options),
    )
    say(f"\n{text}\nThe same as JSON and for docs/: {options.results}")
    return verdict.is_clean and is_quiet and _was_hard(drill)


def _send_until(drill: Drill, number: float) -> None:
    """Wait until Notify has accepted that many."""
    drill.wait_until(
        lambda: Message.objects.filter(accepted_at__isnull=False).count() >= number, seconds=120
    )


def _hold_texts(drill: Drill) -> None:
    """Let texts rest, and families join whose texts then wait in the copy, however fast we send."""
    stoppages.stop(
        scope=Channel.TEXT, kind=Stoppage.Kind.ALLOWANCE, reason="Rehearsed", now=clock.now()
    )
    drill.cohort.join_some(drill.chance, share=0.3)
    drill.plan_at_once()
    drill.wait_until(
        lambda: _waiting_texts().values("child_id").distinct().count() >= GONE_AFTER_THE_COPY,
        seconds=60,
    )


def _waiting_texts() -> QuerySet[Message]:
    return Message.objects.filter(status="waiting", channel=Channel.TEXT)


def _let_go_on() -> None:
    """End whatever holds messages, as an operator does."""
    for held in Stoppage.objects.filter(ended_at__isnull=True):
        stoppages.end(held.pk, now=clock.now())


def _count_copy(drill: Drill) -> None:
    """How the copy's unsettled messages really stand at Notify."""
    at_notify = {each["reference"] for each in drill.stage.notify.messages()}
    rows = dict(Message.objects.values_list("reference", "status"))
    drill.counts["accepted by Notify when the database was lost"] = len(at_notify)
    for state in STATES:
        sent = sum(rows.get(reference) == state for reference in at_notify)
        drill.counts[f"of those {state} in the copy"] = sent
    drill.counts["of those the copy did not know"] = len(at_notify - rows.keys())
    gone = {child_id for child_id, _ in drill.cohort.gone()}
    drill.counts[STILL_WAITING] = Message.objects.filter(
        child_id__in=gone, status="waiting"
    ).count()


def _was_hard(drill: Drill) -> bool:
    """Whether there was anything to get wrong.

    A batch holds a hundred, so a short drill may have claimed all that the copy calls unsent.
    """
    unsent = sum(drill.counts[f"of those {state} in the copy"] for state in ("waiting", "claimed"))
    cases = {
        "of those waiting or claimed in the copy": unsent,
        "of those the copy did not know": drill.counts["of those the copy did not know"],
        STILL_WAITING: drill.counts[STILL_WAITING],
    }
    missing = [case for case, number in cases.items() if not number]
    for case in missing:
        say(f"The drill proves nothing: 0 {case}.")
    return not missing
