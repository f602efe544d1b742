"""`make check`: what is wrong with the code that no test needs to run for."""

import re
import subprocess
import sys
from pathlib import Path

from mavis.local.console import say
from mavis.local.environment import without_own_settings
from mavis.local.workplace import ROOT

MANAGE = [sys.executable, "manage.py"]
BIN = Path(sys.executable).parent
STEPS: dict[str, list[str]] = {
    "formatter": [str(BIN / "ruff"), "format", "--check", "--quiet", "."],
    "linter": [str(BIN / "ruff"), "check", "--quiet", "."],
    "types": [str(BIN / "mypy"), "--no-error-summary"],
    "import contracts": [str(BIN / "lint-imports")],
    "migrations": [*MANAGE, "makemigrations", "--check", "--dry-run"],
    "settings, models, templates": [*MANAGE, "check", "--fail-level", "WARNING"],
}
ADDRESS = re.compile(
    r"\b(?:https?|ssh|git|file)://|--(?:extra-)?index-url|--find-links|\"resolved\""
)


def run(_: list[str]) -> int:
    """Run every check, show what each failing one said, and answer 1 if any failed."""
    failed: list[str] = []
    for name, command in STEPS.items():
        done = subprocess.run(
            command,
            cwd=ROOT,
            # Without a database, comparing the migrations with the models only warns about it.
            env={
                **without_own_settings(),
                "PYTHONWARNINGS": "ignore::RuntimeWarning",
                "NO_COLOR": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        _report(name, "" if done.returncode == 0 else done.stdout + done.stderr, failed)
    _report("lock files", "\n".join(addresses_in_lock_files()), failed)
    return 1 if failed else 0


def _report(name: str, trouble: str, failed: list[str]) -> None:
    say(f"{'failed' if trouble else 'ok':<7}{name}")
    if trouble:
        failed.append(name)
        say(trouble.rstrip())


def addresses_in_lock_files() -> list[str]:
    """Each line of a lock file that names a host: where a package comes from is set elsewhere."""
    files = [*sorted((ROOT / "requirements").glob("*.txt")), ROOT / "package-lock.json"]
    return [
        f"{file.relative_to(ROOT)}:{number}: names an address"
        for file in files
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if ADDRESS.search(line) and '"url"' not in line
    ]
