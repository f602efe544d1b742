"""How many messages came to what, counted in Redis as it happens: counting rows would be slow.

Senders count once a second, since each batch would wait for Redis once more. The counts begin anew
with an empty Redis, as Prometheus expects of counters. They are for graphs and alarms; what is true
stands in the messages.
"""

import logging
from collections.abc import Mapping

import redis

from notifications import hints
from notifications.models import Message

logger = logging.getLogger(__name__)

Status = Message.Status

KEY = "mavis:messages-total"
# The statuses that a message comes to, not those from which it goes on by itself.
COUNTED = (
    *(Status.ACCEPTED, Status.DELIVERED, Status.FAILED, Status.REJECTED),
    *(Status.UNKNOWN, Status.PARKED, Status.WITHHELD),
)


def count(numbers: Mapping[tuple[str, str], int]) -> None:
    """Add to the counts, by channel and status. Without Redis nothing is counted."""
    try:
        with hints.connection().pipeline(transaction=False) as pipeline:
            for (channel, status), number in numbers.items():
                pipeline.hincrby(KEY, f"{channel}:{status}", number)
            pipeline.execute()
    except redis.RedisError:
        logger.warning("No Redis: %d outcomes are not counted", sum(numbers.values()))


def read() -> dict[tuple[str, str], int]:
    """The counts, by channel and status. Raises redis.RedisError."""
    found = {}
    for name, number in hints.connection().hgetall(KEY).items():
        channel, _, status = name.decode().partition(":")
        found[channel, status] = int(number)
    return found
