"""`GET /metrics`: figures for Prometheus, read from the database and Redis when asked for.

All but the durations of requests come from there, so it does not matter which web server answers,
and jobs need no server of their own. Durations are those of the server that is asked. A part that
is away leaves its figures out. `docs/decisions/0054-metrics.md`.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import product

import redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from calendars import clock
from heartbeats import selectors as heartbeats
from heartbeats import workers
from mavis import health, timing, watching
from mavis.celery import QUEUES
from notifications import allowance, condition, counters, hints, limiter, selectors
from notifications.models import Channel

PATH = "/metrics"


def answer(request: HttpRequest) -> HttpResponse:
    """The figures, for whom a token of WATCH_TOKENS lets in."""
    if not settings.WATCH_TOKENS:
        return HttpResponse(status=404)
    if not watching.may_look(request):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    registry = CollectorRegistry()
    registry.register(Figures(clock.now()))
    timing.register(registry)
    response = HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    response["Cache-Control"] = "no-store"
    return response


class Figures(Collector):
    """What Mavis tells Prometheus, at an instant."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def describe(self) -> Iterable[Metric]:
        """Nothing ahead of time: registering must not ask the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("mavis_up", "1 while a part answers", labels=["part"])
        for name, is_well in health.parts().items():
            up.add_metric([name], float(is_well))
        yield up
        for source in (
            self._schedules,
            self._workers,
            self._messages,
            self._stoppages,
            self._allowance,
            self._queues,
            self._outcomes,
            self._limiter,
        ):
            try:
                yield from list(source())
            except (DatabaseError, redis.RedisError):
                continue

    def _schedules(self) -> Iterator[Metric]:
        overdue = GaugeMetricFamily(
            "mavis_schedule_overdue", "1 if a schedule is overdue", labels=["schedule"]
        )
        failing = GaugeMetricFamily(
            "mavis_schedule_failing", "1 if its last run failed", labels=["schedule"]
        )
        age = GaugeMetricFamily(
            "mavis_schedule_last_success_age_seconds",
            "Seconds since a schedule last succeeded; absent if it never did",
            labels=["schedule"],
        )
        for state in heartbeats.states(self.now):
            overdue.add_metric([state.schedule], float(state.is_overdue))
            failing.add_metric([state.schedule], float(state.is_failing))
            if state.last_succeeded_at:
                seconds = watching.seconds_since(state.last_succeeded_at, self.now)
                age.add_metric([state.schedule], seconds)
        yield from (overdue, failing, age)

    def _workers(self) -> Iterator[Metric]:
        silent = GaugeMetricFamily(
            "mavis_worker_silent",
            "1 if a worker has taken no job for a quarter of an hour; for two hours",
            labels=["worker"],
        )
        for state in workers.states(self.now):
            silent.add_metric([state.name], float(state.is_alarming))
        yield silent

    def _messages(self) -> Iterator[Metric]:
        waiting = GaugeMetricFamily(
            "mavis_messages_due", "Messages that may go now and wait, up to 10000", labels=["lane"]
        )
        oldest = GaugeMetricFamily(
            "mavis_messages_oldest_due_age_seconds",
            "Seconds that the oldest message that may go now has waited",
            labels=["lane"],
        )
        too_long = GaugeMetricFamily(
            "mavis_messages_wait_too_long", "1 if that is longer than it should", labels=["lane"]
        )
        for state in condition.lanes(self.now):
            name = state.lane.name.lower()
            waiting.add_metric([name], state.waiting)
            oldest.add_metric([name], watching.seconds_since(state.oldest_due_at, self.now))
            too_long.add_metric([name], float(state.waits_too_long))
        yield from (waiting, oldest, too_long)
        unsettled = condition.unsettled(None, self.now)
        unclear = GaugeMetricFamily(
            "mavis_messages_uncertain", "Messages whose outcome is unclear", labels=["since"]
        )
        unclear.add_metric(["any"], unsettled.unclear)
        unclear.add_metric(["over_an_hour"], unsettled.long_unclear)
        yield unclear
        yield GaugeMetricFamily(
            "mavis_messages_needing_a_person", "Messages that are parked", value=unsettled.parked
        )
        yield GaugeMetricFamily(
            "mavis_messages_never_final",
            "Messages without a final outcome five days after Notify took them",
            value=unsettled.never_final,
        )

    def _stoppages(self) -> Iterator[Metric]:
        stopped = GaugeMetricFamily(
            "mavis_sending_stopped", "1 while sending stands still", labels=["scope", "kind"]
        )
        for stoppage in selectors.stoppages(self.now):
            stopped.add_metric([stoppage.scope, stoppage.kind], 1)
        yield stopped

    def _allowance(self) -> Iterator[Metric]:
        accepted = GaugeMetricFamily(
            "mavis_allowance_used", "Messages that Notify took today", labels=["channel"]
        )
        for channel, number in allowance.accepted_today(self.now).items():
            accepted.add_metric([channel], number)
        limit = GaugeMetricFamily(
            "mavis_allowance_limit", "Messages that Notify takes in a day", labels=["channel"]
        )
        for channel, number in allowance.limits().items():
            limit.add_metric([channel], number)
        yield from (accepted, limit)

    def _queues(self) -> Iterator[Metric]:
        depth = GaugeMetricFamily(
            "mavis_queue_jobs", "Jobs that no worker has taken yet", labels=["queue"]
        )
        for queue in QUEUES:
            depth.add_metric([queue], hints.connection().llen(queue))
        yield depth

    def _outcomes(self) -> Iterator[Metric]:
        outcomes = CounterMetricFamily(
            "mavis_messages", "Messages that came to a status", labels=["channel", "status"]
        )
        # Also what has not happened yet: Prometheus misses the first rise of a figure that appears.
        none = dict.fromkeys(product(Channel.values, counters.COUNTED), 0)
        for (channel, status), number in sorted((none | counters.read()).items()):
            outcomes.add_metric([channel, status], number)
        yield outcomes

    def _limiter(self) -> Iterator[Metric]:
        state = limiter.shared_limiter().state()
        yield GaugeMetricFamily(
            "mavis_limiter_available", "Requests to Notify that may start", value=state.available
        )
        yield GaugeMetricFamily(
            "mavis_limiter_rest_seconds",
            "Seconds for which all senders rest",
            value=state.rest_seconds,
        )
