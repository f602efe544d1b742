"""Installs what is locked, then hands over to `python -m mavis.local`.

Runs before anything is installed, so it uses the standard library alone.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
LOCKED = ROOT / "requirements" / "development.txt"
LOCKED_NODE = ROOT / "requirements" / "node.txt"
OLDEST_NODE = 20


class Refusal(Exception):
    """Why installing cannot go on, in one sentence."""


def say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def fingerprint(*paths: Path, extra: str = "") -> str:
    """Changes when any of the files, or a file below any of the folders, does."""
    digest = hashlib.sha256(extra.encode())
    for path in paths:
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            digest.update(str(file.relative_to(ROOT)).encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()


def is_stamped(stamp: Path, value: str) -> bool:
    return stamp.is_file() and stamp.read_text() == value


def run(command: Sequence[str | Path], failure: str, **options) -> None:
    """Run a command to its end; a failing one is a refusal."""
    try:
        done = subprocess.run([str(part) for part in command], cwd=ROOT, check=False, **options)
    except OSError as error:
        raise Refusal(f"{failure} ({error.strerror}: {command[0]})") from error
    if done.returncode:
        raise Refusal(failure)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold the lock that keeps two installations from writing the same files."""
    (ROOT / ".local").mkdir(exist_ok=True)
    with (ROOT / ".local" / "install.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another command that is installing…")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install_python_packages() -> None:
    """Make `.venv` hold exactly the locked packages, checked against their hashes."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    stamp, wanted = VENV / "mavis-installed", fingerprint(LOCKED, extra=version)
    if is_stamped(stamp, wanted) and VENV_PYTHON.exists():
        return
    say("Installing the Python packages. The first time this takes a minute or two…")
    if not _venv_is_of(version):
        run(
            [sys.executable, "-m", "venv", "--clear", VENV],
            "Python cannot make a virtual environment: install its venv module "
            "(on Debian and Ubuntu the package python3-venv).",
            stdout=subprocess.DEVNULL,
        )
    _pip_install(LOCKED)
    stamp.write_text(wanted)


def _venv_is_of(version: str) -> bool:
    return VENV_PYTHON.exists() and (VENV / "lib" / f"python{version}").is_dir()


def _pip_install(requirements: Path) -> None:
    run(
        [str(VENV_PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        + ["--no-input", "--require-hashes", f"--requirement={requirements}"],
        f"The packages of {requirements.relative_to(ROOT)} could not be installed; "
        "what pip said is above.",
    )


def node_environment() -> dict[str, str]:
    """The environment in which `npm` and `node` are new enough, from the PATH or from a wheel."""
    environment = dict(os.environ)
    if _node_major("node") >= OLDEST_NODE and shutil.which("npm"):
        return environment
    environment["PATH"] = f"{VENV / 'bin'}{os.pathsep}{environment.get('PATH', '')}"
    install_locked(
        LOCKED_NODE, f"Node {OLDEST_NODE} or newer is not on the PATH: installing it into .venv…"
    )
    return environment


def install_locked(requirements: Path, sentence: str = "Installing what this needs…") -> None:
    """Add to `.venv` what only some machines or commands need, unless it is there."""
    stamp = VENV / f"mavis-{requirements.stem}-installed"
    wanted = fingerprint(requirements)
    if not is_stamped(stamp, wanted):
        say(sentence)
        _pip_install(requirements)
        stamp.write_text(wanted)


def _node_major(node: str) -> int:
    """The major version of Node, 0 when there is none."""
    if not shutil.which(node):
        return 0
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    number = answer.stdout.strip().removeprefix("v").split(".")[0]
    return int(number) if number.isdigit() else 0


def build_assets() -> None:
    """Install the locked npm packages and compile styles and scripts, when either changed."""
    package_files = [ROOT / "package.json", ROOT / "package-lock.json"]
    sources = [*package_files, ROOT / "static" / "src"]
    installed, wanted_packages = (
        ROOT / "node_modules" / ".mavis-installed",
        fingerprint(*package_files),
    )
    built, wanted_build = ROOT / "static" / "build" / ".mavis-built", fingerprint(*sources)
    if is_stamped(installed, wanted_packages) and is_stamped(built, wanted_build):
        return
    environment = node_environment()
    if not is_stamped(installed, wanted_packages):
        say("Installing the npm packages…")
        run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            + ["--no-update-notifier"],
            "The npm packages could not be installed; what npm said is above.",
            env=environment,
            stdout=subprocess.DEVNULL,
        )
        installed.write_text(wanted_packages)
    say("Compiling the styles…")
    run(
        ["npm", "run", "--silent", "build"],
        "The styles could not be compiled; what Sass said is above.",
        env=environment,
    )
    built.parent.mkdir(parents=True, exist_ok=True)
    built.write_text(wanted_build)


def install(command: str) -> None:
    """Bring `.venv`, `node_modules` and the compiled styles up to date, if they are not."""
    with one_at_a_time():
        install_python_packages()
        if command != "lock":
            build_assets()


def main(arguments: list[str]) -> None:
    command = arguments[0] if arguments else "run"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))
    try:
        install(command)
    except Refusal as refusal:
        sys.exit(str(refusal))
    except PermissionError as error:
        sys.exit(f"{error.filename} belongs to another user: delete it or take it over with chown.")
    except KeyboardInterrupt:
        sys.exit("\nStopped.")
    if command != "install":
        os.chdir(ROOT)
        os.execv(VENV_PYTHON, [str(VENV_PYTHON), "-m", "mavis.local", *arguments])  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
