"""`GET /healthz`: whether this process can do its work."""

from functools import cache

import redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import JsonResponse

PATH = "/healthz"
BROKER_TIMEOUT_SECONDS = 2


def parts() -> dict[str, bool]:
    """Whether each part without which no page works is well."""
    found = {"database": database_is_well(), "broker": broker_is_well()}
    return found | {"migrations": found["database"] and migrations_are_applied()}


def answer() -> JsonResponse:
    """200 once every part is well; 503 otherwise, naming the parts that are not."""
    found = parts()
    is_well = all(found.values())
    return response("ok" if is_well else "unwell", found, is_well=is_well)


def response(status: str, parts: dict[str, bool], *, is_well: bool, **more: object) -> JsonResponse:
    """An answer for machines: the status in a word, each part, and what else there is to tell."""
    words = {name: "ok" if part_is_well else "unwell" for name, part_is_well in parts.items()}
    told = JsonResponse({"status": status, **words, **more}, status=200 if is_well else 503)
    told["Cache-Control"] = "no-store"
    return told


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
