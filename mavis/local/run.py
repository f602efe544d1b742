"""`make run`: the whole service on this machine, and `make reset`, its fresh start."""

import contextlib
import errno
import fcntl
import os
import shutil
import socket
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from mavis.local import broker, postgres, processes, sandbox
from mavis.local.console import Refusal, is_coloured, say
from mavis.local.environment import read_settings, shared_with_commands
from mavis.local.processes import Supervisor
from mavis.local.workplace import DATA, LOCAL, LOGS

BINARIES = Path(sys.executable).parent
CELERY = (str(BINARIES / "celery"), "--app=mavis", "--quiet")
# How many jobs the worker of each queue runs at once. Of the urgent ones eight may be senders: two
# of each lane, and as many that still wait for their last answers.
THREADS = {"urgent": 10, "default": 2}
DATABASE = "mavis"
DEFAULT_PORT = 8000
DEMO_USERS = {
    "nurse@example.com": "nurse",
    "admin@example.com": "administrator",
    "superuser@example.com": "superuser, and the operators' admin site at /admin/",
    "nurse@elsewhere.example.com": "nurse of another organisation",
}
DEMO_PASSWORD = "mavis-demo"  # noqa: S105


def run(_: list[str]) -> int:
    """Start everything, say where it is, and keep it going until Ctrl-C."""
    read_settings()
    port = chosen_port()
    address = f"http://localhost:{port}"
    with the_only_run(address), Supervisor(LOGS) as supervisor:
        refuse_busy(port)
        # An empty variable counts as missing.
        environment = {name: value for name, value in os.environ.items() if value}
        environment.setdefault("SITE_URL", address)
        start_stores(supervisor, environment)
        inbox = start_sandbox(supervisor, environment, port)
        with shared_with_commands(environment):
            prepare(supervisor, environment)
            say("Starting. One line will say when Mavis is ready and where; until then, wait.")
            start_service(supervisor, environment, port)
            welcome(address, inbox)
            try:
                supervisor.watch()
            except processes.StopRequested:
                say("\nStopping. The data stays in .local/.")
    return 0


def reset(_: list[str]) -> int:
    """Throw the local data away and make the demo afresh."""
    read_settings()
    if os.environ.get("DATABASE_URL"):
        raise Refusal("DATABASE_URL names a database of your own, which this command leaves alone.")
    with the_only_run("make reset"):
        postgres.await_end_of_previous(DATA / "postgres")
        shutil.rmtree(DATA, ignore_errors=True)
        with Supervisor(LOGS) as supervisor:
            environment = dict(os.environ)
            start_stores(supervisor, environment)
            prepare(supervisor, environment)
    say("The demo is as new. make run starts it.")
    return 0


def chosen_port() -> int:
    """The port of PORT, or 8000."""
    text = os.environ.get("PORT", "").strip() or str(DEFAULT_PORT)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise Refusal("PORT must be a number from 1 to 65535.")
    return int(text)


def refuse_busy(port: int) -> None:
    """Refuse a port that somebody else listens on, or that this user may not use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((broker.LOOPBACK, port))
        except PermissionError as error:
            raise Refusal(f"Only root may serve on port {port}: try make run PORT=8000") from error
        except OSError as error:
            raise Refusal(
                f"Port {port} is busy: another program serves there. "
                f"Try another one: make run PORT={port + 1 if port < 65535 else DEFAULT_PORT}"
            ) from error


@contextlib.contextmanager
def the_only_run(what: str) -> Iterator[None]:
    """Hold the lock of this folder's data, or refuse because it is in use."""
    LOCAL.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        lock = stack.enter_context((LOCAL / "run.lock").open("a+"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise Refusal(f"Mavis is already running here: {lock.read().strip()}") from error
        lock.truncate(0)
        lock.write(f"{what} (process {os.getpid()})")
        lock.flush()
        yield


def start_stores(supervisor: Supervisor, environment: dict[str, str]) -> None:
    """Start PostgreSQL and Redis, each unless the environment names one already."""
    DATA.mkdir(parents=True, exist_ok=True)
    for path in DATA.iterdir():
        if not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    if not environment.get("DATABASE_URL"):
        sockets = postgres.start(supervisor, DATA / "postgres")
        postgres.ensure_database(sockets, DATABASE)
        environment["DATABASE_URL"] = postgres.url(sockets, DATABASE)
    if not environment.get("REDIS_URL"):
        environment["REDIS_URL"] = broker.start(supervisor)


def start_sandbox(supervisor: Supervisor, environment: dict[str, str], port: int) -> str:
    """Start the Notify sandbox, unless the environment names a Notify; answers its inbox."""
    if environment.get("NOTIFY_BASE_URL"):
        return ""
    return sandbox.start(
        supervisor,
        environment,
        keeps_in=DATA / "notify-sandbox.sqlite",
        port=port + 1,
        receipts_to=f"http://{broker.LOOPBACK}:{port}/notify/receipts",
    )


def prepare(supervisor: Supervisor, environment: Mapping[str, str]) -> None:
    """Migrate, collect static files, and fill an empty database with the demo."""
    status = supervisor.run(
        "prepare", [sys.executable, "-m", "mavis.local.prepare"], environment=environment
    )
    if status:
        raise Refusal("The database could not be prepared; what went wrong is above.")


def start_workers(supervisor: Supervisor, environment: Mapping[str, str]) -> None:
    """Start a worker for each queue."""
    # The person who typed the command chose the user, root or not.
    unasked = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges"}
    for queue in THREADS:
        supervisor.start(
            queue,
            worker_of(queue),
            environment={**environment, **unasked},
            ready_when=b" ready.",
        )


def worker_of(queue: str) -> list[str]:
    """The command of a queue's worker, as in `compose.yaml`."""
    return [
        *(*CELERY, "worker", f"--queues={queue}", f"--hostname={queue}@%h"),
        *("--pool=threads", f"--concurrency={THREADS[queue]}"),
        # What workers would tell each other nobody asks for, and it fails where Redis is lost.
        *("--without-gossip", "--without-mingle"),
    ]


def start_service(supervisor: Supervisor, environment: Mapping[str, str], port: int) -> None:
    """Start the web server, a worker for each queue, and the timetable; wait for all of them."""
    supervisor.start(
        "web",
        [BINARIES / "gunicorn", "--bind", f"{broker.LOOPBACK}:{port}"],
        environment=environment,
    )
    start_workers(supervisor, environment)
    supervisor.start(
        "beat",
        [*CELERY, "beat", f"--schedule={DATA / 'beat-schedule'}", "--pidfile="],
        environment=environment,
    )
    supervisor.wait_until(
        lambda: (
            all(child.is_ready for child in supervisor.children)
            and answers(f"http://{broker.LOOPBACK}:{port}/healthz")
        ),
        seconds=90,
        failure="Mavis did not get ready in 90 seconds; what went wrong is in .local/logs/.",
    )


def answers(address: str) -> bool:
    """Whether the address answers 200 now."""
    try:
        with urllib.request.urlopen(address, timeout=1) as response:  # noqa: S310
            return response.status == 200
    except OSError:
        return False


def welcome(address: str, inbox: str) -> None:
    """Say who may sign in and, last of all before the logs, where everything is, in one line."""
    strong, plain = ("\033[1m", "\033[0m") if is_coloured() else ("", "")
    lines = ["", f"  Sign in with the password {DEMO_PASSWORD} as"]
    lines += [f"    {email:<28} {role}" for email, role in DEMO_USERS.items()]
    lines += ["", "  Logs are in .local/logs/. Ctrl-C stops everything and keeps the data.", ""]
    ready = f"Mavis is ready: {address}, sign in as {next(iter(DEMO_USERS))} with {DEMO_PASSWORD}"
    if inbox:
        ready += f"; what parents were sent: {inbox}"
    say("\n".join([*lines, f"{strong}{ready}{plain}", ""]))
