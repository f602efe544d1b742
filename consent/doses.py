"""What consent must know of vaccinations given: the app above, which keeps them, registers here."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from consent.models import ConsentResponse
from govuk.filters import govuk_date

# Child id and programme.
Pair = tuple[int, str]


@dataclass(frozen=True, slots=True)
class PartialHistory:
    """Doses given to a child who does not count as vaccinated: the day and number of each, the
    oldest first, and when the last of them was written down.
    """

    doses: tuple[tuple[date, int | None], ...]
    known_at: datetime


@dataclass(frozen=True)
class Source:
    """How to ask: the day of each child's last dose in a programme; the first day on which the
    next may be given, where a gap is prescribed; and the partial histories in some programmes, as
    known of an academic year.
    """

    last_doses: Callable[[Collection[int]], Mapping[Pair, date]]
    next_doses_from: Callable[[Collection[int]], Mapping[Pair, date]]
    partial_histories: Callable[
        [Collection[int], Collection[str], int], Mapping[Pair, PartialHistory]
    ]


_sources: list[Source] = []


def register(source: Source) -> None:
    """Let an app above answer."""
    _sources.append(source)


def partial_histories(
    child_ids: Collection[int], programmes: Collection[str], academic_year: int
) -> dict[Pair, PartialHistory]:
    """The partial histories of these children in these programmes, as known of an academic year.

    Asks nothing where nobody is asked about.
    """
    found: dict[Pair, PartialHistory] = {}
    for source in _sources if child_ids and programmes else ():
        found.update(source.partial_histories(child_ids, programmes, academic_year))
    return found


def next_dose_from(child_id: int, programme: str) -> date | None:
    """The first day on which a child may be given the next dose; None if any will do."""
    days = [source.next_doses_from([child_id]).get((child_id, programme)) for source in _sources]
    return max((day for day in days if day), default=None)


def in_words(history: PartialHistory) -> str:
    """The doses in a line: dose 3 on 1 June 2017; 2 May 2019."""
    return "; ".join(
        f"dose {number} on {govuk_date(day)}" if number else govuk_date(day)
        for day, number in history.doses
    )


def not_acted_on(own: Iterable[ConsentResponse]) -> list[ConsentResponse]:
    """Of children's own answers, loaded with their assessments, those after which nothing was
    given: no dose in the programme on that day or later.
    """
    answers = list(own)
    child_ids = {answer.child_id for answer in answers}
    last = [source.last_doses(child_ids) for source in _sources] if answers else []
    return [answer for answer in answers if not any(_is_used(answer, days) for days in last)]


def _is_used(answer: ConsentResponse, last: Mapping[Pair, date]) -> bool:
    assert answer.assessment is not None
    day = last.get((answer.child_id, answer.programme_id))
    return day is not None and day >= answer.assessment.assessed_on
