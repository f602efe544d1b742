"""What those who consented answered to the health questions, as nurses read it: all together.

Source: consent §10.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from consent.models import ConsentResponse


@dataclass(frozen=True)
class Answered:
    """The health answers of one person, as a response keeps them."""

    who: str
    answers: Sequence[dict]


@dataclass(frozen=True)
class ShownAnswer:
    """What one person, or all of them, answered to one health question."""

    who: str
    yes: bool
    details: str
    needs_triage: bool


# Each question with its answers.
Merged = Sequence[tuple[str, Sequence[ShownAnswer]]]


def of_response(response: ConsentResponse) -> Answered:
    """The answers of a response that was kept."""
    return Answered(named(response.parent_name, response.relationship), response.health_answers)


def named(name: str, relationship: str) -> str:
    """Who answered, in words."""
    return f"{name} ({relationship})"


def only_one(given: Sequence[Answered]) -> str:
    """Who answered, where only one person did; empty where several did or nobody."""
    return given[0].who if len(given) == 1 else ""


def merged(given: Sequence[Answered], *, is_triage_needed: bool) -> Merged:
    """The answers of all who consented, the newest first, merged by question: one line where all
    say the same. Where only one person did, who that is need not be said at each.

    An answer needs triage only as long as the child does. Source: consent §10.
    """
    by_question: dict[str, list[tuple[str, dict]]] = defaultdict(list)
    for one in reversed(given):
        for answer in one.answers:
            by_question[answer["text"]].append((one.who, answer))
    return [
        (text, _merged(answers, len(given), is_triage_needed))
        for text, answers in by_question.items()
    ]


def _merged(
    answers: Sequence[tuple[str, dict]], people: int, is_triage_needed: bool
) -> list[ShownAnswer]:
    distinct = {(answer["yes"], answer["details"]) for _, answer in answers}
    if len(distinct) == 1 and len(answers) == people:
        answers = [("All" if people > 1 else "", answers[0][1])]
    return [
        ShownAnswer(
            who=who,
            yes=answer["yes"],
            details=answer["details"],
            needs_triage=is_triage_needed and answer["yes"] and answer["calls_for_triage"],
        )
        for who, answer in answers
    ]
