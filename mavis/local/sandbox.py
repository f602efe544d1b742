"""The Notify sandbox as a process of the local stack."""

import sys
from pathlib import Path

from mavis.local import broker
from mavis.local.processes import Supervisor

RECEIPTS_TOKEN = "local-run-receipts-token"  # noqa: S105


def start(
    supervisor: Supervisor,
    environment: dict[str, str],
    *,
    keeps_in: Path,
    port: int = 0,
    receipts_to: str = "",
) -> str:
    """Start a sandbox on the port if it is free, else on another; answers its inbox's address.

    The environment of the service is told where Notify is. Receipts are posted to an address, or
    nowhere.
    """
    port = broker.free_port(preferred=port)
    environment["NOTIFY_BASE_URL"] = f"http://{broker.LOOPBACK}:{port}"
    command = [sys.executable, "-m", "notifications.sandbox", f"--host={broker.LOOPBACK}"]
    command += [f"--port={port}", f"--data={keeps_in}"]
    if receipts_to:
        tokens = environment.setdefault("NOTIFY_CALLBACK_TOKENS", RECEIPTS_TOKEN)
        command += [f"--callback-url={receipts_to}", f"--callback-token={tokens.split(',')[0]}"]
    child = supervisor.start("sandbox", command, environment=environment, ready_when=b"/_sandbox/")
    supervisor.wait_until(
        lambda: child.is_ready, seconds=30, failure="The Notify sandbox did not start."
    )
    return f"http://localhost:{port}/_sandbox/"
