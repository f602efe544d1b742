"""Whom saving a row on the operators' site writes to, as the apps above say it, so that operators
are asked first.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Model

from accounts.models import User


@dataclass(frozen=True)
class Effect:
    """So many families are written to, and a sentence that says whom, what and when."""

    families: int
    words: str


# Called as `foretell(row, before=…, by=…, now=…)` inside the transaction that saved the row, with
# what its changed fields held before.
Foretell = Callable[..., list[Effect]]
_foretellers: dict[type[Model], list[Foretell]] = defaultdict(list)


class NotAgreed(Exception):
    """More families would be written to than the operator agreed to; nothing may be saved."""

    def __init__(self, effects: list[Effect]) -> None:
        super().__init__()
        self.effects = effects


def register(model: type[Model], foretell: Foretell) -> None:
    """Let an app above say whom saving such a row writes to."""
    _foretellers[model].append(foretell)


def ask(
    row: Model, *, before: Mapping[str, object], by: User, now: datetime, agreed_to: int
) -> None:
    """Raise NotAgreed if saving the row writes to more families than that."""
    effects = [
        effect
        for foretell in _foretellers[type(row)]
        for effect in foretell(row, before=before, by=by, now=now)
    ]
    if families(effects) > agreed_to:
        raise NotAgreed(effects)


def families(effects: list[Effect]) -> int:
    """How many families are written to in all."""
    return sum(effect.families for effect in effects)
