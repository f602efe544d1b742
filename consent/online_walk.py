"""The way through the parents' form, and what its answers amount to: pure functions of answers.

Answers are kept by page, those about the child's health by question key. Source: consent §2.2.
"""

from collections.abc import Mapping, Sequence
from functools import cache

from consent import questions, reasons
from consent.decisions import (
    OPTIONS,
    Agreement,
    Narrowing,
    agreement_to,
    agreements_to,
    narrowing_of,
)
from consent.questions import Asked
from govuk.wizard import Answers, Step, Walk

HEALTH = "health-"
HOME, SCHOOL, NONE = "home", "school", "none"


def answered(answers: Answers, step: str, field: str) -> str:
    """One answer of a page; empty if it was not given."""
    return answers.get(step, {}).get(field) or ""


def health_step(key: str) -> str:
    """The page of a health question."""
    return HEALTH + key.replace("_", "-")


@cache
def _key_of(programmes: tuple[str, ...]) -> dict[str, Asked]:
    return {health_step(one.key): one for one in every_question(programmes)}


def question_of(programmes: tuple[str, ...], step: str) -> Asked | None:
    """The health question that a page asks; none for another page."""
    return _key_of(programmes).get(step)


def narrowing(programmes: Sequence[str], answers: Answers) -> Narrowing | None:
    """The further question that the decision leads to, if any."""
    choice = answered(answers, "decision", "decision")
    return narrowing_of(programmes[0], choice) if choice and len(programmes) == 1 else None


def given(programmes: Sequence[str], answers: Answers) -> dict[str, Agreement]:
    """What is agreed to, by programme. Before a narrowing question is answered, its widest
    answer counts, so that no answer about health is lost that may still be wanted.
    """
    further = narrowing(programmes, answers)
    widest = further.choices[0].key if further else ""
    return agreements_to(
        programmes,
        answered(answers, "decision", "decision"),
        chosen=answered(answers, "decision", "chosen"),
        further=answered(answers, "narrowing", "answer") or widest,
    )


def refused(programmes: Sequence[str], answers: Answers) -> list[str]:
    """The programmes that are refused; none before anything is decided."""
    if "decision" not in answers:
        return []
    agreed = given(programmes, answers)
    return [programme for programme in programmes if programme not in agreed]


def health_answers(programmes: tuple[str, ...], answers: Answers) -> dict[str, Mapping]:
    """The answers about health by question key, as `consent.questions` takes them."""
    return {
        asked.key: {
            "yes": answers[step]["answer"] == "yes",
            "details": answers[step].get("details", ""),
        }
        for step, asked in _key_of(programmes).items()
        if step in answers
    }


def every_question(programmes: tuple[str, ...]) -> list[Asked]:
    """All questions that any decision about the programmes may lead to, in the order asked."""
    main = questions.questionnaire({programme: _widest(programme) for programme in programmes})
    yes = {one.key: {"yes": True} for one in main}
    return questions.with_follow_ups(main, yes)


def _widest(programme: str) -> Agreement:
    """The agreement that asks most: the first choice, and the first answer to what it leads to."""
    first = OPTIONS[programme].choices[0].key
    further = narrowing_of(programme, first)
    agreement = agreement_to(programme, first, further.choices[0].key if further else "")
    assert agreement is not None
    return agreement


@cache
def _main_questions(agreed: tuple[tuple[str, Agreement], ...]) -> list[Asked]:
    return questions.questionnaire(dict(agreed))


@cache
def walk(programmes: tuple[str, ...], *, is_clinic: bool) -> Walk:
    """The pages of the form about these programmes, by the kind of link."""

    def is_given(answers: Answers) -> bool:
        return bool(given(programmes, answers))

    def is_refused(answers: Answers) -> bool:
        return bool(refused(programmes, answers))

    def asks(key: str):
        def is_asked(answers: Answers) -> bool:
            main = _main_questions(tuple(given(programmes, answers).items()))
            asked = questions.with_follow_ups(main, health_answers(programmes, answers))
            return any(one.key == key for one in asked)

        return is_asked

    def rule(answers: Answers) -> reasons.ReasonRule | None:
        reason = answered(answers, "reason", "reason")
        return reasons.rule_of(reason, programme=programmes[0]) if reason else None

    def needs_details(answers: Answers) -> bool:
        found = rule(answers)
        return found is not None and found.needs_details

    def offers_follow_up(answers: Answers) -> bool:
        found = rule(answers)
        return found is not None and found.offers_follow_up

    where = Step("education") if is_clinic else Step("confirm-school")
    return Walk(
        [
            Step("name"),
            Step("date-of-birth"),
            where,
            Step("school", _is_school_asked),
            Step("about-you"),
            Step("contact-method", lambda answers: bool(answered(answers, "about-you", "phone"))),
            Step("decision"),
            Step("narrowing", lambda answers: narrowing(programmes, answers) is not None),
            Step("address", is_given),
            *(Step(step, asks(asked.key)) for step, asked in _key_of(programmes).items()),
            Step("reason", is_refused),
            Step("details", needs_details),
            Step("follow-up", offers_follow_up),
        ]
    )


def _is_school_asked(answers: Answers) -> bool:
    return (
        answered(answers, "confirm-school", "is_school") == "no"
        or answered(answers, "education", "education") == SCHOOL
    )


# After a changed answer the pages that it bears on are shown again, though they are answered.
RUNS_ON = {
    "confirm-school": ("school",),
    "education": ("school",),
    "decision": ("narrowing", "reason"),
    "reason": ("details", "follow-up"),
}


def next_page(found: Walk, step: str, answers: Answers) -> str | None:
    """The page after `step`: one that its answer bears on, else the first unanswered.

    None is the check.
    """
    path = found.path(answers)
    missing = found.first_unanswered(answers)
    for name in RUNS_ON.get(step, ()):
        if name in path and (missing is None or path.index(name) <= path.index(missing)):
            return name
    return missing
