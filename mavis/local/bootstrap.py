"""The first step of every command: finds a Python that is new enough, then runs `install.py`.

Any Python 3 must be able to read this file, if only to say that it is too old.
"""

import os
import runpy
import shutil
import sys

OLDEST = (3, 11)
NEWEST_KNOWN_MINOR = 14


def hand_over_to_newer_python():
    """Go on under a newer Python of the PATH when this one is too old; stop without one."""
    for minor in range(NEWEST_KNOWN_MINOR, OLDEST[1] - 1, -1):
        newer = shutil.which("python3.{}".format(minor))  # noqa: UP032
        if newer:
            os.execv(newer, [newer] + sys.argv)  # noqa: S606, RUF005
    sys.exit(
        "Mavis needs Python {}.{} or newer and this one is {}.{}. Install a newer one, or name "  # noqa: UP032
        "it: make run PYTHON=/path/to/python3.11".format(*OLDEST, *sys.version_info[:2])
    )


if __name__ == "__main__":
    if sys.version_info < OLDEST:
        hand_over_to_newer_python()
    install = os.path.join(os.path.dirname(os.path.abspath(__file__)), "install.py")
    runpy.run_path(install, run_name="__main__")
