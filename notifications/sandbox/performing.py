"""Playing a fault: what the client gets to see instead of a proper answer. Source: Notify §14.2."""

import json
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from notifications.sandbox.config import ApiKey, Service
from notifications.sandbox.effects import HANG_S, Fault
from notifications.sandbox.errors import (
    CLOCK_SKEW,
    KEY_REVOKED,
    TEAM_KEY_ONLY,
    TIMEOUT,
    Refusal,
    bad_request,
    daily_limit_spent,
    rate_limited,
    server_error,
    unauthorised,
)

HTML_TITLES = {
    400: "400 Bad Request",
    404: "404 Not Found",
    502: "502 Bad Gateway",
    503: "503 Service Temporarily Unavailable",
    504: "504 Gateway Time-out",
}
LINGER_FOR_RESET = struct.pack("ii", 1, 0)


@dataclass
class Reply:
    """An answer before it is written; `dropped` ones are never written."""

    status: int
    document: Any = None
    text: str | None = None
    dropped: bool = False

    def response(self) -> web.Response:
        if self.text is None:
            return web.Response(
                status=self.status,
                body=json.dumps(self.document).encode(),
                content_type="application/json",
            )
        kind = "application/json" if self.text.startswith("{") else "text/html"
        return web.Response(status=self.status, text=self.text, content_type=kind)


async def perform(
    fault: Fault,
    *,
    caller_service: Service,
    caller_key: ApiKey,
    channel: str,
    do: Callable[[], Awaitable[Reply]],
    wait: Callable[[float], Awaitable[None]],
) -> Reply:
    """Do what the fault leaves of the request, and answer as the fault says."""
    if fault.late:
        await wait(fault.delay_s)
    reply = await do() if fault.stored else None
    if fault.action == "hang":
        await wait(max(0.0, HANG_S - fault.delay_s) if fault.late else fault.delay_s)
        return Reply(0, dropped=True)
    if fault.action == "drop":
        return Reply(0, dropped=True)
    if fault.action == "delay":
        if not fault.late:
            await wait(fault.delay_s)
        return reply or await do()
    if fault.action == "html":
        title = HTML_TITLES.get(fault.status, f"{fault.status} Error")
        page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
        return Reply(fault.status, text=page)
    if fault.action == "badjson":
        whole = json.dumps(reply.document) if reply else "{}"
        return Reply(reply.status if reply else 200, text=whole[: max(1, len(whole) // 2)])
    raise refusal_of(fault, caller_service, caller_key, channel)


def refusal_of(fault: Fault, service: Service, key: ApiKey, channel: str) -> Refusal:
    """The error answer that a fault stands for."""
    if fault.action == "rate429":
        return rate_limited(key.type, service.rate_limit)
    if fault.action == "daily429":
        return daily_limit_spent(channel, service.daily_limit(channel))
    if fault.action == "skew403":
        return unauthorised(CLOCK_SKEW)
    if fault.action == "revoked403":
        return unauthorised(KEY_REVOKED)
    if fault.action == "team400":
        return bad_request(TEAM_KEY_ONLY)
    if fault.status == 504:
        return Refusal(504, "SoftEventletTimeout", TIMEOUT)
    if fault.status == 500:
        return server_error()
    return Refusal(fault.status, "InternalServerError", "Internal server error")


def reset_connection(request: web.Request) -> None:
    """Close the connection without an answer, so that the client sees it reset."""
    transport = request.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_FOR_RESET)
    transport.abort()
