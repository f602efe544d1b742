"""Recognising, after a restore, what was sent already: plain functions of plain values.

A restored database has forgotten what was queued after the copy was made. What is queued anew
carries another reference, so it is recognised by whom it goes to and what it says. Source:
`docs/decisions/0051-resuming-after-a-restore.md`.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

WORD = re.compile(r"[^\W_]+")
# How much longer ago than the copy a message must be known to have been accepted, before
# everything older in Notify's list is taken for known: more than any sender takes.
MARGIN = timedelta(minutes=10)


class Verdict(Enum):
    """What becomes of a message that is about to be sent."""

    GO = "nothing of the kind was sent"
    SENT_ALREADY = "the very same was sent"
    A_PERSON_DECIDES = "something else was sent about this child"


@dataclass(frozen=True)
class Sent:
    """What Notify has and the database had forgotten, to the same address by the same template."""

    id: int
    words: str


def words_of(*texts: str) -> str:
    """A text as its words, in small letters: Notify changes punctuation and escapes some of it."""
    return " ".join(WORD.findall(html.unescape(" ".join(texts)).casefold()))


def weigh(
    *, words: str, child_name: str, is_asked_for_again: bool, sent: Sequence[Sent]
) -> tuple[Verdict, int | None]:
    """What becomes of a message that says `words`, and which sent one is meant.

    Only one about the same child is like it: twins share an address. Where a person has asked for
    it again, they have decided, and only the very same is recognised.
    """
    same = next((each.id for each in sent if each.words == words), None)
    if same is not None:
        return Verdict.SENT_ALREADY, same
    name = f" {words_of(child_name)} "
    about_child = next((each.id for each in sent if name in f" {each.words} "), None)
    if about_child is not None and not is_asked_for_again:
        return Verdict.A_PERSON_DECIDES, about_child
    return Verdict.GO, None


def reaches_known(accepted_at: datetime | None, *, back_to: datetime) -> bool:
    """Whether Notify's list, newest first, has reached what the copy knows to the full.

    Decided by our own clock alone: Notify's may differ.
    """
    return accepted_at is not None and accepted_at < back_to - MARGIN
