"""What a paper consent form asks: the decisions, reasons and health questions of its programmes.

Made from the very tables that parents answer from online, so that the two cannot differ.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from consent import questions, reasons
from consent.choices import Reason
from consent.decisions import OPTIONS, Agreement, Choice
from consent.questions import Question
from consent.selectors.sessions import respond_by
from govuk.filters import govuk_date, govuk_date_with_weekday
from govuk.filters import phone as phone_as_written
from programmes.models import Programme
from programmes.selectors import contains_gelatine
from sessions_app.models import Session
from sessions_app.rules import join_words, vaccination_named
from sessions_app.selectors.lists import days_of

HOW_TO_RETURN = (
    "Send us a photo or a scan of every page by email. Or call us, and we will tell you where to "
    "hand it in. Contact us too if you have questions."
)


@dataclass(frozen=True)
class Line:
    """A question with the answers to tick; `details` asks for what to write below."""

    text: str
    answers: Sequence[str]
    hint: str = ""
    details: str = ""
    is_follow_up: bool = False


@dataclass(frozen=True)
class PaperForm:
    """A form, ready to be typeset."""

    title: str
    introduction: Sequence[str]
    decisions: Sequence[Line]
    reasons: Sequence[str]
    health: Sequence[Line]
    how_to_return: str
    team: Sequence[str]


def form_for(session: Session, programmes: Sequence[Programme], *, today: date) -> PaperForm:
    """The form for programmes that are answered together; `session` was fetched `with_days`."""
    names = [programme.name_in_sentence for programme in programmes]
    keys = [programme.key for programme in programmes]
    team = session.whom_to_ask
    return PaperForm(
        title=f"Consent form for the {vaccination_named(names)}",
        introduction=_introduction(session, today),
        decisions=[line for programme in programmes for line in _decisions(programme)],
        reasons=_reasons(session, keys),
        health=[line for asked in health_questions(keys) for line in _lines(asked)],
        how_to_return=HOW_TO_RETURN,
        team=[team.name, f"Email: {team.email}", f"Phone: {phone_as_written(team.phone)}"],
    )


def _introduction(session: Session, today: date) -> list[str]:
    upcoming = [govuk_date_with_weekday(day) for day in days_of(session) if day >= today]
    sentences = []
    if not session.is_clinic and upcoming:
        sentences.append(f"Our team will be at {session.location.name} on {join_words(upcoming)}.")
    deadline = respond_by(session, today=today)
    by = f" by {govuk_date(deadline)}" if deadline else ""
    sentences.append(
        f"Fill in this form and return it{by}, whether or not you agree. "
        "The last part of the form says how."
    )
    sentences.append(
        "Somebody with parental responsibility must fill it in. Use capital letters, and a pen."
    )
    return sentences


def _decisions(programme: Programme) -> list[Line]:
    options = OPTIONS[programme.key]
    vaccination = vaccination_named([programme.name_in_sentence])
    lines = [
        Line(
            f"Do you agree to your child having the {vaccination}?",
            [*map(_answer, options.choices), "No, I do not agree"],
        )
    ]
    for key, further in options.narrowings.items():
        chosen = next(choice for choice in options.choices if choice.key == key)
        hint = f"Only if you ticked: {chosen.parent_label}"
        lines.append(Line(further.parent_text, [*map(_answer, further.choices)], hint=hint))
    return lines


def _answer(choice: Choice) -> str:
    return f"{choice.parent_label}. {choice.hint}" if choice.hint else choice.parent_label


def _reasons(session: Session, keys: Sequence[str]) -> list[str]:
    """The reasons to tick; those that need details ask for them, of one programme as online."""
    programme = keys[0] if len(keys) == 1 else ""
    offered = reasons.offered(
        contains_gelatine=any(contains_gelatine(key) for key in keys),
        is_at_school=not session.is_clinic,
    )
    return [_reason(reason, programme) for reason in offered]


def _reason(reason: Reason, programme: str) -> str:
    text = reasons.rule_of(reason, programme=programme).parent_text
    return f"{reason.label}. {text}" if text else str(reason.label)


def fullest_agreement(programme: str) -> Agreement:
    """Consent to everything that a programme offers: paper asks whatever any choice asks."""
    options = OPTIONS[programme]
    choices = [*options.choices]
    for further in options.narrowings.values():
        choices += further.choices
    methods = {method: None for choice in choices for method in choice.agreement.methods}
    return Agreement(tuple(methods))


def health_questions(programmes: Iterable[str]) -> list[Question]:
    """The main questions of a form on which programmes are answered together."""
    given: Mapping[str, Agreement] = {key: fullest_agreement(key) for key in programmes}
    return [asked.question for asked in questions.questionnaire(given)]


def _lines(question: Question, *, is_follow_up: bool = False) -> list[Line]:
    line = Line(
        question.text,
        ["Yes", "No"],
        hint=question.hint,
        details=f"If yes: {question.details_prompt}" if question.needs_details else "",
        is_follow_up=is_follow_up,
    )
    follow_ups = [line for one in question.follow_ups for line in _lines(one, is_follow_up=True)]
    return [line, *follow_ups]
