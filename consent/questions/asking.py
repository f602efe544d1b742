"""Which health questions are asked now, which answers still apply, and what a response keeps.

Answers are kept by question key, each `{"yes": bool, "details": str}`, so that a changed decision
loses none that still applies. All functions are pure. Source: consent §2.3 and §2.5.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from consent.decisions import Agreement
from consent.questions.current import current_sets
from consent.questions.model import Question, QuestionSet, Triage

Answers = Mapping[str, Mapping]


@dataclass(frozen=True)
class Asked:
    """A question as one person is asked it: of which set, and after which question's yes."""

    question: Question
    set_name: str
    version: int
    follows: str = ""

    @property
    def key(self) -> str:
        return self.question.key


def questionnaire(given: Mapping[str, Agreement], *, is_own: bool = False) -> list[Asked]:
    """The main questions of all programmes consented to, each key once, in the order asked.

    `given`: what was agreed to, by programme. A list's own order is kept, and what only a later
    list asks stands before the next question both ask. `is_own`: in the words for a child who
    answers for themselves.
    """
    merged: list[Asked] = []
    for question_set, agreement in _sets(given, is_own=is_own):
        merged = _merge(merged, _asked_of(question_set, agreement))
    return merged


def _sets(
    given: Mapping[str, Agreement], *, is_own: bool
) -> Iterator[tuple[QuestionSet, Agreement]]:
    for programme, agreement in sorted(given.items()):
        for question_set in current_sets(programme, is_own=is_own):
            if not question_set.method or question_set.method in agreement.methods:
                yield question_set, agreement


def _asked_of(question_set: QuestionSet, agreement: Agreement) -> list[Asked]:
    return [
        Asked(question, question_set.name, question_set.version)
        for question in question_set.questions
        if not (question.only_with_gelatine and agreement.without_gelatine)
    ]


def _merge(first: Sequence[Asked], second: Sequence[Asked]) -> list[Asked]:
    merged = list(first)
    waiting: list[Asked] = []
    for asked in second:
        place = next((i for i, one in enumerate(merged) if one.key == asked.key), None)
        if place is None:
            waiting.append(asked)
        else:
            merged[place:place] = waiting
            waiting = []
    return merged + waiting


def with_follow_ups(asked: Iterable[Asked], answers: Answers) -> list[Asked]:
    """The questions to be answered now: after each yes come the questions it leads to."""
    found: list[Asked] = []
    for one in asked:
        found.append(one)
        if one.question.follow_ups and answers.get(one.key, {}).get("yes"):
            follow_ups = [
                Asked(question, one.set_name, one.version, follows=one.key)
                for question in one.question.follow_ups
            ]
            found += with_follow_ups(follow_ups, answers)
    return found


def still_applying(given: Mapping[str, Agreement], answers: Answers) -> dict[str, Mapping]:
    """The answers to questions that are asked now, after a decision or an answer has changed."""
    asked = with_follow_ups(questionnaire(given), answers)
    return {one.key: answers[one.key] for one in asked if one.key in answers}


def unanswered(given: Mapping[str, Agreement], answers: Answers) -> list[Asked]:
    """The questions that want an answer now, in order: none was given, or a yes lacks details."""
    return [
        one
        for one in with_follow_ups(questionnaire(given), answers)
        if not _is_complete(one.question, answers.get(one.key))
    ]


def _is_complete(question: Question, answer: Mapping | None) -> bool:
    if answer is None or answer.get("yes") is None:
        return False
    return not (answer["yes"] and question.needs_details) or bool(answer.get("details"))


def stored_answers(
    programme: str,
    agreement: Agreement,
    answers: Answers,
    *,
    triages_other_conditions: bool,
    is_own: bool = False,
) -> list[dict]:
    """The answers about one programme as a response keeps them: with the words that were asked.

    Each programme keeps its own questions, though several were answered together.
    `triages_other_conditions` is the organisation's choice on the day; `is_own`: a child was asked
    for themselves. Raises KeyError for a question left out.
    """
    asked_of_them = questionnaire({programme: agreement}, is_own=is_own)
    return [
        {
            "question": asked.key,
            "set": asked.set_name,
            "version": asked.version,
            "follows": asked.follows,
            "text": asked.question.text,
            "hint": asked.question.hint,
            "yes": answers[asked.key]["yes"],
            "details": _details(asked.question, answers[asked.key]),
            "calls_for_triage": _calls_for_triage(asked.question, triages_other_conditions),
        }
        for asked in with_follow_ups(asked_of_them, answers)
    ]


def _details(question: Question, answer: Mapping) -> str:
    return answer["details"] if answer["yes"] and question.needs_details else ""


def _calls_for_triage(question: Question, triages_other_conditions: bool) -> bool:
    if question.triage == Triage.ORGANISATION_DECIDES:
        return triages_other_conditions
    return question.triage == Triage.ALWAYS


def call_for_triage(stored: Iterable[Mapping]) -> bool:
    """Whether a yes among stored answers calls for triage. Source: consent §2.5 and §10."""
    return any(answer["yes"] and answer["calls_for_triage"] for answer in stored)
