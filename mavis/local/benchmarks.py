"""`make bench`: each benchmark on a database, a Redis and a Notify sandbox of its own."""

import sys

from bench import report
from mavis.local import broker, postgres, sandbox
from mavis.local.console import Refusal, say
from mavis.local.environment import without_own_settings
from mavis.local.processes import Supervisor
from mavis.local.suite import private_folder
from mavis.local.workplace import LOCAL

BENCHMARKS = ("planning", "planning-million", "pages", "sending")
# The sandbox refuses more than Notify does: 3,000 requests a minute.
NOTIFY_LIMIT = {"NOTIFY_RATE_PER_SECOND": "50", "NOTIFY_RATE_BURST": "200"}
JSON = LOCAL / "bench.json"


def run(arguments: list[str]) -> int:
    """Run the benchmarks named, or all; answers 1 if one is too far from its floor."""
    unknown = [name for name in arguments if name not in BENCHMARKS]
    if unknown:
        raise Refusal(f"There is no benchmark {unknown[0]}; there are {', '.join(BENCHMARKS)}.")
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
        environment = {**without_own_settings(), **NOTIFY_LIMIT, "LOG_LEVEL": "WARNING"}
        environment["DATABASE_URL"] = postgres.url(sockets, name)
        environment["REDIS_URL"] = broker.start(supervisor)
        sandbox.start(supervisor, environment, keeps_in=folder / "sandbox.sqlite")
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
