"""Sending a mailing against Notify's limit: everything real but the phones and inboxes."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import requests
from django.conf import settings
from django.db import connection

from bench.cohort import clinic_due_to_invite, noon
from bench.report import Finding
from notifications import sending
from notifications.models import Lane, Message
from sessions_app import invitations

# A minute's worth of Notify's limit.
MESSAGES = 3000
SENDERS = 2
AT_LEAST = 0.95
GIVE_UP_SECONDS = 300


def measure(messages: int = MESSAGES) -> Finding:
    """Send a cohort's invitations with two senders that share one allowance.

    The floor is the time in which the allowance lets the same number through: a burst, then so
    many a second.
    """
    began = noon()
    # Two letters make about five messages: most parents have an address and a number.
    clinic = clinic_due_to_invite(messages * 2 // 5, now=began)
    invitations.plan(now=began, session_ids=[clinic.pk])
    started = time.monotonic()

    def clock() -> datetime:
        return began + timedelta(seconds=time.monotonic() - started)

    with ThreadPoolExecutor(SENDERS) as senders:
        for sender in [senders.submit(_send_all, clock) for _ in range(SENDERS)]:
            sender.result()
    seconds = time.monotonic() - started
    seen = requests.get(f"{settings.NOTIFY_BASE_URL}/_sandbox/invariants.json", timeout=30).json()
    accepted, total = seen["accepted"], Message.objects.count()
    floor = (total - settings.NOTIFY_RATE_BURST) / settings.NOTIFY_RATE_PER_SECOND
    return Finding(
        benchmark="sending",
        unit="messages a second",
        ours=accepted / seconds,
        floor=total / floor,
        ratio=floor / seconds,
        at_least=AT_LEAST,
        must_be_zero={
            "refused as too fast (429)": sum(
                times for error, times in seen["errors"].items() if error.startswith("429")
            ),
            "accepted twice": len(seen["duplicate_references"]),
            "not accepted": total - accepted,
            "not settled": Message.objects.exclude(status=Message.Status.ACCEPTED).count(),
        },
        details={
            "messages": total,
            "seconds": round(seconds, 1),
            "seconds that the limit takes": round(floor, 1),
            "most in one second": seen["peak_posts_per_second"],
        },
    )


def _send_all(clock: Callable[[], datetime]) -> None:
    """One sender, woken again while messages wait."""
    deadline = time.monotonic() + GIVE_UP_SECONDS
    waiting = Message.objects.filter(status=Message.Status.WAITING)
    try:
        while time.monotonic() < deadline and waiting.exists():
            sending.send_due(lane=Lane.BULK, clock=clock)
    finally:
        connection.close()
