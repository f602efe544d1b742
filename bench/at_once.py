"""How long a late joiner's invitation takes from commit to request, while a mailing goes out.

Everything is real: workers as `make run` starts them, Redis between, the sandbox at Notify's rate.
Source: sessions and clinics §6.1, "at once".
"""

import time
from collections.abc import Collection
from contextlib import closing
from datetime import datetime
from statistics import median

from django.conf import settings

from bench import mailing
from bench.cohort import clinic_due_to_invite
from bench.report import Finding
from calendars import clock
from mavis.rehearsals.notify import Notify
from notifications.models import Message
from sessions_app import invitations, memberships
from sessions_app.models import Membership, Session

LETTERS = 1200
JOINERS = 30
PROMISED_SECONDS = 5.0
SECONDS_BETWEEN = 0.5
GIVE_UP_SECONDS = 60.0


def measure(letters: int = LETTERS, joiners: int = JOINERS) -> Finding:
    """Let children join one after the other while the mailing goes out; the slowest counts.

    The floor is what is promised: five seconds.
    """
    clinic = clinic_due_to_invite(letters, now=clock.now())
    late = _hold_back(clinic, joiners)
    invitations.plan(now=clock.now(), session_ids=[clinic.pk])
    mailing.wait_for(Message.objects.exclude(status=Message.Status.WAITING).exists)
    committed = {}
    for child_id in late:
        memberships.join(
            clinic, [child_id], reason=Membership.Reason.HOME_EDUCATED, now=clock.now()
        )
        committed[child_id] = time.time()
        time.sleep(SECONDS_BETWEEN)
    urgent = dict(Message.objects.filter(child_id__in=late).values_list("reference", "child_id"))
    mailing.wait_for(lambda: urgent.keys() <= _requested(urgent).keys(), seconds=GIVE_UP_SECONDS)
    left_of_mailing = Message.objects.filter(status=Message.Status.WAITING).count()
    requested = _requested(urgent)
    waits = [at - committed[urgent[reference]] for reference, at in requested.items()]
    seen = mailing.seen_by_sandbox()
    slowest = max(waits, default=GIVE_UP_SECONDS)
    return Finding(
        benchmark="at-once",
        unit="seconds",
        ours=slowest,
        floor=PROMISED_SECONDS,
        ratio=PROMISED_SECONDS / slowest,
        at_least=1,
        must_be_zero={
            "late joiners' messages not requested": len(urgent.keys() - requested.keys()),
            "accepted twice": len(seen["duplicate_references"]),
            "late joiners after the mailing, not beside it": 0 if left_of_mailing else joiners,
        },
        details={
            "late joiners": joiners,
            "their messages": len(urgent),
            "seconds in the middle": round(median(waits), 2) if waits else GIVE_UP_SECONDS,
            "of the mailing still waiting then": left_of_mailing,
        },
    )


def _hold_back(clinic: Session, number: int) -> list[int]:
    """Take so many children who can be written to out of the clinic again; who they are."""
    contactable = Membership.objects.filter(session=clinic, child__statuses__exclusion="")
    ids = list(contactable.order_by("-child_id").values_list("child_id", flat=True).distinct())
    Membership.objects.filter(session=clinic, child_id__in=ids[:number]).delete()
    return ids[:number]


def _requested(references: Collection[str]) -> dict[str, float]:
    """When the sandbox got the first request for each message, in seconds since the epoch."""
    found: dict[str, float] = {}
    with closing(Notify(settings.NOTIFY_BASE_URL)) as notify:
        for call in notify.attempts():
            if call["method"] == "POST" and call["reference"] in references:
                at = datetime.fromisoformat(call["at"]).timestamp()
                found.setdefault(call["reference"], at)
    return found
