"""How long requests take, by the name of their route and their status, for `GET /metrics`.

Never by address: an address may name a child. The processes of one gunicorn share the figures
through a folder of files that `gunicorn.conf.py` makes; a process of its own keeps them itself.
"""

import os

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

# What the client library was told when it was imported, and goes by.
FOLDER = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
NO_ROUTE = "none"
# Pages are to answer within 0.3 seconds, Notify waits 5 for its receipts, gunicorn 60 in all.
BUCKETS = (0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30, 60)

_seconds = Histogram(
    "mavis_request_seconds",
    "Seconds until a request was answered",
    labelnames=["route", "status"],
    buckets=BUCKETS,
    registry=None,
)


def note(request: HttpRequest, status: int, seconds: float) -> None:
    """Count an answered request; files of styles and scripts do not count."""
    if not request.path_info.startswith(f"/{settings.STATIC_URL.strip('/')}/"):
        _seconds.labels(route=route_of(request), status=str(status)).observe(seconds)


def route_of(request: HttpRequest) -> str:
    """The name of the request's route, also where it was answered before its view; or "none"."""
    match = request.resolver_match
    if match is None:
        try:
            match = resolve(request.path_info)
        except Resolver404:
            return NO_ROUTE
    return match.view_name or NO_ROUTE


def register(registry: CollectorRegistry) -> None:
    """Let the registry tell the durations."""
    if FOLDER:
        MultiProcessCollector(registry, path=FOLDER)
    else:
        registry.register(_seconds)
