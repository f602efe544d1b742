"""The processes of a rehearsal, and what can be done to each: kill, stop, restart, cut."""

import contextlib
import os
import random
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import psutil
import redis

from mavis.local import broker, postgres
from mavis.local.console import Refusal
from mavis.local.processes import Child, Supervisor
from mavis.local.run import THREADS, answers, worker_of
from mavis.rehearsals.journal import Server
from mavis.rehearsals.notify import Notify
from mavis.rehearsals.pace import Pace

DATABASE = "mavis"
TOKEN = "rehearsal-receipts-token"  # noqa: S105
PROCESSES_A_WORKER = 2
BINARIES = Path(sys.executable).parent


class Stage:
    """Servers of our own, the sandbox, and a fleet that is mended whenever a process ended.

    Use it as a context: leaving it ends every process.
    """

    def __init__(self, folder: Path, pace: Pace, *, workers: int, rate: float) -> None:
        self.folder = folder
        self.pace = pace
        self._workers = workers
        self._stack = contextlib.ExitStack()
        self._stores = Supervisor(folder / "logs")
        self._fleet = Supervisor(folder / "logs")
        # Role -> its command; what stands here runs, or is started again.
        self._wanted: dict[str, list[str | Path]] = {}
        self._started: Counter[str] = Counter()
        self._leaving: set[str] = set()
        self.ended_alone: Counter[str] = Counter()
        self.environment = {
            **os.environ,
            **dict.fromkeys(("MAVIS_TODAY", "NOTIFY_API_KEY", "NOTIFY_KEY_TYPE", "DEBUG"), ""),
            "DJANGO_SETTINGS_MODULE": "mavis.settings.base",
            "ENVIRONMENT": "local",
            "NOTIFY_CALLBACK_TOKENS": TOKEN,
            "NOTIFY_RATE_PER_SECOND": f"{rate:.2f}",
            "NOTIFY_RATE_BURST": str(max(8, round(rate))),
            "NOTIFY_SENDER_THREADS": "16",
            # Whoever typed the command chose the user, root or not.
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
            **pace.variables(),
        }

    def __enter__(self) -> "Stage":
        self._stack.enter_context(self._stores)
        self._stack.enter_context(self._fleet)
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    # Starting

    def start_servers(self) -> None:
        """PostgreSQL, Redis and the sandbox; their addresses stand in `environment`."""
        self._data = self.folder / "postgres"
        sockets = postgres.start(self._stores, self._data)
        postgres.ensure_database(sockets, DATABASE)
        self.environment["DATABASE_URL"] = postgres.url(sockets, DATABASE)
        self.environment["REDIS_URL"] = broker.start(self._stores)
        self._redis_port = int(self.environment["REDIS_URL"].rsplit(":", 1)[1].split("/")[0])
        self._web_port, port = broker.free_port(), broker.free_port()
        self.environment["NOTIFY_BASE_URL"] = f"http://{broker.LOOPBACK}:{port}"
        self._stores.start(
            "sandbox",
            [sys.executable, "-m", "notifications.sandbox", "--port", str(port)]
            + ["--data", self.folder / "sandbox.sqlite3", "--time-scale", str(self.pace.speed)]
            + ["--callback-url", f"http://{broker.LOOPBACK}:{self._web_port}/notify/receipts"]
            + ["--callback-token", TOKEN],
            environment=self.environment,
            is_foundation=True,
            is_shown=False,
        )
        self.notify = Notify(self.environment["NOTIFY_BASE_URL"])
        self._stack.callback(self.notify.close)
        self._stores.wait_until(
            self.notify.is_up, seconds=60, failure="The Notify sandbox did not start in a minute."
        )
        self.server = Server(self.environment["DATABASE_URL"])

    def start_fleet(self) -> None:
        """The web server for receipts, the workers, and beat."""
        self.want_web()
        self.want_workers()
        self.want_beat()
        self.mend()
        self.await_web()

    def await_web(self) -> None:
        """Wait until receipts can be posted."""
        self._fleet.wait_until(
            lambda: answers(f"http://{broker.LOOPBACK}:{self._web_port}/healthz"),
            seconds=90,
            failure="The web server did not answer in a minute and a half.",
        )

    def step_clock(self, by: timedelta, *, how: int = signal.SIGTERM) -> None:
        """Let the clock show another time from here on: the fleet is ended by a signal and starts
        with it.
        """
        roles = dict(self._wanted)
        self._end_all("", how)
        self.pace.step(by)
        self.environment.update(self.pace.variables())
        self._wanted = roles
        self.mend()

    def want_web(self) -> None:
        self._wanted["web"] = [BINARIES / "gunicorn", "--workers", "1", "--bind"]
        self._wanted["web"] += [f"{broker.LOOPBACK}:{self._web_port}"]

    def want_workers(self) -> None:
        """One worker for each queue, exactly as `make run` and `compose.yaml` start them, and as
        many beside them as were asked for, whose processes can be killed one by one.
        """
        for queue in THREADS:
            self._wanted[f"worker-{queue}"] = [*worker_of(queue)]
        for number in range(self._workers):
            self._wanted[f"worker{number}"] = [
                *(BINARIES / "celery", "--app", "mavis", "--quiet", "worker"),
                *("--queues", "urgent,default", "--hostname", f"worker{number}@rehearsal"),
                *("--pool", "prefork", "--concurrency", str(PROCESSES_A_WORKER)),
                *("--without-gossip", "--without-mingle"),
            ]

    def want_beat(self, number: int = 0) -> None:
        self._wanted[f"beat{number}"] = [
            *(BINARIES / "celery", "--app", "mavis", "--quiet", "beat", "--pidfile="),
            *("--schedule", self.folder / f"beat{number}"),
            *("--scheduler", "mavis.rehearsals.timetable:QuickTimetable"),
        ]

    def mend(self) -> None:
        """Start again what should run and has ended."""
        for child in self._fleet.reap():
            if child.name not in self._leaving:
                self.ended_alone[_role(child)] += 1
            self._leaving.discard(child.name)
        running = {_role(child) for child in self._fleet.children}
        for role in self._wanted.keys() - running:
            self._started[role] += 1
            self._fleet.start(
                f"{role}.{self._started[role]}",
                self._wanted[role],
                environment=self.environment,
                is_shown=False,
            )

    def turn(self) -> None:
        """Let a moment pass: take what processes say, and mend the fleet."""
        self._stores.turn()
        self._fleet.turn()
        self.mend()

    # Breaking

    def kill_sender(self, chance: random.Random) -> bool:
        """kill -9 one process in which a worker runs its jobs; false if there is none."""
        found = [
            process
            for child in self._running("worker")
            for process in _children_of(child.process.pid)
        ]
        if not found:
            return False
        with contextlib.suppress(psutil.NoSuchProcess):
            chance.choice(sorted(found, key=lambda process: process.pid)).kill()
        return True

    def kill(self, kind: str, chance: random.Random) -> bool:
        """kill -9 a whole worker, beat or web server with all its processes; false if none."""
        return self._signal(kind, chance, signal.SIGKILL)

    def kill_all(self, kind: str) -> None:
        """kill -9 every process of a kind, and do not start them again."""
        self._end_all(kind, signal.SIGKILL)

    def pids(self, kind: str) -> set[int]:
        """The running processes of a kind."""
        return {child.process.pid for child in self._running(kind)}

    def terminate(self, kind: str, chance: random.Random) -> bool:
        """Ask a worker, beat or web server to end, as a deploy does; false if there is none."""
        return self._signal(kind, chance, signal.SIGTERM)

    def dismiss(self, *kinds: str) -> None:
        """End the processes of these kinds and do not start them again."""
        for kind in kinds:
            self._end_all(kind, signal.SIGTERM)

    def _end_all(self, kind: str, how: int) -> None:
        self._wanted = {
            role: command for role, command in self._wanted.items() if not role.startswith(kind)
        }
        for child in self._running(kind):
            self._fleet.end(child, how)

    def _signal(self, kind: str, chance: random.Random, how: int) -> bool:
        found = self._running(kind)
        if not found:
            return False
        child = chance.choice(found)
        self._leaving.add(child.name)
        with contextlib.suppress(ProcessLookupError):
            if how == signal.SIGKILL:
                os.killpg(child.process.pid, how)
            else:
                child.process.send_signal(how)
        return True

    def _running(self, kind: str) -> list[Child]:
        return [child for child in self._fleet.children if child.name.startswith(kind)]

    def restart_postgres(self, how: int) -> None:
        """Stop PostgreSQL with SIGINT (fast) or SIGQUIT (immediate) and start it again."""
        self._stores.end(self._store("postgres"), how)
        postgres.start(self._stores, self._data)

    def dump(self, file: Path) -> None:
        """Copy the database into a file while everything goes on."""
        self.run_program("pg_dump", postgres.dumping(self.environment["DATABASE_URL"], file))

    def lose_postgres(self) -> None:
        """Kill every process of the fleet and PostgreSQL, and delete its data."""
        self._wanted = {}
        for child in list(self._fleet.children):
            self._fleet.end(child, signal.SIGKILL)
        self._stores.end(self._store("postgres"), signal.SIGQUIT)
        shutil.rmtree(self._data)

    def restore(self, file: Path) -> Path:
        """Make a new server elsewhere from such a copy; the folder of its socket."""
        self._data = self.folder / "postgres-restored"
        sockets = postgres.start(self._stores, self._data)
        postgres.ensure_database(sockets, DATABASE)
        self.environment["DATABASE_URL"] = postgres.url(sockets, DATABASE)
        self.fill(file)
        self.server = Server(self.environment["DATABASE_URL"])
        return sockets

    def fill(self, file: Path) -> None:
        """Fill the empty database from such a copy."""
        self.run_program("pg_restore", postgres.restoring(file, self.environment["DATABASE_URL"]))

    def run_program(self, name: str, command: Sequence[str | Path]) -> None:
        """Run a program of the runbook to its end, and refuse to go on if it fails."""
        if self._stores.run(name, command, environment=self.environment):
            raise Refusal(f"{name} failed: see {self.folder / 'logs' / name}.log")

    def stop_redis(self) -> None:
        self._stores.end(self._store("redis"))

    def start_redis(self) -> None:
        """Start Redis where it was, empty; nothing happens if it runs."""
        if not any(child.name == "redis" for child in self._stores.children):
            broker.start(self._stores, port=self._redis_port)

    def redis(self) -> redis.Redis:
        """A connection of our own to Redis."""
        return redis.Redis.from_url(self.environment["REDIS_URL"], socket_timeout=1)

    def _store(self, name: str) -> Child:
        return next(child for child in self._stores.children if child.name == name)


def _role(child: Child) -> str:
    return child.name.partition(".")[0]


def _children_of(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).children()
    return []
