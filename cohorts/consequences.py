"""Whom importing a file writes to, as the apps above say it, and whether a person agreed to that.

Importing asks when all rows are in place and nothing is committed yet. So what people are shown
is what the import itself would do, and not a second opinion of it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from accounts.models import Organisation, User
from cohorts.rules import MANY_FAMILIES


@dataclass(frozen=True)
class Line:
    """The parents of so many children are written to at one time, which `when` says in words.

    `is_sure` is false while that waits until somebody does something more.
    """

    when: str
    families: int
    is_sure: bool = True


@dataclass(frozen=True)
class Writing:
    """Messages of one kind: to whom and when, what they say, who gets none and why.

    `emails` and `texts` count those that go at once. `is_held` says that they can be called back
    for two minutes. `settled` had it before. `examples` has, under what a fold is called, each
    channel with the subject and text. `page` is where the messages are seen, and called back.
    """

    what: str
    page: str
    lines: Sequence[Line]
    is_held: bool = False
    emails: int = 0
    texts: int = 0
    settled: int = 0
    left_out: Sequence[tuple[str, int]] = ()
    examples: Sequence[tuple[str, Sequence[tuple[str, dict[str, str]]]]] = ()

    @property
    def families(self) -> int:
        """How many families are written to, now or on a day that is set."""
        return sum(line.families for line in self.lines if line.is_sure)


@dataclass(frozen=True)
class Fate:
    """What became of messages that could be called back, as words to go on "21 emails" with."""

    words: str
    is_held: bool = False


# What an import that a person answers for, at an instant, has done and will do.
Foretell = Callable[..., list[Writing]]
_foretellers: list[Foretell] = []


# What became of that which an import queued: by the page of the writing.
Tell = Callable[..., Mapping[str, Fate]]
_tellers: list[Tell] = []


def register_fates(tell: Tell) -> None:
    """Let an app above say what became of the messages of an import that could be called back.

    It is called as `tell(organisation=…, imported_at=…, now=…)`.
    """
    _tellers.append(tell)


def fates(
    *, organisation: Organisation, imported_at: datetime | None, now: datetime
) -> dict[str, Fate]:
    """What became of the held messages of the import of this instant, by each writing's page."""
    found: dict[str, Fate] = {}
    for tell in _tellers if imported_at else ():
        found.update(tell(organisation=organisation, imported_at=imported_at, now=now))
    return found


def register(foretell: Foretell) -> None:
    """Let an app above say whom it writes to because children came or changed.

    It is called as `foretell(organisation=…, by=…, now=…, child_ids=…)`, inside the transaction of
    the import, with the children that came or about whom something changed.
    """
    _foretellers.append(foretell)


def foretold(
    *, organisation: Organisation, by: User | None, now: datetime, child_ids: Collection[int]
) -> list[Writing]:
    """Whom the import of this organisation, person and instant writes to, since these children
    came or changed.
    """
    return [
        writing
        for foretell in _foretellers
        for writing in foretell(organisation=organisation, by=by, now=now, child_ids=child_ids)
    ]


def goes_beyond(found: Sequence[Writing], agreed: Sequence[Writing]) -> bool:
    """Whether more families would be written to than somebody agreed to, or at another time."""
    most = {
        (writing.what, line.when): line.families for writing in agreed for line in writing.lines
    }
    return any(
        line.families > most.get((writing.what, line.when), 0)
        for writing in found
        for line in writing.lines
        if line.is_sure
    )


def families(writings: Sequence[Writing]) -> int:
    """How many families are written to in all, now or on a day that is set."""
    return sum(writing.families for writing in writings)


def are_many(writings: Sequence[Writing]) -> bool:
    """Whether they are so many families, whatever they are written about, that a person is asked
    first.
    """
    return families(writings) >= MANY_FAMILIES


def as_json(writings: Sequence[Writing]) -> list[dict[str, Any]]:
    """To be kept with an upload."""
    return [asdict(writing) for writing in writings]


def from_json(kept: Sequence[dict[str, Any]] | None) -> list[Writing]:
    """What was kept with an upload, also by an earlier release that told more; nothing where
    nobody has looked yet.
    """
    names = {field.name for field in fields(Writing)}
    return [
        Writing(
            **{
                **{name: value for name, value in writing.items() if name in names},
                "lines": [Line(**line) for line in writing["lines"]],
            }
        )
        for writing in kept or ()
    ]
