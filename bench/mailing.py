"""A planned mailing, the clock it is sent by, and what the sandbox saw of it."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import requests
from django.conf import settings

from bench.cohort import clinic_due_to_invite, noon
from notifications import sending
from notifications.models import Lane, Message
from sessions_app import invitations

GIVE_UP = timedelta(minutes=5)


class Clock:
    """Starts at noon, when texts may go, and then runs as real time does."""

    def __init__(self) -> None:
        self._began = noon()
        self._started = time.monotonic()

    def __call__(self) -> datetime:
        return self._began + timedelta(seconds=time.monotonic() - self._started)


def plan(messages: int) -> Clock:
    """Plan invitations that make at least about so many messages, all due now."""
    now = noon()
    # Two letters make about five messages: most parents have an address and a number.
    clinic = clinic_due_to_invite(messages * 2 // 5, now=now)
    invitations.plan(now=now, session_ids=[clinic.pk])
    return Clock()


def send_all(clock: Callable[[], datetime], *, give_up: timedelta = GIVE_UP) -> None:
    """What one worker does: a sender after the other while messages wait."""
    deadline = time.monotonic() + give_up.total_seconds()
    waiting = Message.objects.filter(status=Message.Status.WAITING)
    while time.monotonic() < deadline and waiting.exists():
        sending.send_due(lane=Lane.BULK, clock=clock)


def wait_for(ready: Callable[[], bool], *, seconds: float = 60) -> bool:
    """Whether it became so in that time; asked five times a second."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if ready():
            return True
        time.sleep(0.2)
    return False


def seen_by_sandbox() -> dict:
    """What the sandbox has counted: accepted, doubles, refusals by error."""
    return requests.get(_control("invariants.json"), timeout=60).json()


def order_from_sandbox(call: str, document: dict) -> None:
    """Change how the sandbox behaves."""
    requests.post(_control(call), json=document, timeout=60).raise_for_status()


def _control(call: str) -> str:
    return f"{settings.NOTIFY_BASE_URL}/_sandbox/{call}"


def faults_of(seen: dict) -> dict[str, int]:
    """What must not have happened while a mailing went out."""
    total = Message.objects.count()
    return {
        "refused as too fast (429)": sum(
            times for error, times in seen["errors"].items() if error.startswith("429")
        ),
        "accepted twice": len(seen["duplicate_references"]),
        "not accepted": total - seen["accepted"],
        "not settled": Message.objects.exclude(status=Message.Status.ACCEPTED).count(),
    }
