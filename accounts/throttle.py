"""Slows down guessing of passwords: after too many failures an address has to wait.

The counts are in Redis. While it is down people still sign in, and the log says so.
"""

import logging
from collections.abc import Callable
from typing import TypeVar

from django.core.cache import cache
from django.utils.crypto import salted_hmac
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

FAILURES_ALLOWED = 10
WINDOW_SECONDS = 15 * 60
Result = TypeVar("Result")


def _key(email: str) -> str:
    # The address itself is personal: Redis holds a keyed digest of it.
    return f"sign-in:{salted_hmac('accounts.throttle', email.strip().lower()).hexdigest()}"


def _unless_down(count: Callable[[], Result], otherwise: Result) -> Result:
    try:
        return count()
    except RedisError:
        logger.warning("Redis is down: failed sign-ins are not counted")
        return otherwise


def is_blocked(email: str) -> bool:
    """Whether the address has failed too often within the last 15 minutes."""
    return _unless_down(lambda: cache.get(_key(email), 0) >= FAILURES_ALLOWED, False)


def count_failure(email: str) -> None:
    """Count one failure; the 15 minutes run from the first."""

    def count() -> None:
        if not cache.add(_key(email), 1, timeout=WINDOW_SECONDS):
            cache.incr(_key(email))

    _unless_down(count, None)


def forget(email: str) -> None:
    """Start afresh, once the person has signed in."""
    _unless_down(lambda: cache.delete(_key(email)), False)
