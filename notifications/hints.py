"""Hints to the workers, through the broker. A hint may be lost: the sweep finds what it meant."""

import logging
from functools import cache

import redis
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError

from calendars import clock

logger = logging.getLogger(__name__)

# A hint that was given and not yet taken up makes a second one needless; if it was lost, the
# next one after so many seconds goes out again.
HINT_SECONDS = 5


@cache
def connection() -> redis.Redis:
    """This process's Redis, quick to give up: what needs it can wait for the sweep."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, protocol=2
    )


def _given(task: str, key: str) -> str:
    return f"mavis:hint:{task}:{key}"


def give(task: str, *args: object, queue: str) -> bool:
    """Ask a worker to run the task; false if it is not needed, or the broker is away.

    A broker that is away is logged and never an error: the database holds the truth.
    """
    key = _given(task, "-".join(map(str, args)))
    lasts = round(clock.real_seconds(HINT_SECONDS) * 1000)
    try:
        if not connection().set(key, 1, nx=True, px=lasts):
            if connection().pttl(key) <= lasts:
                return False
            # Redis's clock has been set back since that was given.
            connection().set(key, 1, px=lasts)
        current_app.send_task(task, args=args, queue=queue, retry=False)
    except (redis.RedisError, OperationalError, OSError):
        logger.warning("No broker: %s waits for the sweep", task)
        return False
    return True


def take_up(task: str, *args: object) -> None:
    """The task starts now: what happens from here on deserves a new hint."""
    try:
        connection().delete(_given(task, "-".join(map(str, args))))
    except redis.RedisError:
        logger.warning("No broker: cannot take up %s", task)
