"""Which sets of health questions are asked today."""

from consent.questions.model import QuestionSet
from consent.questions.own_sets import OWN_SETS
from consent.questions.sets import QUESTION_SETS


def current_sets(programme: str, *, is_own: bool = False) -> list[QuestionSet]:
    """The sets that parents are asked today, or a child who answers for themselves: one for each
    method; none for a programme without questions.
    """
    newest: dict[str, QuestionSet] = {}
    for found in OWN_SETS if is_own else QUESTION_SETS:
        if found.programme == programme:
            kept = newest.get(found.method, found)
            newest[found.method] = max(kept, found, key=lambda one: one.version)
    return list(newest.values())
