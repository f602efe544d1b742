"""A short run of the fault rig with a fixed seed: nothing lost, doubled or sent too late."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def rig(folder: Path, *arguments: str) -> tuple[subprocess.CompletedProcess, dict]:
    """Run the rig in a process of its own; what it said, and its report."""
    done = subprocess.run(
        [sys.executable, "-m", "mavis.local", "chaos", "--results", str(folder), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    report = folder / "report.json"
    assert report.exists(), done.stdout + done.stderr
    return done, json.loads(report.read_text())


@pytest.mark.chaos
def test_nothing_is_lost_doubled_or_sent_too_late_while_everything_breaks(tmp_path):
    done, report = rig(
        tmp_path,
        *("--messages", "90", "--kills", "12", "--seed", "7"),
        *("--minutes", "0.14", "--speed", "40"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert report["is_clean"]
    assert report["planned"] >= 90
    assert sum(report["counts"][name] for name in report["counts"] if "killed" in name) >= 12
