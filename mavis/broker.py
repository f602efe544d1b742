"""Kombu's Redis transport, but for one fault that ends a worker whose connection was lost.

A job that ends, and the closing of a lost connection, ask a channel for Redis that may have lost
everything by then. Kombu 5.7 meets that with an AttributeError. It is no fault of a connection to
those who call, so Celery does not reconnect but ends.
"""

from kombu.transport import TRANSPORT_ALIASES
from kombu.transport import redis as kombu_redis
from redis.exceptions import ConnectionError as RedisIsGone

ALIASES = ("redis", "rediss")


class Channel(kombu_redis.Channel):
    def _connparams(self, asynchronous=False):
        """Where Redis is. What could not be acknowledged it hands out again within the hour."""
        if self.connection is None or self.connection.client is None:
            raise RedisIsGone("The connection of this channel was lost")
        return super()._connparams(asynchronous=asynchronous)


class Transport(kombu_redis.Transport):
    Channel = Channel


def use() -> None:
    """Let every connection to Redis by Celery in this process be one of these."""
    for alias in ALIASES:
        TRANSPORT_ALIASES[alias] = f"{__name__}:{Transport.__name__}"
