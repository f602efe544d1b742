"""Slows down floods of the public form: how often it may be begun and sent, by address and link.

The limits leave room for a school's parents behind one address, and for a phone network's. The
counts are in Redis; while it is down the form works and the log says so. Source: consent §15.
"""

import logging
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 60 * 60


@dataclass(frozen=True)
class Limit:
    """How often an act is allowed within an hour of its first time."""

    act: str
    per_address: int
    per_link: int


START = Limit("start", per_address=600, per_link=5000)
CONFIRM = Limit("confirm", per_address=300, per_link=2500)


def is_too_much(request: HttpRequest, slug: str, limit: Limit) -> bool:
    """Count the act, unless the address or the link has used up its limit; whether one has.

    What is refused counts against neither: one machine that goes on and on closes the form to
    nobody else. Requests of one instant may go over a limit by as many.
    """
    allowed = {
        _key(limit.act, "address", client_address(request)): limit.per_address,
        _key(limit.act, "link", slug): limit.per_link,
    }
    try:
        counts = cache.get_many(allowed)
        if any(counts.get(key, 0) >= most for key, most in allowed.items()):
            return True
        for key in allowed:
            _count(key)
    except RedisError:
        logger.warning("Redis is down: forms of parents are not counted")
    return False


def _key(act: str, kind: str, one: str) -> str:
    # An address is personal: Redis holds a keyed digest of it.
    return f"parents:{act}:{kind}:{salted_hmac('consent.throttle', one).hexdigest()}"


def _count(key: str) -> None:
    if cache.add(key, 1, timeout=WINDOW_SECONDS):
        return
    try:
        cache.incr(key)
    except ValueError:
        # It ran out between the two: the next one begins anew.
        return


def client_address(request: HttpRequest) -> str:
    """The address that a request comes from.

    Behind proxies it is the one that the outermost of ours saw; what stands before it in
    X-Forwarded-For the client could have made up.
    """
    behind = settings.PROXIES_IN_FRONT
    forwarded = [
        one.strip() for one in request.headers.get("X-Forwarded-For", "").split(",") if one.strip()
    ]
    if behind and len(forwarded) >= behind:
        return forwarded[-behind]
    return request.META.get("REMOTE_ADDR", "")
