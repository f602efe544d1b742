"""`python -m mavis.local COMMAND`: the commands of the Makefile, once everything is installed."""

import os
import sys

from mavis.local import benchmarks, checks, locks, mutants, processes, run, suite
from mavis.local.console import Refusal, say
from mavis.local.processes import StopRequested
from mavis.rehearsals import chaos

COMMANDS = {
    "run": run.run,
    "reset": run.reset,
    "test": suite.run,
    "journeys": suite.run_journeys,
    "check": checks.run,
    "bench": benchmarks.run,
    "chaos": chaos.run,
    "drill": chaos.drill,
    "mutants": mutants.run,
    "lock": locks.run,
}


def main(arguments: list[str]) -> int:
    name, *rest = arguments or ["help"]
    command = COMMANDS.get(name)
    if command is None:
        say("There is no such command; make help lists them all.")
        return 2
    processes.end_when_make_ends()
    try:
        return command(rest)
    except Refusal as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    except PermissionError as error:
        sys.stderr.write(
            f"{error.filename} belongs to another user: take it over with chown, or delete it.\n"
        )
        return 1
    except StopRequested:
        say("Stopped.")
        return 130
    except BrokenPipeError:
        # Whoever read the output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
