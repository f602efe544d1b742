"""What the commands say to the person at the terminal."""

import os
import sys

COLOURS = ("36", "35", "33", "32", "34", "31")


class Refusal(Exception):
    """Why a command cannot go on, in one sentence for the person who typed it."""


def say(text: str = "") -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def is_coloured() -> bool:
    """Whether the terminal shows colours and nobody asked for none (NO_COLOR)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def label(name: str, number: int) -> str:
    """The name of a process before each of its lines, in a colour of its own."""
    text = f"{name:<8} |"
    return f"\033[{COLOURS[number % len(COLOURS)]}m{text}\033[0m" if is_coloured() else text
