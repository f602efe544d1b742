"""The kinds of file that can be uploaded; the apps that read them register them.

`uploads` runs whatever is registered: it knows files, rows and progress, and no kind.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from accounts.models import Organisation, User
from cohorts.child_rows import Problem
from cohorts.files import Column, Table
from cohorts.models import Upload


class Progress(Protocol):
    """Shows people, and the sweep for dead jobs, that the work goes on."""

    def begin(self, phase: str) -> None:
        """A new phase begins, named for people: Checking rows."""

    def advance(self, rows_done: int) -> None:
        """So many rows of the phase are done."""


class RowsRefused(Exception):
    """Rows of the file are wrong, so none of it is imported."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


@dataclass(frozen=True)
class Job:
    """One upload to import. `run` is called inside the transaction that imports the whole file."""

    upload: Upload
    table: Table
    now: datetime
    progress: Progress

    @property
    def by(self) -> User | None:
        """Who answers for it: who confirmed it, else who uploaded it; nobody for a command."""
        return self.upload.confirmed_by or self.upload.uploaded_by


@dataclass(frozen=True)
class Outcome:
    """What became of a file: rows by outcome, and sentences for the result page.

    `child_ids` are the children that came, or about whom something changed because of which their
    parents may be written to.
    """

    counts: Mapping[str, int]
    notes: Sequence[str] = field(default=())
    child_ids: Collection[int] = field(default=())


@dataclass(frozen=True)
class Review:
    """Where rows of a kind of file wait for a person: words for the tab, URL name, how many."""

    text: str
    page: str
    count: Callable[[Organisation], int]


@dataclass(frozen=True)
class UploadKind:
    """A kind of file. `key` is one of `Upload.Kind`; `count_labels` name the outcomes of rows."""

    key: str
    label: str
    hint: str
    columns: Sequence[Column]
    required_headers: Sequence[str]
    run: Callable[[Job], Outcome]
    count_labels: Mapping[str, str]
    review: Review


_kinds: dict[str, UploadKind] = {}


def register(kind: UploadKind) -> None:
    """Make a kind of file known; call it when the app is ready."""
    _kinds[kind.key] = kind


def kind_of(key: str) -> UploadKind:
    """The registered kind. Raises `KeyError` where nobody registered it."""
    return _kinds[key]


def all_kinds() -> list[UploadKind]:
    """The kinds in the order people meet them: children come first."""
    order = list(Upload.Kind)
    return sorted(_kinds.values(), key=lambda kind: order.index(Upload.Kind(kind.key)))
