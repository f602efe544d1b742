"""Slows down guessing of passwords: after too many failures further tries have to wait.

Failures are counted for each account and for each device. A device on which somebody has signed
in to the account before carries a signed cookie, and its failures are its own: whatever strangers
try, the person can still sign in where they usually do. All other devices share one count for the
account. The counts are in Redis. While it is down people still sign in, and the log says so.
`docs/decisions/0052-sign-in-throttle.md` says why.
"""

import logging
import secrets
from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.core.cache import cache
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

FAILURES_ALLOWED = 10
WINDOW_SECONDS = 15 * 60
COOKIE = "known_device"
COOKIE_SECONDS = 180 * 24 * 60 * 60
Result = TypeVar("Result")


def _digest(email: str) -> str:
    # The address itself is personal: Redis and cookies hold a keyed digest of it.
    return salted_hmac("accounts.throttle", email.strip().lower()).hexdigest()


def known_device(request: HttpRequest, email: str) -> str:
    """The name of the device, if the account has been signed in to on it; else "".

    The cookie names one account, the last one: another person's account is strange to it.
    """
    try:
        value = _signer().unsign(request.COOKIES.get(COOKIE, ""), max_age=COOKIE_SECONDS)
    except BadSignature:
        return ""
    account, _, device = value.partition(".")
    return device if device and constant_time_compare(account, _digest(email)) else ""


def remember_device(response: HttpResponse, email: str, device: str = "") -> None:
    """Have the device known to the account from now on; `device` keeps the name it has."""
    response.set_cookie(
        COOKIE,
        _signer().sign(f"{_digest(email)}.{device or secrets.token_urlsafe(12)}"),
        max_age=COOKIE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _signer() -> TimestampSigner:
    return TimestampSigner(salt="accounts.throttle.device")


def _key(email: str, device: str) -> str:
    return f"sign-in:{_digest(email)}:{device}"


def _unless_down(count: Callable[[], Result], otherwise: Result) -> Result:
    try:
        return count()
    except RedisError:
        logger.warning("Redis is down: failed sign-ins are not counted")
        return otherwise


def is_blocked(email: str, device: str = "") -> bool:
    """Whether this device, or all strange ones together, failed too often in 15 minutes."""
    return _unless_down(lambda: cache.get(_key(email, device), 0) >= FAILURES_ALLOWED, False)


def count_failure(email: str, device: str = "") -> None:
    """Count one failure; the 15 minutes run from the first."""

    def count() -> None:
        key = _key(email, device)
        if not cache.add(key, 1, timeout=WINDOW_SECONDS):
            cache.incr(key)

    _unless_down(count, None)


def forget(email: str, device: str = "") -> None:
    """Start afresh, once the person has signed in."""
    _unless_down(lambda: cache.delete(_key(email, device)), False)
