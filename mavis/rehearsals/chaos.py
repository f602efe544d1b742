"""`make chaos` and `make drill`: break things while invitations go out, wait until it is quiet,
and count.
"""

import csv
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from mavis.local import processes
from mavis.local.suite import private_folder
from mavis.rehearsals import options as asked
from mavis.rehearsals.options import Options
from mavis.rehearsals.pace import Pace
from mavis.rehearsals.stage import Stage


def run(arguments: Sequence[str]) -> int:
    """The command; 0 if nothing was lost, doubled or sent too late."""
    return _play(asked.read(arguments))


def drill(arguments: Sequence[str]) -> int:
    """The restore drill; 0 if nothing was lost or doubled by it."""
    return _play(asked.read_drill(arguments))


def _play(options: Options) -> int:
    processes.end_when_make_ends()
    with private_folder("chaos") as folder:
        # Django reads the settings once, so the servers' addresses must be known before.
        pace = Pace(options.speed)
        with Stage(folder, pace, workers=_workers(options), rate=_rate(options)) as stage:
            stage.start_servers()
            set_up_django(stage, options.migrated)
            from mavis.rehearsals import breaking, recovery, restoring

            play = recovery.recover if options.scenario else breaking.break_everything
            if options.scenario == asked.RESTORE:
                play = restoring.lose_and_restore
            is_clean = play(stage, options)
            if not is_clean:
                keep_traces(stage, options.results)
    return 0 if is_clean else 1


def set_up_django(stage: Stage, migrated: Path | None) -> None:
    """Make this process one of the stage's: its settings, its database, from a copy if there is
    one.
    """
    os.environ.update(stage.environment)
    os.environ["LOG_LEVEL"] = "ERROR"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    import mavis.celery  # noqa: F401 - sends jobs

    # Ours must not wait for the locks of the rehearsal.
    connection.settings_dict["OPTIONS"]["options"] += " -c lock_timeout=300ms"
    if migrated:
        stage.fill(migrated)
    call_command("migrate", interactive=False, verbosity=0)
    stage.server.install()


def keep_traces(stage: Stage, results: Path) -> None:
    """Keep what a breach can be looked into with, while the servers still run.

    What the processes said, every step of every message, and the sandbox's own records.
    """
    shutil.rmtree(results / "logs", ignore_errors=True)
    shutil.copytree(stage.folder / "logs", results / "logs")
    for file in stage.folder.glob("sandbox.sqlite3*"):
        shutil.copy(file, results)
    with (results / "journal.csv").open("w", encoding="utf-8", newline="") as file:
        journal = csv.writer(file)
        journal.writerow(["reference", "was", "status", "claim", "reason", "at"])
        journal.writerows(vars(step).values() for step in stage.server.steps())
    sys.stderr.write(f"What the processes said and did is kept in {results}.\n")


def _workers(options: Options) -> int:
    """How many beside those of the delivered fleet: only kills need them."""
    if not options.kills or options.scenario:
        return 0
    return 2 if options.messages > 1000 else 1


def _rate(options: Options) -> float:
    """Messages a second: slow enough to be met under way by the faults of the whole time."""
    if options.scenario:
        return 40.0
    return min(40.0, max(5.0, options.messages / (options.seconds * 0.5)))
