"""Calling Notify on threads: requests are started here, and what came of them is fetched."""

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from notifications import notify, rules, wording
from notifications.models import Message

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]
# None as outcome: the request was not made.
Attempt = tuple[Message, rules.Outcome | None]

# A claim that grew older than this before its request could start is given back.
START_WITHIN_SECONDS = 30


class Calls:
    """Requests under way, each on a thread that has a connection of its own to Notify.

    One thread starts and fetches.
    """

    def __init__(self, clock: Clock, *, threads: int) -> None:
        self._clock = clock
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="notify")
        self._own = threading.local()
        self._connections: list[notify.Notify] = []
        self._ended: queue.SimpleQueue[Attempt] = queue.SimpleQueue()
        self.under_way = 0

    def close(self) -> None:
        """Wait for what is under way, and close the connections."""
        self._pool.shutdown()
        for each in self._connections:
            each.close()

    def start(self, message: Message) -> None:
        """Make the request of a claimed message as soon as a thread is free."""
        self.under_way += 1
        self._pool.submit(self._call, message, time.monotonic())

    def ended(self, *, within_seconds: float) -> Attempt:
        """One that ended, at once if there is any; `queue.Empty` if none does within that time."""
        attempt = (
            self._ended.get(timeout=within_seconds)
            if within_seconds > 0
            else self._ended.get_nowait()
        )
        self.under_way -= 1
        return attempt

    def _call(self, message: Message, claimed: float) -> None:
        outcome: rules.Outcome | None = None
        try:
            outcome = self._attempt(message, claimed)
        except Exception as error:
            logger.exception("Sending %s failed", message.reference)
            outcome = rules.Unknown(f"Our own error: {type(error).__name__}")
        finally:
            self._ended.put((message, outcome))

    def _attempt(self, message: Message, claimed: float) -> rules.Outcome | None:
        try:
            words = wording.get(message.template, message.channel)
        except wording.UnknownWording as error:
            return rules.Rejected("mistake", f"there is no wording of that name: {error}")
        if not hasattr(self._own, "connection"):
            self._own.connection = notify.Notify()
            self._connections.append(self._own.connection)
        now = self._clock()
        too_old = time.monotonic() - claimed > START_WITHIN_SECONDS or (
            abs(now - message.claimed_at) > timedelta(seconds=START_WITHIN_SECONDS)
        )
        if too_old or rules.send_not_before(message.channel, now) > now:
            return None
        return self._own.connection.send(
            notify.Request(
                channel=message.channel,
                recipient=message.recipient,
                template_id=words.template_id,
                personalisation=message.personalisation,
                reference=message.reference,
                reply_to_id=str(message.reply_to_id) if message.reply_to_id else None,
                sanitise=words.sanitise,
            )
        )
