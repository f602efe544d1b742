"""Whether a worker that sends a million messages is still as small as after the first ones."""

import json
import os
import time
from datetime import timedelta

import psutil
from django.conf import settings
from django.db import connection

from bench import mailing
from bench.report import Finding
from notifications import hints
from notifications.models import Message

MESSAGES = 1_000_000
A_ROUND = 50_000
GROWS_AT_MOST = 0.05
GIVE_UP = timedelta(hours=2)

# As if they had just been planned: a new reference each, and nothing known of an attempt.
WAIT_AGAIN = """
UPDATE notifications_message
SET reference = replace(gen_random_uuid()::text, '-', ''), status = 'waiting', attempts = 0,
    claim = NULL, claimed_at = NULL, notify_id = NULL, notify_status = '', accepted_at = NULL,
    next_look_at = NULL, template_version = NULL
"""


def measure(messages: int = MESSAGES, a_round: int = A_ROUND) -> Finding:
    """Send a mailing again and again, through all that a worker does, and watch its memory.

    The floor is what the process holds after the first round, when every thread has its
    connection and every cache is filled. In the place of the sandbox, which would take most of an
    hour, `bench.answerer` answers.
    """
    clock = mailing.plan(a_round)
    settings.NOTIFY_RATE_PER_SECOND = 1_000_000
    # The million is sent on one day, which Notify does not allow.
    settings.NOTIFY_DAILY_EMAILS = settings.NOTIFY_DAILY_TEXTS = 2 * (messages + a_round)
    sent, after_rounds, not_accepted = 0, [], 0
    started = time.monotonic()
    while sent < messages + a_round:
        mailing.send_all(clock, give_up=GIVE_UP)
        hints.connection().flushdb()
        not_accepted += Message.objects.exclude(status=Message.Status.ACCEPTED).count()
        sent += Message.objects.count()
        after_rounds.append(psutil.Process().memory_info().rss / 2**20)
        _wait_again()
        print(json.dumps({"sent": sent, "MiB": round(after_rounds[-1], 1)}), flush=True)  # noqa: T201
    warm, end = after_rounds[0], after_rounds[-1]
    return Finding(
        benchmark="memory",
        unit="MiB",
        ours=end,
        floor=warm,
        ratio=warm / end,
        at_least=1 / (1 + GROWS_AT_MOST),
        must_be_zero={"not accepted": not_accepted},
        details={
            "messages after the first round": sent - Message.objects.count(),
            "messages in a round": Message.objects.count(),
            "grown by %": round((end / warm - 1) * 100, 1),
            "most MiB after a round": round(max(after_rounds), 1),
            "minutes": round((time.monotonic() - started) / 60, 1),
            "process": os.getpid(),
        },
    )


def _wait_again() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE activity_entry")
        cursor.execute(WAIT_AGAIN)
        cursor.execute("VACUUM (ANALYZE) notifications_message")
