"""Rules of the parents' pages: until when they are open, and what the last one says."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum

from govuk.text import plain_line
from sessions_app.schedule_rules import months_before

GRACE = timedelta(hours=2)
OLDEST, YOUNGEST = 22, 3


def may_finish(
    *, is_open: bool, begun_at: datetime, closed_at: datetime | None, now: datetime
) -> bool:
    """Whether a form may still be filled in and sent.

    Responses are open, or were until less than two hours ago and the form was begun in time.
    `closed_at` is the instant they closed, if one is known: a programme that was taken out of a
    session leaves none, nor one to come; then the two hours run from the beginning of the form.
    Source: consent §2.1 [R] and §15.
    """
    if is_open:
        return True
    # Hours between times of one zone are those its clocks show: a clock change would count.
    begun, present = begun_at.astimezone(UTC), now.astimezone(UTC)
    closed = closed_at.astimezone(UTC) if closed_at is not None else begun
    since = max(begun, closed) if closed <= present else begun
    return present < since + GRACE


def birth_dates(today: date) -> tuple[date, date]:
    """The first and last date of birth that a child can have: from 22 down to 3 years old.

    Both limits are included. Source: consent §2.2 page 2.
    """
    return months_before(today, OLDEST * 12), months_before(today, YOUNGEST * 12)


class Outcome(Enum):
    """What the last page and the messages tell the parent. Source: consent §2.7."""

    REFUSED = "refused"
    TRIAGE = "triage"
    CLINIC = "clinic"
    GIVEN = "given"


@dataclass(frozen=True)
class Decided:
    """What was decided about one programme, as far as the last page depends on it."""

    programme: str
    is_given: bool
    calls_for_triage: bool = False


def outcome(decided: Collection[Decided], *, is_vaccinated_at_school: bool) -> Outcome:
    """The first case that applies. `is_vaccinated_at_school`: the child goes to a school whose
    session of the programmes is not over.
    """
    if not any(one.is_given for one in decided):
        return Outcome.REFUSED
    if any(one.calls_for_triage for one in decided):
        return Outcome.TRIAGE
    return Outcome.GIVEN if is_vaccinated_at_school else Outcome.CLINIC


# What could make a link, an address or Markdown of a typed name.
_NOT_OF_NAMES = re.compile(r"[^\w\s'’.,\-·]|_")
_DOT_INSIDE = re.compile(r"\.(?=[^\s.])")


def name_in_messages(name: str, *, longest: int | None = None) -> str:
    """A typed name as an email or text may show it: nothing in it becomes a link or Markdown.

    With `longest`, cut to so many characters, as texts need. Source: consent §15.
    """
    plain = _DOT_INSIDE.sub(". ", _NOT_OF_NAMES.sub(" ", plain_line(name)))
    shown = " ".join(plain.split())
    return shown if longest is None or len(shown) <= longest else f"{shown[: longest - 1]}…"
