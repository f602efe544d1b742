"""How much a service may ask for: the bucket of each key type, and the daily allowance.

Source: Notify §7.
"""

import math
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from notifications.sandbox.config import Service
from notifications.sandbox.errors import daily_limit_spent, rate_limited

LARGEST_BURST = 1000


def capacity(limit: int) -> int:
    """Tokens in a full bucket, for a limit in requests a minute."""
    return min(math.ceil(limit / 3) + 1, LARGEST_BURST)


@dataclass
class Bucket:
    """A token bucket in which refused calls take tokens too.

    A call passes only if a token is left after it took its own. So while the bucket is empty, a
    stream of calls at the refill rate is refused almost entirely.
    """

    tokens: int
    refilled_at: float

    def take(self, limit: int, now: float) -> bool:
        rate = limit / 60
        refill = math.floor((now - self.refilled_at) * rate)
        if refill > 0:
            self.tokens = min(capacity(limit), self.tokens + refill)
            self.refilled_at += refill / rate
        elif now < self.refilled_at:
            self.refilled_at = now
        self.tokens = max(0, min(self.tokens, capacity(limit)) - 1)
        return self.tokens >= 1


@dataclass
class Limits:
    """What has been taken so far, of every service."""

    buckets: dict[tuple[str, str], Bucket] = field(default_factory=dict)
    sent: dict[tuple[str, date, str], int] = field(default_factory=lambda: defaultdict(int))

    def take_token(self, service: Service, key_type: str, now: float) -> None:
        """Count one POST; a Refusal once the minute's allowance is spent."""
        if not service.rate_limiting:
            return
        bucket = self.buckets.setdefault(
            (service.id, key_type), Bucket(capacity(service.rate_limit), now)
        )
        if not bucket.take(service.rate_limit, now):
            raise rate_limited(key_type, service.rate_limit)

    def check_day(self, service: Service, key_type: str, kind: str, today: date) -> None:
        """A Refusal if the day's allowance of `kind` is spent. Test keys have no allowance."""
        limit = service.daily_limit(kind)
        if key_type != "test" and self.sent[service.id, today, kind] >= limit:
            raise daily_limit_spent(kind, limit)

    def count(self, service_id: str, key_type: str, kind: str, today: date) -> None:
        """One more accepted message of `kind`."""
        if key_type != "test":
            self.sent[service_id, today, kind] += 1

    def reset(self) -> None:
        self.buckets.clear()
        self.sent.clear()
