"""Collecting what the verdict is made of: the database, the journal, and Notify's own records."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from cohorts.models import Parent
from mavis.rehearsals import verdict
from mavis.rehearsals.cohort import BAD_NUMBERS
from mavis.rehearsals.drill import Drill
from notifications.models import Message
from programmes.models import Programme
from sessions_app.models import Invitation

SEND = ("email", "sms")


def collect(drill: Drill, *, latency: float) -> verdict.Verdict:
    """The verdict on a drill that has become quiet; `latency` is what an answer may have taken."""
    notify = drill.stage.notify
    names = {one.key: one.name for one in Programme.objects.all()}
    found = rows()
    return verdict.judge(
        rows=found,
        accepted=[
            verdict.AtNotify(
                each["reference"],
                each["id"],
                each["status"],
                each["recipient"],
                programmes_named(each["body"], names),
            )
            for each in notify.messages()
        ],
        attempts=[
            attempt(each, latency)
            for each in notify.attempts()
            if each["method"] == "POST" and each["endpoint"] in SEND and each["reference"]
        ],
        steps=drill.stage.server.steps(),
        gone=[
            verdict.Gone(each.child_id, each.programme, each.committed_at)
            for each in drill.cohort.farewells
        ],
        kills=drill.kills,
        unwritten=drill.cohort.unwritten(written(found)),
        doubtful=drill.cohort.doubtful,
        called_bad=called_bad(),
        impossible=BAD_NUMBERS,
    )


def called_bad() -> set[str]:
    """The addresses and numbers of parents that are marked as not existing."""
    emails = Parent.objects.filter(email_failed_at__isnull=False).values_list("email", flat=True)
    phones = Parent.objects.filter(phone_failed_at__isnull=False).values_list("phone", flat=True)
    return {*emails, *phones}


def programmes_named(body: str, names: Mapping[str, str]) -> frozenset[str]:
    """The keys of the programmes whose names stand in what a parent reads."""
    words = set(re.findall(r"\w+", body))
    return frozenset(key for key, name in names.items() if name in words)


def written(found: Iterable[verdict.Row]) -> set[tuple[int, str, str, str]]:
    """Where somebody is written to about a child, and about which programme."""
    return {
        (row.child_id, row.channel, row.recipient, programme)
        for row in found
        if row.status != Message.Status.WITHHELD
        for programme in row.programmes
    }


def rows() -> list[verdict.Row]:
    """Every message, with the programmes that it names by what the database says."""
    named = defaultdict(set)
    for letter, programme in Invitation.objects.values_list("letter", "programme_id"):
        named[letter].add(programme)
    return [
        verdict.Row(
            reference=reference,
            status=status,
            notify_id=str(notify_id or ""),
            letter=str(letter),
            channel=channel,
            recipient=recipient,
            child_id=child_id,
            programmes=frozenset(named[letter].difference(left_out or ())),
        )
        for reference, status, notify_id, letter, channel, recipient, child_id, left_out in (
            Message.objects.order_by("id").values_list(
                *("reference", "status", "notify_id", "letter", "channel", "recipient"),
                *("child_id", "left_out"),
            )
        )
    ]


def attempt(call: dict, latency: float) -> verdict.Attempt:
    """A request to send, from the sandbox's log of calls."""
    at = datetime.fromisoformat(call["at"])
    takes = latency if (call["fault"] or "").endswith("delay") else 0
    answered_by = at + timedelta(seconds=takes) if call["answered"] else None
    return verdict.Attempt(call["reference"], at, answered_by)
