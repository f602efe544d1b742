"""Delivery receipts: posted to the service's callback, with Notify's policy. Source: Notify §6."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp

from notifications.sandbox.clock import MICROSECONDS, Clock
from notifications.sandbox.config import Config, Service
from notifications.sandbox.store import Store

ATTEMPTS = 6
REDIRECTS_FOLLOWED = 30
REDIRECTS_TO_GET = (301, 302, 303)
REDIRECTS = (*REDIRECTS_TO_GET, 307, 308)
AT_ONCE = 20
USER_AGENT = "python-requests/2.32.5"


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended: an HTTP status or a failure of the connection."""

    description: str
    is_delivered: bool
    may_retry: bool


class ReceiptPoster:
    """Posts receipts and received texts; what must be tried again becomes an event."""

    def __init__(
        self, store: Store, clock: Clock, config: Config, services: dict[str, Service]
    ) -> None:
        self._store = store
        self._clock = clock
        self._config = config
        self._services = services
        self._room = asyncio.Semaphore(AT_ONCE)
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(headers={"User-Agent": USER_AGENT})

    async def close(self) -> None:
        if self._session:
            await self._session.close()

    async def post(self, message_id: str | None, detail: dict[str, Any]) -> None:
        """One attempt; `detail` holds the body, the service and the number of the attempt."""
        service = self._services[detail["service_id"]]
        is_text = detail.get("kind") == "received"
        url = service.received_callback_url if is_text else service.callback_url
        token = service.received_callback_token if is_text else service.callback_token
        if not url:
            return
        attempt = detail.get("attempt", 1)
        async with self._room:
            outcome = await self._attempt(url, detail.get("token", token), detail["body"])
        try_again = outcome.may_retry and attempt < ATTEMPTS
        now = self._clock.micros()
        self._store.add_receipt_attempt(
            {
                "at": now,
                "message_id": message_id,
                "body": json.dumps(detail["body"]),
                "attempt": attempt,
                "outcome": outcome.description,
                "delivered": outcome.is_delivered,
                "gave_up": not outcome.is_delivered and not try_again,
            }
        )
        if try_again:
            wait = self._config.scaled(self._config.receipt_retry_s)
            self._store.add_event(
                now + int(wait * MICROSECONDS),
                "receipt",
                message_id,
                json.dumps({**detail, "attempt": attempt + 1}),
            )
        await self._store.committed()

    async def _attempt(self, url: str, token: str, body: Any) -> Outcome:
        try:
            async with asyncio.timeout(self._config.receipt_timeout_s):
                return await self._follow(url, token, body)
        except TimeoutError:
            return Outcome("no answer in time", is_delivered=False, may_retry=True)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Outcome(type(error).__name__, is_delivered=False, may_retry=True)

    async def _follow(self, url: str, token: str, body: Any) -> Outcome:
        """Post, and follow redirects the way the requests library does.

        Only within the callback's own host: the sandbox never contacts another one.
        """
        assert self._session
        method, path = "POST", []
        host = urlsplit(url).netloc
        for _ in range(REDIRECTS_FOLLOWED + 1):
            async with self._session.request(
                method,
                url,
                data=json.dumps(body) if method == "POST" else None,
                headers={"Authorization": f"Bearer {token}"}
                | ({"Content-Type": "application/json"} if method == "POST" else {}),
                allow_redirects=False,
            ) as answer:
                path.append(f"{answer.status}")
                location = answer.headers.get("Location")
                if answer.status not in REDIRECTS or not location:
                    return _judge(answer.status, path)
            url = urljoin(url, location)
            if urlsplit(url).netloc != host:
                return Outcome("redirect to another host", is_delivered=False, may_retry=False)
            if answer.status in REDIRECTS_TO_GET:
                method = "GET"
                path.append("GET")
        return Outcome("too many redirects", is_delivered=False, may_retry=True)


def _judge(status: int, path: list[str]) -> Outcome:
    return Outcome(
        " ".join(path),
        is_delivered=status < 400,
        may_retry=status >= 500 or status == 429,
    )
