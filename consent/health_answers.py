"""What those who consented answered to the health questions, as nurses read it: all together.

Source: consent §10.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from consent.models import ConsentResponse


@dataclass(frozen=True)
class Answered:
    """The health answers of one person, as a response keeps them.

    `state`: why they do not count; empty where they do.
    """

    who: str
    answers: Sequence[dict]
    state: str = ""


@dataclass(frozen=True)
class ShownAnswer:
    """What one person, or all of them, answered to one health question.

    `state`: why the answer does not count; empty where it does.
    """

    who: str
    yes: bool
    details: str
    needs_triage: bool
    state: str = ""


# Each question with its answers.
Merged = Sequence[tuple[str, Sequence[ShownAnswer]]]


def of_response(response: ConsentResponse, *, state: str = "") -> Answered:
    """The answers of a response that was kept; `state` is why they do not count."""
    who = named(response.parent_name, response.relationship)
    return Answered(who, response.health_answers, state)


def named(name: str, relationship: str) -> str:
    """Who answered, in words."""
    return f"{name} ({relationship})"


def only_one(given: Sequence[Answered]) -> str:
    """Who answered, and why it does not count if so, where only one person did; empty where
    several did or nobody.
    """
    if len(given) != 1:
        return ""
    return ". ".join(filter(None, (given[0].who, given[0].state)))


def merged(given: Sequence[Answered], *, is_triage_needed: bool) -> Merged:
    """The answers of all who consented, the newest first, merged by question: one line where all
    say the same. Where only one person did, who that is need not be said at each.

    A child is asked the same in other words, and a later version may word a question anew: it
    stands in the words in which it was answered first.

    Where the child decides, what parents answered does not count, but a nurse should know of it.
    An answer needs triage only as long as the child does. Source: consent §9.3 and §10.
    """
    by_question: dict[str, list[tuple[Answered, dict]]] = defaultdict(list)
    for one in reversed(given):
        for answer in one.answers:
            by_question[answer["question"]].append((one, answer))
    return [
        (answers[0][1]["text"], _merged(answers, len(given), is_triage_needed))
        for answers in by_question.values()
    ]


def _merged(
    answers: Sequence[tuple[Answered, dict]], people: int, is_triage_needed: bool
) -> list[ShownAnswer]:
    distinct = {(answer["yes"], answer["details"]) for _, answer in answers}
    are_alike = len(distinct) == 1 and len(answers) == people
    everybody = "All" if people > 1 else ""
    if are_alike:
        # What all say counts if anybody's answer does.
        answers = sorted(answers, key=lambda pair: bool(pair[0].state))[:1]
    return [
        ShownAnswer(
            who=everybody if are_alike else one.who,
            yes=answer["yes"],
            details=answer["details"],
            needs_triage=(
                is_triage_needed and answer["yes"] and answer["calls_for_triage"] and not one.state
            ),
            state=one.state if people > 1 else "",
        )
        for one, answer in answers
    ]
