"""The health questions of each programme, as versioned data.

The wording is our own and needs clinical approval before real use: `manage.py check --deploy`
names every current set that has none. To change a question, add a set with the next version; a
response keeps the questions it was asked. Source: consent §2.5.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

DETAILS_LENGTH = 1000


@dataclass(frozen=True)
class Question:
    """One yes-or-no question. A yes needs details; most of them call for triage."""

    key: str
    text: str
    hint: str = ""
    calls_for_triage: bool = True


@dataclass(frozen=True)
class QuestionSet:
    """The questions of a programme in the order asked, from one version on."""

    programme: str
    version: int
    questions: tuple[Question, ...]
    approved_on: date | None = None


_ALLERGIES = Question("severe_allergies", "Does your child have any severe allergies?")
_REACTION = Question(
    "severe_reaction",
    "Has your child ever had a severe reaction to a medicine or vaccine?",
)
_SUPPORT = "Does your child need extra support during vaccination sessions?"
_SUPPORT_HINT = "For example, they are autistic or very anxious about injections"
_BLEEDING_OR_CONDITION = Question(
    "bleeding_or_condition",
    "Does your child have a bleeding disorder or another medical condition they are treated for?",
)

QUESTION_SETS = (
    QuestionSet(
        "hpv",
        1,
        (
            _ALLERGIES,
            Question(
                "bleeding_disorder",
                "Does your child have a bleeding disorder?",
                hint="For example, haemophilia",
            ),
            Question(
                "blood_thinners",
                "Does your child take any blood-thinning medicine?",
                hint="For example, warfarin",
            ),
            Question(
                "immune_system",
                "Does your child have a disease, or treatment, that weakens their immune system?",
                hint="If so, they may need 3 doses over 12 months",
            ),
            Question(
                "other_conditions",
                "Does your child have any other medical condition that we should know about?",
            ),
            Question("extra_support", _SUPPORT, hint=_SUPPORT_HINT, calls_for_triage=False),
        ),
    ),
    QuestionSet(
        "menacwy",
        1,
        (
            _BLEEDING_OR_CONDITION,
            _ALLERGIES,
            _REACTION,
            Question("extra_support", _SUPPORT, hint=_SUPPORT_HINT),
            Question(
                "menacwy_last_5_years",
                "Has your child had a meningitis (MenACWY) vaccine in the last 5 years?",
            ),
        ),
    ),
    QuestionSet(
        "td_ipv",
        1,
        (
            _BLEEDING_OR_CONDITION,
            _ALLERGIES,
            _REACTION,
            Question("extra_support", _SUPPORT, hint=_SUPPORT_HINT),
            Question(
                "td_ipv_last_5_years",
                "Has your child had a tetanus, diphtheria and polio vaccine in the last 5 years?",
            ),
        ),
    ),
)


def current_set(programme: str) -> QuestionSet | None:
    """The set asked today; none for a programme whose consent is not taken here yet."""
    sets = [question_set for question_set in QUESTION_SETS if question_set.programme == programme]
    return max(sets, key=lambda question_set: question_set.version, default=None)


def stored_answers(question_set: QuestionSet, answers: Mapping[str, Mapping]) -> list[dict]:
    """Answers by question key, as a response keeps them: with the words that were asked.

    Each answer is `{"yes": bool, "details": str}`. Raises KeyError for a question left out.
    """
    return [
        {
            "question": question.key,
            "version": question_set.version,
            "text": question.text,
            "yes": answers[question.key]["yes"],
            "details": answers[question.key]["details"] if answers[question.key]["yes"] else "",
            "calls_for_triage": question.calls_for_triage,
        }
        for question in question_set.questions
    ]


def call_for_triage(stored: Iterable[Mapping]) -> bool:
    """Whether a yes among stored answers calls for triage. Source: consent §2.5 and §10."""
    return any(answer["yes"] and answer["calls_for_triage"] for answer in stored)
