"""A short run of the fault rig with a fixed seed: nothing lost, doubled or sent too late."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def rig(
    folder: Path, *arguments: str, command: str = "chaos"
) -> tuple[subprocess.CompletedProcess, dict]:
    """Run the rig in a process of its own, on a copy of the database that the suite migrated, if it
    did; what it said, and its report.
    """
    if migrated := os.environ.get("MIGRATED_DATABASE"):
        arguments += ("--migrated", migrated)
    done = subprocess.run(
        [sys.executable, "-m", "mavis.local", command, "--results", str(folder), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    report = folder / "report.json"
    assert report.exists(), done.stdout + done.stderr
    return done, json.loads(report.read_text())


@pytest.mark.chaos
def test_nothing_is_lost_doubled_or_sent_too_late_while_everything_breaks(tmp_path):
    done, report = rig(
        tmp_path,
        *("--messages", "70", "--kills", "10", "--seed", "7"),
        # At this speed the quarantine takes 15 seconds: a busy machine may stand still for some.
        *("--minutes", "0.1", "--speed", "20"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert report["is_clean"]
    assert report["planned"] >= 70
    assert sum(report["counts"][name] for name in report["counts"] if "killed" in name) >= 10


@pytest.mark.chaos
@pytest.mark.parametrize("scenario", ["broker-flushed", "old-jobs"])
def test_after_a_failure_all_that_was_due_is_out_once(tmp_path, scenario):
    done, report = rig(
        tmp_path,
        *("--scenario", scenario, "--messages", "30"),
        *("--minutes", "0.03", "--speed", "5"),
    )
    # On how fast this machine is, a test has no opinion: make chaos has. An hour is not slow.
    assert report["is_clean"], done.stdout + done.stderr
    assert report["planned"] >= 30
    assert report["counts"]["seconds of the clock until all was out"] < 3600


@pytest.mark.chaos
def test_after_a_restore_nothing_goes_twice_and_nobody_is_left_out(tmp_path):
    done, report = rig(tmp_path, "--messages", "100", "--speed", "30", command="drill")
    assert done.returncode == 0, done.stdout + done.stderr
    counts = report["counts"]
    assert counts["of those waiting in the copy"] + counts["of those claimed in the copy"] > 0
    assert counts["of those the copy did not know"] > 0
