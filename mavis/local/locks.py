"""`make lock`: pins every package, with hashes and without saying where it comes from."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from mavis.local import install
from mavis.local.console import Refusal, say
from mavis.local.workplace import ROOT

# What each lock file is made from. Development never differs from production in a version.
SOURCES = {
    "production": ["pyproject.toml"],
    "development": ["pyproject.toml", "--extra=local", "--extra=dev"]
    + ["--constraints=requirements/production.txt"],
    "node": ["--group=node"],
    "mutants": ["--group=mutants", "--constraints=requirements/development.txt"],
}
PINNED_OR_HASH = re.compile(r"[A-Za-z0-9][\w.\-\[\]]*==|\s+--hash=|\s+#")


def run(arguments: list[str]) -> int:
    """Write every lock file. Versions stay as they are where they may, unless `--upgrade`."""
    for name, sources in SOURCES.items():
        file = ROOT / "requirements" / f"{name}.txt"
        _resolve(file, [*sources, *arguments])
        lines = [line for line in file.read_text().splitlines() if PINNED_OR_HASH.match(line)]
        file.write_text("\n".join(lines) + "\n")
        say(f"Wrote {file.relative_to(ROOT)}")
    _lock_npm(ROOT / "package-lock.json")
    return 0


def _resolve(file: Path, sources: list[str]) -> None:
    command = [str(Path(sys.executable).parent / "uv"), "pip", "compile", *sources]
    command += ["--quiet", "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"]
    command += [
        "--no-header",
        "--python-version",
        "3.11",
        f"--output-file={file.relative_to(ROOT)}",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refusal(f"The Python packages could not be resolved.\n{done.stderr.rstrip()}")


def _lock_npm(file: Path) -> None:
    command = ["npm", "install", "--package-lock-only", "--no-audit", "--no-fund"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=install.node_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Refusal(f"The npm packages could not be resolved.\n{done.stderr.rstrip()}")
    lock = json.loads(file.read_text())
    for package in lock["packages"].values():
        package.pop("resolved", None)
    file.write_text(json.dumps(lock, indent=2) + os.linesep)
    say(f"Wrote {file.name}")
