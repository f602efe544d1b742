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

# What each lock file holds besides the service itself.
EXTRAS = {"production": [], "development": ["local", "dev"], "node": ["node"]}
PINNED_OR_HASH = re.compile(r"[A-Za-z0-9][\w.\-\[\]]*==|\s+--hash=|\s+#")


def run(_: list[str]) -> int:
    """Resolve anew and write every lock file."""
    for name, extras in EXTRAS.items():
        file = ROOT / "requirements" / f"{name}.txt"
        file.write_text(_resolve(extras))
        say(f"Wrote {file.relative_to(ROOT)}")
    _lock_npm(ROOT / "package-lock.json")
    return 0


def _resolve(extras: list[str]) -> str:
    command = [str(Path(sys.executable).parent / "uv"), "pip", "compile", "pyproject.toml"]
    command += ["--quiet", "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"]
    command += ["--no-header", "--python-version", "3.11", *(f"--extra={name}" for name in extras)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refusal(f"The Python packages could not be resolved.\n{done.stderr.rstrip()}")
    lines = [line for line in done.stdout.splitlines() if PINNED_OR_HASH.match(line)]
    return "\n".join(lines) + "\n"


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
