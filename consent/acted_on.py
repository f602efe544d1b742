"""Which of the children's own consents were used: vaccinations, which alone know, register here."""

from collections.abc import Callable, Collection, Iterable
from datetime import date

from consent.models import ConsentResponse

# Child ids → by child id and programme, the day of the last dose given.
LastDoses = Callable[[Collection[int]], dict[tuple[int, str], date]]
_providers: list[LastDoses] = []


def register(provider: LastDoses) -> None:
    """Let an app above say when children were last vaccinated."""
    _providers.append(provider)


def not_acted_on(own: Iterable[ConsentResponse]) -> list[ConsentResponse]:
    """Of children's own answers, loaded with their assessments, those after which nothing was
    given: no dose in the programme on that day or later. A query for each provider.
    """
    answers = list(own)
    child_ids = {answer.child_id for answer in answers}
    doses = [provider(child_ids) for provider in _providers] if answers else []
    return [answer for answer in answers if not any(_is_used(answer, given) for given in doses)]


def _is_used(answer: ConsentResponse, last: dict[tuple[int, str], date]) -> bool:
    assert answer.assessment is not None
    day = last.get((answer.child_id, answer.programme_id))
    return day is not None and day >= answer.assessment.assessed_on
