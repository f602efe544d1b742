"""A journey of several pages: its steps as data, and the way through them as pure functions.

An app lists its steps and keeps the answers in a `Draft`, whose id is in the address:

    WALK = Walk([Step("decision"), Step("reason", lambda answers: is_refused(answers))])

Answers are kept by step name. After each page the person goes to the first page not answered yet,
so that "Change" on the last page leads back there, by way of whatever the change now asks for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Answers = Mapping[str, Mapping]


def _always(answers: Answers) -> bool:
    return True


@dataclass(frozen=True)
class Step:
    """One page of a journey; `is_needed` says from earlier answers whether it is asked."""

    name: str
    is_needed: Callable[[Answers], bool] = _always


class Walk:
    """Steps in their order. Whether one is needed may depend on earlier ones only."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = tuple(steps)
        self.names = tuple(step.name for step in steps)

    def path(self, answers: Answers) -> list[str]:
        """The names of the pages that these answers lead through."""
        return list(self._kept(answers)[0])

    def tidied(self, answers: Answers) -> dict[str, Mapping]:
        """The answers without those to pages that are no longer asked."""
        return self._kept(answers)[1]

    def first_unanswered(self, answers: Answers) -> str | None:
        """The page to go to next; None once every page is answered."""
        path, kept = self._kept(answers)
        return next((name for name in path if name not in kept), None)

    def before(self, name: str, answers: Answers) -> str | None:
        """The page that the back link leads to; None on the first page."""
        path = self.path(answers)
        index = path.index(name) if name in path else 0
        return path[index - 1] if index else None

    def _kept(self, answers: Answers) -> tuple[list[str], dict[str, Mapping]]:
        """Pages are judged by the answers kept so far: a dropped answer asks for nothing."""
        path: list[str] = []
        kept: dict[str, Mapping] = {}
        for step in self.steps:
            if step.is_needed(kept):
                path.append(step.name)
                if step.name in answers:
                    kept[step.name] = answers[step.name]
        return path, kept
