"""What a person reads once they answered, online or to staff: one wording for both.

It tells no health answer, no address and no reason for a refusal. Source: consent §2.7, §12, §15.
"""

from collections.abc import Sequence
from datetime import date
from typing import Protocol
from uuid import UUID, uuid5

from consent import messages
from consent.choices import Decision
from consent.decisions import Agreement, in_words
from consent.models import ConsentResponse
from govuk.filters import begin_small, govuk_date_with_weekday
from programmes.models import Programme
from sessions_app.models import Session
from sessions_app.rules import join_words
from sessions_app.selectors.lists import days_of

GIVEN = "consent_confirmation_given"
REFUSED = "consent_confirmation_refused"
TRIAGE = "consent_confirmation_triage"
CLINIC = "consent_confirmation_clinic"
WITHDRAWN = "consent_withdrawn"
TEMPLATES = (GIVEN, REFUSED, TRIAGE, CLINIC, WITHDRAWN)
# The others tell what comes next at some length, and go by email only. Source: consent §2.7.
TEXTED = (GIVEN, REFUSED, WITHDRAWN)

TELL_LATER = "We will contact you about when and where your child can have the vaccination."
MAYBE_AT_A_CLINIC = f"{TELL_LATER} This may be at a clinic."
NOT_AT_SCHOOL = "Children who do not go to a school can have the vaccination at a community clinic."
WILL_BE_INVITED = "We will send you an invitation to book an appointment."
NOT_BOOKED_YET = "If you have not booked an appointment at a clinic yet:"
REVIEW = (
    "A nurse will look at your answers about your child’s health, to check that the vaccination is "
    "suitable. We may contact you to ask for more details, and we will tell you what was decided."
)
NOT_GIVEN = "We do not plan to give this vaccination."
CALL_BACK = "You asked to talk about it. We will contact you."
_FIXED_STEPS = {TRIAGE: REVIEW, CLINIC: MAYBE_AT_A_CLINIC}
AT_A_CLINIC = "at a community clinic, at the appointment that you book"


class Answer(Protocol):
    """One decision about one programme, however it was given."""

    programme: Programme
    programme_id: str
    decision: str
    methods: list[str]
    without_gelatine: bool


def reply_to(decision: str, *, needs_triage: bool) -> str:
    """Which reply one decision gets; empty for none: nobody is told of "No response"."""
    if decision == Decision.REFUSED:
        return REFUSED
    if decision != Decision.GIVEN:
        return ""
    return TRIAGE if needs_triage else GIVEN


def letter_of(answer: UUID, template: str) -> UUID:
    """The occasion of a reply: each is sent about an answer once, whatever happens twice."""
    return uuid5(answer, template)


def about(answers: Sequence[Answer], session: Session) -> dict[str, str]:
    """The vaccinations that were answered about alike, what kind was agreed to, and whom to ask."""
    named = messages.about_vaccination([answer.programme for answer in answers])
    kinds = ", ".join(filter(None, map(_agreed_to, answers)))
    return named | {
        "vaccination_agreed": named["vaccination"] + (f" ({kinds})" if kinds else ""),
        **messages.about_team(session),
    }


def _agreed_to(answer: Answer) -> str:
    if answer.decision != Decision.GIVEN:
        return ""
    agreement = Agreement(tuple(answer.methods), answer.without_gelatine)
    return begin_small(in_words(answer.programme_id, agreement))


def next_steps(
    template: str, *, place: str, days: Sequence[str] = (), wants_talk: bool = False
) -> str:
    """The paragraphs that depend on what was decided, where, and for when.

    `place` is empty while it is not certain: a move to another school may still be confirmed or
    ignored, or the child may not be vaccinated as things stand. Then no day is named either.
    Source: consent §5 and §9.3.
    """
    if template == REFUSED:
        return f"{NOT_GIVEN}\n\n{CALL_BACK}" if wants_talk else NOT_GIVEN
    if template in _FIXED_STEPS:
        return _FIXED_STEPS[template]
    if not place:
        return TELL_LATER
    when = f" on {join_words(days)}" if days else ""
    return (
        f"We expect to vaccinate your child {place}{when}. If anything changes, we will tell you."
    )


def personalisation(
    template: str,
    responses: Sequence[ConsentResponse],
    session: Session,
    *,
    is_certain: bool,
    today: date,
) -> dict[str, str]:
    """The values of a reply about one person's like answers; `session` was fetched `with_days`.

    `is_certain`: whether, as things stand, the child will be vaccinated in this session.
    """
    place, days = _place_and_days(session, today) if is_certain else ("", [])
    return {
        **messages.about_child(responses[0].child),
        **about(responses, session),
        "next_steps": next_steps(
            template,
            place=place,
            days=days,
            wants_talk=any(one.wants_follow_up and not one.follow_up_outcome for one in responses),
        ),
    }


def _place_and_days(session: Session, today: date) -> tuple[str, list[str]]:
    """Where the child is expected to be vaccinated, and on which days; an empty place: unknown."""
    if session.is_clinic:
        return AT_A_CLINIC, []
    upcoming = [govuk_date_with_weekday(day) for day in days_of(session) if day >= today]
    return (f"at {session.location.name}", upcoming) if upcoming else ("", [])
