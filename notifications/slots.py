"""How many senders of a lane may work at once, over all processes: a lease in Redis each.

Without a limit a burst of wakings would fill every worker with senders that share one brake.
"""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from calendars import clock
from notifications import hints

MOST = 2
LEASE_SECONDS = 15

# A lease that ends later than any that was taken now is of a clock that has been set back since.
HOLD = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZREMRANGEBYSCORE', KEYS[1], now + 2 * ARGV[2], '+inf')
if not redis.call('ZSCORE', KEYS[1], ARGV[1])
   and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], math.ceil(ARGV[2] * 1000))
return 1
"""


class Slot:
    """A lease that ends by itself soon after its holder stops renewing it."""

    def __init__(self, lane: int) -> None:
        self._key = f"mavis:notify:senders:{lane}"
        self._holder = uuid.uuid4().hex
        self._renew_at = 0.0

    def take(self) -> bool:
        """Take the slot, or keep it for another lease; false if others have them all."""
        hold = hints.connection().register_script(HOLD)
        self._renew_at = time.monotonic() + LEASE_SECONDS / 3
        lease = clock.real_seconds(LEASE_SECONDS)
        return bool(hold(keys=[self._key], args=[self._holder, lease, MOST]))

    def keep(self) -> None:
        """Called often by its holder; renews the lease when a third of it is over."""
        if time.monotonic() >= self._renew_at:
            self.take()

    def release(self) -> None:
        """Let another sender have it."""
        hints.connection().zrem(self._key, self._holder)


@contextmanager
def slot(lane: int) -> Iterator[Slot | None]:
    """A sender's slot, or None when the lane has enough senders. May raise redis.RedisError."""
    own = Slot(lane)
    if not own.take():
        yield None
        return
    try:
        yield own
    finally:
        own.release()
