"""`make test` and `make journeys`: the whole suite on a database and broker of its own."""

import contextlib
import fcntl
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mavis.local import broker, postgres
from mavis.local.console import Refusal, say
from mavis.local.environment import without_own_settings
from mavis.local.processes import Child, Supervisor
from mavis.local.workplace import LOCAL

# The first has no windows to draw and is the lightest; what it shows is the same.
BROWSERS = (
    *("chromium-headless-shell", "chromium", "chromium-browser"),
    *("google-chrome", "google-chrome-stable"),
)
TEMPLATE = "mavis_template"
# Each has a database of its own, and a numbered one of Redis. Twice the cores that the suite must
# do with: while rehearsals, browsers and the database work or wait, somebody else works.
WORKERS = "4"


def run(arguments: list[str]) -> int:
    """Run pytest with the arguments; answers its exit status. Any number may run at once."""
    environment = {
        **without_own_settings(),
        "CHROMIUM": find_or_install_chromium(),
        "DJANGO_SETTINGS_MODULE": "mavis.settings.test",
        # Each of a hundred processes would compile all the same sources.
        "PYTHONDONTWRITEBYTECODE": "",
    }
    with private_folder() as folder, Supervisor(folder / "logs") as supervisor:
        sockets = postgres.start(supervisor, folder / "postgres", is_throwaway=True)
        environment["DATABASE_URL"] = postgres.url(sockets, "mavis")
        environment["REDIS_URL"] = broker.start(supervisor)
        compiling = _start_compiling(supervisor, arguments, environment)
        _migrate_template(supervisor, sockets, environment)
        environment["MIGRATED_DATABASE"] = _copy_template(supervisor, sockets, folder)
        supervisor.finish(compiling)
        return supervisor.run(
            "pytest",
            # Who has nothing left takes over from who is slower: a rehearsal lasts a minute.
            [sys.executable, "-m", "pytest", "-n", WORKERS, "--dist", "worksteal", *arguments],
            environment=environment,
            stop_signal=signal.SIGINT,
            keeps_terminal=True,
        )


def _start_compiling(
    supervisor: Supervisor, arguments: list[str], environment: dict[str, str]
) -> Child:
    """Let one process compile the tests while the database is migrated, which takes as long. In a
    new clone every worker would. What is wrong with them the workers will say.
    """
    return supervisor.start(
        "compiling",
        [sys.executable, "-m", "pytest", *arguments, "-n0", "--collect-only", "--quiet"],
        environment=environment,
        is_shown=False,
    )


def _migrate_template(supervisor: Supervisor, sockets: Path, environment: dict[str, str]) -> None:
    """Migrate one database that the workers' are copied from: each would take ten seconds."""
    postgres.ensure_database(sockets, TEMPLATE)
    status = supervisor.run(
        "migrate",
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        environment=environment | {"DATABASE_URL": postgres.url(sockets, TEMPLATE)},
    )
    if status:
        raise Refusal("The database of the tests could not be migrated; why is above.")
    environment["TEST_DATABASE_TEMPLATE"] = TEMPLATE


def _copy_template(supervisor: Supervisor, sockets: Path, folder: Path) -> str:
    """Write the migrated database into a file, for rehearsals with a server of their own."""
    file = folder / "migrated.dump"
    if supervisor.run("pg_dump", postgres.dumping(postgres.url(sockets, TEMPLATE), file)):
        raise Refusal("The database of the tests could not be copied; why is above.")
    return str(file)


def run_journeys(arguments: list[str]) -> int:
    """Run only the tests that drive a browser."""
    return run(["-m", "journey", *arguments])


def find_or_install_chromium() -> str:
    """The path of a Chromium: `CHROMIUM`, else of the PATH, else newly installed as root."""
    chosen = os.environ.get("CHROMIUM")
    found = shutil.which(chosen) if chosen else _on_path()
    if found:
        return found
    if chosen:
        raise Refusal(f"CHROMIUM names no program: {chosen}")
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("Installing Chromium for the browser journeys…")
        _apt_get("update")
        for package in ("chromium-headless-shell", "chromium"):
            _apt_get("install", "-y", "--no-install-recommends", package)
            if _on_path():
                break
    installed = _on_path()
    if not installed:
        raise Refusal(
            "The browser journeys need Chromium: install the package chromium, "
            "or set CHROMIUM to the path of one."
        )
    return installed


def _on_path() -> str | None:
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def _apt_get(*arguments: str) -> None:
    LOCAL.mkdir(exist_ok=True)
    with Supervisor(LOCAL / "logs") as supervisor:
        supervisor.run(
            "apt-get",
            ["apt-get", "-q", *arguments],
            environment={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            is_shown=False,
        )


@contextlib.contextmanager
def private_folder(kind: str = "test") -> Iterator[Path]:
    """A folder that only this run uses. Those that a killed run left behind go first."""
    place = LOCAL / kind
    place.mkdir(parents=True, exist_ok=True)
    for leftover in place.iterdir():
        with contextlib.suppress(OSError), (leftover / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(leftover, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(dir=place))
    folder.chmod(0o755)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
