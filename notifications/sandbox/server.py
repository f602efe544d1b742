"""The process: one aiohttp server on a loopback address."""

import asyncio
import ipaddress
import signal
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from notifications.sandbox.api import Api
from notifications.sandbox.config import Config
from notifications.sandbox.control import Control
from notifications.sandbox.pages import Pages
from notifications.sandbox.sandbox import Sandbox

LARGEST_REQUEST = 32 * 1024 * 1024
STOP_WITHIN_S = 1.0
UNKNOWN_URL = (
    "The requested URL was not found on the server. If you entered the URL manually please check "
    "your spelling and try again."
)
WRONG_METHOD = "The method is not allowed for the requested URL."

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class NotLoopback(Exception):
    """The address can be reached from outside this machine."""


def check_loopback(host: str) -> None:
    """Refuse any address but a loopback one: the sandbox holds messages in the clear."""
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise NotLoopback(
            f"The Notify sandbox only listens on a loopback address such as 127.0.0.1, not {host}."
        )


@web.middleware
async def shape_missing_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Unknown addresses and wrong methods have a shape of their own. Source: Notify §3."""
    try:
        return await handler(request)
    except web.HTTPNotFound:
        return web.json_response({"result": "error", "message": UNKNOWN_URL}, status=404)
    except web.HTTPMethodNotAllowed:
        return web.json_response({"result": "error", "message": WRONG_METHOD}, status=405)


def application(sandbox: Sandbox) -> web.Application:
    app = web.Application(client_max_size=LARGEST_REQUEST, middlewares=[shape_missing_pages])
    for part in (Api(sandbox), Control(sandbox), Pages(sandbox)):
        app.add_routes(part.routes())
    return app


async def serve(config: Config, data: Path, *, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM; port 0 takes a free one. The first line says which."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    listener = socket.create_server(
        (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
    )
    port = listener.getsockname()[1]
    base_url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    sandbox = Sandbox(config, data, base_url=base_url)
    await sandbox.start()
    runner = web.AppRunner(application(sandbox), access_log=None, shutdown_timeout=STOP_WITHIN_S)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        print(f"Notify sandbox: nothing is sent. Inbox: {base_url}/_sandbox/", flush=True)  # noqa: T201
        await stopped.wait()
    finally:
        await runner.cleanup()
        await sandbox.stop()
