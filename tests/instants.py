"""Instants as tests write them; plain, so that the tests of rules need nothing else."""

import sys
import time
from datetime import datetime

import time_machine

from calendars.clock import LONDON


def at(text: str) -> datetime:
    """An instant from what London clocks show."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


SET_CLOCK = """
import sys, time, time_machine
time_machine.travel(time.time() + float(sys.argv.pop(1))).start()
time.time()  # from here on it runs
"""


def python_in_our_time(code: str, *arguments: str) -> list[str]:
    """The command that runs Python code in a process of its own, whose clock is that of the tests.

    Who asks Notify must have its time, since Notify looks at when a token was made.
    """
    shift = time.time() - time_machine.escape_hatch.time.time()
    return [sys.executable, "-c", SET_CLOCK + code, str(shift), *arguments]
