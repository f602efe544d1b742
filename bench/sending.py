"""Sending a mailing against Notify's limit: everything real but the phones and inboxes."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.conf import settings
from django.db import connection

from bench import mailing
from bench.report import Finding
from notifications.models import Message

# A minute's worth of Notify's limit.
MESSAGES = 3000
TEN_MINUTES = 10
SENDERS = 2
LIMIT_A_SECOND = 50
AT_LEAST = 0.95
AT_LEAST_FOR_TEN_MINUTES = 0.96


def measure() -> Finding:
    """A minute of sending."""
    return _measure("sending", MESSAGES, at_least=AT_LEAST)


def measure_ten_minutes() -> Finding:
    """Ten minutes of it, in which a rate that is too high by a little would meet refusals."""
    return _measure("ten-minutes", MESSAGES * TEN_MINUTES, at_least=AT_LEAST_FOR_TEN_MINUTES)


def _measure(name: str, messages: int, *, at_least: float) -> Finding:
    """Send a cohort's invitations with two senders that share one allowance, as it is by default.

    The floor is the rate at which Notify's bucket fills. The burst at the start is not counted:
    with it, a short run would look faster than Notify's limit.
    """
    clock = mailing.plan(messages)
    give_up = timedelta(seconds=messages / LIMIT_A_SECOND * 3)

    def send() -> None:
        try:
            mailing.send_all(clock, give_up=give_up)
        finally:
            connection.close()

    started = time.monotonic()
    with ThreadPoolExecutor(SENDERS) as senders:
        for sender in [senders.submit(send) for _ in range(SENDERS)]:
            sender.result()
    seconds = time.monotonic() - started
    seen = mailing.seen_by_sandbox()
    ours = (seen["accepted"] - settings.NOTIFY_RATE_BURST) / seconds
    return Finding(
        benchmark=name,
        unit="messages a second",
        ours=ours,
        floor=LIMIT_A_SECOND,
        ratio=ours / LIMIT_A_SECOND,
        at_least=at_least,
        must_be_zero=mailing.faults_of(seen),
        details={
            "messages": Message.objects.count(),
            "seconds": round(seconds, 1),
            "messages a second with the burst": round(seen["accepted"] / seconds, 1),
            "setting, messages a second": settings.NOTIFY_RATE_PER_SECOND,
            "most in one second": seen["peak_posts_per_second"],
        },
    )
