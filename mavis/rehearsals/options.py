"""What a rehearsal is asked to do."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mavis.local.console import Refusal
from mavis.local.workplace import LOCAL

# The clock starts at a quarter past nine in London; texts rest from nine in the evening.
MOST_CLOCK_MINUTES = 10 * 60
RESULTS = LOCAL / "chaos-results"
DRILL_RESULTS = LOCAL / "drill-results"
RESTORE = "restore"
SCENARIOS = ("broker-flushed", "beat-stopped", "database-restarted", "clock-stepped", "old-jobs")


@dataclass(frozen=True)
class Options:
    """How much, how long, how fast, and the seed that decides what goes wrong when."""

    messages: int
    kills: int
    seed: int
    minutes: float
    speed: float
    scenario: str = ""
    resumes: bool = True
    results: Path = RESULTS
    # A copy of a migrated, empty database to start from; without one it is migrated anew.
    migrated: Path | None = None

    @property
    def seconds(self) -> float:
        return self.minutes * 60


def read(arguments: Sequence[str]) -> Options:
    """The options of the command line; a Refusal for what cannot be done."""
    parser = argparse.ArgumentParser(
        prog="make chaos", description="Break everything while invitations go out, then count."
    )
    parser.add_argument("--messages", type=int, default=10_000, help="messages to plan (10000)")
    parser.add_argument("--kills", type=int, default=500, help="worker processes to kill (500)")
    parser.add_argument("--seed", type=int, default=1, help="decides what breaks when (1)")
    parser.add_argument("--minutes", type=float, default=10.0, help="of faults, in real time (10)")
    parser.add_argument("--speed", type=float, default=0.0, help="of the clock (20; scenarios 5)")
    parser.add_argument("--scenario", choices=SCENARIOS, default="", help="one recovery instead")
    parser.add_argument(
        "--results", type=Path, default=RESULTS, help="folder for the report, and logs on a breach"
    )
    _add_migrated(parser)
    given = parser.parse_args(arguments)
    options = Options(
        messages=given.messages,
        kills=given.kills,
        seed=given.seed,
        minutes=given.minutes,
        speed=given.speed or (5.0 if given.scenario else 20.0),
        scenario=given.scenario,
        results=given.results,
        migrated=given.migrated,
    )
    if options.messages < 10 or options.kills < 0 or options.minutes <= 0 or options.speed < 1:
        raise Refusal("Ask for 10 messages or more, 0 kills or more, and a speed of 1 or more.")
    if options.minutes * options.speed > MOST_CLOCK_MINUTES:
        raise Refusal(
            "The clock would run into the night, when texts rest: choose fewer minutes or less "
            "speed."
        )
    return options


def read_drill(arguments: Sequence[str]) -> Options:
    """The options of the restore drill."""
    parser = argparse.ArgumentParser(
        prog="make drill",
        description="Lose the database while invitations go out, restore a copy, go on, count.",
    )
    parser.add_argument("--messages", type=int, default=1000, help="messages to plan (1000)")
    parser.add_argument("--seed", type=int, default=1, help="decides who is who (1)")
    parser.add_argument("--speed", type=float, default=10.0, help="of the clock (10)")
    parser.add_argument(
        "--without-resuming",
        action="store_true",
        help="leave out resume_after_restore, to see messages sent twice",
    )
    parser.add_argument(
        "--results", type=Path, default=DRILL_RESULTS, help="folder for the report, and logs"
    )
    _add_migrated(parser)
    given = parser.parse_args(arguments)
    if given.messages < 100 or given.speed < 1:
        raise Refusal("Ask for 100 messages or more, and a speed of 1 or more.")
    return Options(
        messages=given.messages,
        kills=0,
        seed=given.seed,
        minutes=1,
        speed=given.speed,
        scenario=RESTORE,
        resumes=not given.without_resuming,
        results=given.results,
        migrated=given.migrated,
    )


def _add_migrated(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--migrated", type=Path, help="pg_dump's copy of a migrated, empty database to start from"
    )
