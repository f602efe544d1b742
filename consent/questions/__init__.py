"""The health questions of each programme: versioned data, and which of them are asked when.

A response keeps the words it was asked. Source: consent §2.5.
"""

from consent.questions.asking import (
    Answers,
    Asked,
    call_for_triage,
    questionnaire,
    still_applying,
    stored_answers,
    unanswered,
    with_follow_ups,
)
from consent.questions.current import current_sets
from consent.questions.model import DETAILS_LENGTH, Question, QuestionSet, Triage
from consent.questions.own_sets import OWN_SETS
from consent.questions.sets import QUESTION_SETS

__all__ = [
    "DETAILS_LENGTH",
    "OWN_SETS",
    "QUESTION_SETS",
    "Answers",
    "Asked",
    "Question",
    "QuestionSet",
    "Triage",
    "call_for_triage",
    "current_sets",
    "questionnaire",
    "still_applying",
    "stored_answers",
    "unanswered",
    "with_follow_ups",
]
