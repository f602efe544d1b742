"""`make bench`: each benchmark on a database, a Redis and a Notify sandbox of its own.

The settings are those a user gets who sets nothing: what is measured is what is delivered.
"""

import sys
from datetime import datetime, time

from bench import report
from calendars.clock import LONDON, london_instant
from mavis.local import broker, postgres, sandbox
from mavis.local import run as run_locally
from mavis.local.console import Refusal, say
from mavis.local.environment import without_own_settings
from mavis.local.processes import Supervisor
from mavis.local.suite import private_folder
from mavis.local.workplace import LOCAL
from mavis.rehearsals.pace import Pace

BENCHMARKS = (
    *("planning", "matching", "pages", "consent-lists", "parents-pages"),
    *("claims", "sending", "at-once", "latency"),
)
# Those that take longer than a few minutes run only when they are named.
LONG = ("planning-million", "ten-minutes", "memory")
ALL = "all"
JSON = LOCAL / "bench.json"


def run(arguments: list[str]) -> int:
    """Run the benchmarks named, or all short ones, or `all`; answers 1 if one misses its floor."""
    known = (*BENCHMARKS, *LONG)
    if arguments == [ALL]:
        arguments = list(known)
    unknown = [name for name in arguments if name not in known]
    if unknown:
        raise Refusal(f"There is no benchmark {unknown[0]}; there are {', '.join(known)}.")
    findings = [_measure(name) for name in arguments or BENCHMARKS]
    JSON.write_text(report.as_json(findings) + "\n")
    say(report.table(findings))
    say("\nAs JSON: .local/bench.json")
    return 0 if all(found.holds for found in findings) else 1


def _measure(name: str) -> report.Finding:
    say(f"Measuring {name}…")
    with private_folder() as folder, Supervisor(folder / "logs") as supervisor:
        sockets = postgres.start(supervisor, folder / "postgres")
        postgres.ensure_database(sockets, name)
        environment = {**without_own_settings(), "LOG_LEVEL": "WARNING"}
        environment["DATABASE_URL"] = postgres.url(sockets, name)
        environment["REDIS_URL"] = broker.start(supervisor)
        if name == "memory":
            _start_answerer(supervisor, environment)
        else:
            sandbox.start(supervisor, environment, keeps_in=folder / "sandbox.sqlite")
        if name == "at-once":
            _start_workers(supervisor, environment)
        found = folder / "found.json"
        status = supervisor.run(
            name,
            [sys.executable, "-m", "bench", name, str(found)],
            environment=environment,
            keeps_terminal=True,
        )
        if status:
            raise Refusal(f"The benchmark {name} failed; what went wrong is above.")
        return report.from_json(found.read_text())


def _start_workers(supervisor: Supervisor, environment: dict[str, str]) -> None:
    """Workers as a local run has them, at noon, when texts may go."""
    noon = london_instant(datetime.now(LONDON).date(), time(12))
    environment |= Pace(1, shown=noon).variables()
    run_locally.start_workers(supervisor, environment)


def _start_answerer(supervisor: Supervisor, environment: dict[str, str]) -> None:
    """In the sandbox's place, something that answers a million requests in bounded time."""
    port = broker.free_port()
    environment["NOTIFY_BASE_URL"] = f"http://{broker.LOOPBACK}:{port}"
    command = [sys.executable, "-m", "bench.answerer", str(port)]
    child = supervisor.start("answerer", command, environment=environment, ready_when=b"Answering")
    supervisor.wait_until(
        lambda: child.is_ready, seconds=30, failure="The answerer of requests did not start."
    )
