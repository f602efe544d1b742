"""`GET /healthz`: whether this process can do its work."""

from collections.abc import Callable
from functools import cache

import redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse

PATH = "/healthz"
BROKER_TIMEOUT_SECONDS = 2


class HealthMiddleware:
    """Answers the health check before anything else looks at the request.

    A load balancer asks by address, over plain HTTP and without signing in, so neither the
    allowed hosts, nor the redirect to HTTPS, nor the session apply.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info != PATH:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return answer()


def answer() -> JsonResponse:
    """200 once every part is well; 503 otherwise, naming the parts that are not."""
    parts = {"database": database_is_well(), "broker": broker_is_well()}
    parts["migrations"] = parts["database"] and migrations_are_applied()
    is_well = all(parts.values())
    words = {name: "ok" if part_is_well else "unwell" for name, part_is_well in parts.items()}
    response = JsonResponse(
        {"status": "ok" if is_well else "unwell", **words}, status=200 if is_well else 503
    )
    response["Cache-Control"] = "no-store"
    return response


def database_is_well() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def broker_is_well() -> bool:
    try:
        with redis.from_url(
            settings.REDIS_URL,
            socket_connect_timeout=BROKER_TIMEOUT_SECONDS,
            socket_timeout=BROKER_TIMEOUT_SECONDS,
        ) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def migrations_are_applied() -> bool:
    """Whether the database has every migration of this code.

    Once it has, it keeps them for as long as this process runs, so the answer yes is remembered.
    """
    try:
        return _remembered_yes()
    except (DatabaseError, _Unapplied):
        return False


class _Unapplied(Exception):
    """The database lacks a migration; an exception, because `cache` keeps no exceptions."""


@cache
def _remembered_yes() -> bool:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise _Unapplied
    return True
