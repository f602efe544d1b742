"""The one brake of all senders, in Redis: rate, pauses, and who may go first.

Every process that sends with one service and key type shares one allowance, counted by Redis's
own clock. When Redis is away nothing is sent; the messages wait in the database.
Source: Notify §7, §11.6 and §12 rows 1, 6 and 9.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from calendars import clock
from notifications import hints, notify, rules

# All times are microseconds. `full_at` is when the allowance would be whole again if nobody took
# from it: the one number of the generic cell rate algorithm.
TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local paused = redis.call('PTTL', KEYS[2])
if paused > tonumber(ARGV[5]) then redis.call('DEL', KEYS[2])
elseif paused > 0 then return {0, paused * 1000} end
local cost, burst, keep, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]),
    tonumber(ARGV[4])
local full_at = tonumber(redis.call('GET', KEYS[1]) or 0)
full_at = math.min(math.max(full_at, now), now + burst * cost)
local available = math.floor((now + burst * cost - full_at) / cost + 0.000001) - keep
local granted = math.max(0, math.min(wanted, available))
if granted > 0 then
    full_at = full_at + granted * cost
    redis.call('SET', KEYS[1], string.format('%.0f', full_at),
        'PX', math.ceil((full_at - now) / 1000) + 1000)
    return {granted, 0}
end
return {0, math.ceil(full_at - now - (burst - keep - 1) * cost)}
"""
GIVE_BACK = """
local full_at = redis.call('GET', KEYS[1])
if full_at then
    redis.call('SET', KEYS[1], string.format('%.0f', full_at - ARGV[1] * ARGV[2]), 'KEEPTTL')
end
"""
# Refusals that arrive while all are resting belong to the same burst and lengthen nothing. After
# a rest the allowance starts from nothing, so that senders come back slowly.
REST = """
local paused = redis.call('PTTL', KEYS[2])
if paused > 0 and paused <= tonumber(ARGV[5]) then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local level = redis.call('INCR', KEYS[3])
local most = tonumber(ARGV[2])
local length = math.floor(math.min(ARGV[1] * 2 ^ (level - 1), most) * ARGV[3])
redis.call('PEXPIRE', KEYS[3], length + 120000)
redis.call('SET', KEYS[2], level, 'PX', length)
local empty = tonumber(ARGV[4])
redis.call('SET', KEYS[1], string.format('%.0f', now + length * 1000 + empty),
    'PX', length + math.ceil(empty / 1000) + 1000)
return length
"""
SILENCE = """
if ARGV[1] == '1' then redis.call('DEL', KEYS[1]) end
local count = redis.call('INCRBY', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], 3600)
return count
"""

THROTTLED_REST = (5_000, 60_000)
SILENT_REST = (30_000, 300_000)
SHORTENED, LENGTHENED = 0.8, 1.2
MOST_SILENT = 20


def longest_rest() -> int:
    """In milliseconds. Redis ends a rest at an instant of its machine's clock: one that lasts
    longer was left by a clock that has been set back since, and is over.
    """
    most = max(THROTTLED_REST[1], SILENT_REST[1])
    return round(clock.real_seconds(most) * LENGTHENED) + 1


@dataclass(frozen=True)
class Grant:
    """How many requests may start now, and if none, when to ask again."""

    count: int
    wait_seconds: float


@dataclass(frozen=True)
class State:
    """How many requests might start now, and for how many seconds all senders still rest."""

    available: int
    rest_seconds: float


class Limiter:
    """The allowance of one service and key type. Every method may raise redis.RedisError."""

    def __init__(self, scope: str, *, rate: float, burst: int) -> None:
        redis = hints.connection()
        self._cost = 1_000_000 / rate
        self._burst = burst
        # What bulk must leave, so that a reply to a parent never waits behind a mailing.
        self._kept_for_urgent = burst // 4
        # Between batches the allowance grows for half a second, so that batches are worth their
        # queries, but never so long that it would be whole and growth be lost.
        self.growth_seconds = min(0.5, (burst - self._kept_for_urgent) / rate / 2)
        names = ("full-at", "rest", "rest-level", "silent-rest-level", "silent")
        keys = {name: f"mavis:notify:{scope}:{name}" for name in names}
        self._keys = keys
        self._take = redis.register_script(TAKE)
        self._give_back = redis.register_script(GIVE_BACK)
        self._rest = redis.register_script(REST)
        self._silence = redis.register_script(SILENCE)

    def take(self, wanted: int, *, urgent: bool) -> Grant:
        """Take up to `wanted` requests; the caller starts them at once or gives them back."""
        keep = 0 if urgent else self._kept_for_urgent
        count, wait = self._take(
            keys=[self._keys["full-at"], self._keys["rest"]],
            args=[self._cost, self._burst, keep, wanted, longest_rest()],
        )
        return Grant(count, max(wait, 0) / 1_000_000)

    def give_back(self, count: int) -> None:
        """Return what was taken and not used."""
        if count:
            self._give_back(keys=[self._keys["full-at"]], args=[count, self._cost])

    def state(self) -> State:
        """For people who watch; nothing is taken."""
        with hints.connection().pipeline(transaction=False) as pipeline:
            pipeline.time().get(self._keys["full-at"]).pttl(self._keys["rest"])
            (seconds, micros), full_at, rest = pipeline.execute()
        missing = max(float(full_at or 0) - (seconds * 1_000_000 + micros), 0)
        available = max(int(self._burst - missing / self._cost), 0)
        return State(available, max(rest, 0) / 1000 if rest <= longest_rest() else 0)

    def rest_throttled(self) -> float:
        """Notify said "too fast": all rest for 5 s, doubling to 60 s. The seconds, 0 if resting."""
        return self._all_rest("rest-level", *THROTTLED_REST)

    def count_answers(self, outcomes: Sequence[rules.Outcome]) -> bool:
        """Count attempts without an answer; after 20 in a row all rest, and it returns true."""
        last = max((i for i, each in enumerate(outcomes) if rules.answered(each)), default=-1)
        silent = self._silence(
            keys=[self._keys["silent"]],
            args=[int(last >= 0), len(outcomes) - 1 - last],
        )
        if silent < MOST_SILENT:
            return False
        return self._all_rest("silent-rest-level", *SILENT_REST) > 0

    def _all_rest(self, level: str, first: int, most: int) -> float:
        # It spreads restarts.
        jitter = random.uniform(SHORTENED, LENGTHENED)  # noqa: S311 - guards nothing
        length = self._rest(
            keys=[self._keys["full-at"], self._keys["rest"], self._keys[level]],
            args=[
                clock.real_seconds(first),
                clock.real_seconds(most),
                jitter,
                self._burst * self._cost,
                longest_rest(),
            ],
        )
        return length / 1000


def shared_limiter() -> Limiter:
    """The limiter of the service and key type that this process sends with."""
    return Limiter(
        f"{notify.service_id()}:{settings.NOTIFY_KEY_TYPE}",
        rate=settings.NOTIFY_RATE_PER_SECOND,
        burst=settings.NOTIFY_RATE_BURST,
    )
