"""One sending process against a Notify that takes 200 ms to answer, with no limit in the way."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
from django.conf import settings

from bench import mailing
from bench.report import Finding
from notifications import notify, rules, wording
from notifications.models import Message

MESSAGES = 10_000
LATENCY_S = 0.2
PROMISED_A_SECOND = 500
AT_LEAST = 0.5


def measure(messages: int = MESSAGES) -> Finding:
    """Send a cohort's invitations with the limit lifted.

    The floor is what the same process reaches when it only makes the requests, through the same
    client on as many threads, with nothing claimed, asked or written down. Sender, sandbox and
    PostgreSQL share the machine, so both figures fall together where it is slow or busy.
    """
    clock = mailing.plan(messages)
    settings.NOTIFY_RATE_PER_SECOND = 1_000_000
    mailing.order_from_sandbox("service", {"rate_limiting": False})
    mailing.order_from_sandbox("faults", {"action": "delay", "delay_s": LATENCY_S})
    used = psutil.Process().cpu_times()
    started = time.perf_counter()
    mailing.send_all(clock)
    seconds = time.perf_counter() - started
    used_by = psutil.Process().cpu_times()
    faults = mailing.faults_of(mailing.seen_by_sandbox())
    total = Message.objects.count()
    ours, floor = total / seconds, _bare_requests_a_second()
    own_seconds = used_by.user + used_by.system - used.user - used.system
    return Finding(
        benchmark="latency",
        unit="messages a second",
        ours=ours,
        floor=floor,
        ratio=ours / floor,
        at_least=AT_LEAST,
        must_be_zero={
            **faults,
            f"a second short of {PROMISED_A_SECOND}": max(0, round(PROMISED_A_SECOND - ours)),
        },
        details={
            "messages": total,
            "seconds": round(seconds, 1),
            "answer after seconds": LATENCY_S,
            "threads": settings.NOTIFY_SENDER_THREADS,
            "processor ms a message, sender alone": round(own_seconds / total * 1000, 2),
        },
    )


def _bare_requests_a_second() -> float:
    own = threading.local()

    def send(request: notify.Request) -> rules.Outcome:
        if not hasattr(own, "connection"):
            own.connection = notify.Notify()
        return own.connection.send(request)

    requests = [_request(message) for message in Message.objects.all()]
    started = time.perf_counter()
    with ThreadPoolExecutor(settings.NOTIFY_SENDER_THREADS) as pool:
        list(pool.map(send, requests))
    return len(requests) / (time.perf_counter() - started)


def _request(message: Message) -> notify.Request:
    words = wording.get(message.template, message.channel)
    return notify.Request(
        channel=message.channel,
        recipient=message.recipient,
        template_id=words.template_id,
        personalisation=message.personalisation,
        reference=message.reference,
        reply_to_id=None,
        sanitise=words.sanitise,
    )
