"""What a parent reads once their online answer is recorded: given, refused, to review, clinic.

A reply depends on nothing but what the parent typed and the session of their link, so that it never
tells whether we know the child. It repeats neither reasons nor answers about health.

Source: consent §2.7, §12 and §15.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID, uuid5

from consent.choices import Decision
from consent.decisions import Agreement, in_words
from consent.models import OnlineDecision, OnlineResponse
from consent.online_rules import Outcome, name_in_messages
from govuk.filters import govuk_date_with_weekday
from sessions_app.models import Session
from sessions_app.rules import join_words, vaccination_named
from sessions_app.selectors.lists import days_of

GIVEN = "consent_confirmation_given"
REFUSED = "consent_confirmation_refused"
TRIAGE = "consent_confirmation_triage"
CLINIC = "consent_confirmation_clinic"
TEMPLATES = (GIVEN, REFUSED, TRIAGE, CLINIC)
# The others tell what comes next at some length, and go by email only.
TEXTED = (GIVEN, REFUSED)

_TEMPLATE_OF = {Outcome.GIVEN: GIVEN, Outcome.TRIAGE: TRIAGE, Outcome.CLINIC: CLINIC}
LONGEST_NAME = 60


def letter_of(response: OnlineResponse, template: str) -> UUID:
    """The one occasion of a reply to an answer."""
    return uuid5(response.public_id, template)


def sorted_by_reply(
    decisions: Sequence[OnlineDecision], outcome: Outcome
) -> dict[str, list[OnlineDecision]]:
    """The decisions of an online answer by the reply that tells of them: what is given apart from
    what is refused.
    """
    replies: dict[str, list[OnlineDecision]] = {}
    for decision in decisions:
        is_given = decision.decision == Decision.GIVEN
        template = _TEMPLATE_OF[outcome] if is_given else REFUSED
        replies.setdefault(template, []).append(decision)
    return replies


def personalisation(
    template: str, response: OnlineResponse, decisions: Sequence[OnlineDecision], *, today: date
) -> dict[str, str]:
    """What fills a reply to an online answer. Names are as typed, made harmless.

    Dates are named only to who confirmed the school of the link: with another school a move is
    still to be decided. The response's session was fetched `with_days`.
    """
    first = name_in_messages(response.given_name, longest=LONGEST_NAME)
    last = name_in_messages(response.family_name, longest=LONGEST_NAME)
    preferred_first = name_in_messages(response.preferred_given_name, longest=LONGEST_NAME)
    preferred_last = name_in_messages(response.preferred_family_name, longest=LONGEST_NAME)
    known_as = ""
    if preferred_first or preferred_last:
        known_as = f" (known as {preferred_first or first} {preferred_last or last})"
    school = response.school.name if response.school else ""
    is_certain = response.school_id == response.session.location_id
    return {
        "short_child_name": preferred_first or first,
        "full_and_preferred_child_name": f"{first} {last}{known_as}",
        **_about(decisions, response.session),
        "next_steps": _next_steps(
            template,
            decisions,
            place=f"at {school}",
            days=_days_to_come(response.session, today) if is_certain else [],
        ),
    }


def _about(decisions: Sequence[OnlineDecision], session: Session) -> dict[str, str]:
    team = session.location.team
    names = [decision.programme.name_in_sentence for decision in decisions]
    return {
        "vaccination": vaccination_named(names),
        "team_name": team.name,
        "team_email": team.email,
        "team_phone": team.phone,
    }


def _next_steps(
    template: str, decisions: Sequence[OnlineDecision], *, place: str, days: Sequence[str]
) -> str:
    """The paragraphs that depend on what was decided, where, and for when."""
    if template == REFUSED:
        paragraphs = ["We will not give this vaccination."]
        if any(decision.wants_follow_up for decision in decisions):
            paragraphs.append("You asked to talk about it. We will contact you.")
        return "\n\n".join(paragraphs)
    when = f" on {join_words(days)}" if days else ""
    paragraphs = [
        f"We expect to vaccinate your child {place}{when}. If anything changes, we will tell you."
    ]
    return "\n\n".join([*_agreed(decisions), *paragraphs])


def _agreed(decisions: Sequence[OnlineDecision]) -> list[str]:
    """What kind of vaccine was agreed to, where there was a choice."""
    kinds = [
        (
            decision.programme.name,
            in_words(
                decision.programme_id,
                Agreement(tuple(decision.methods), without_gelatine=decision.without_gelatine),
            ),
        )
        for decision in decisions
    ]
    return [f"{name}, you agreed to: {kind.lower()}." for name, kind in kinds if kind]


def _days_to_come(session: Session, today: date) -> list[str]:
    return [govuk_date_with_weekday(day) for day in days_of(session) if day > today]
