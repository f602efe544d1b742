"""What parents are told of what they answered, and the last look before it leaves.

Source: consent §12; design §4.4.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID, uuid5

from cohorts.models import Child, Contact, ParentRelationship
from consent import messages
from consent.choices import Decision
from consent.decisions import Agreement, in_words
from consent.guard import CALLED_BACK, CONTACT_CHANGED, DECEASED, INVALID, RESTRICTED
from consent.models import ConsentResponse
from govuk.filters import govuk_date_with_weekday
from notifications.models import Message
from sessions_app.models import Session
from sessions_app.rules import join_words
from sessions_app.selectors.lists import days_of

GIVEN = "consent_given"
NEEDS_TRIAGE = "consent_needs_triage"
REFUSED = "consent_refused"
WITHDRAWN = "consent_withdrawn"
TEMPLATES = (GIVEN, NEEDS_TRIAGE, REFUSED, WITHDRAWN)
# Whether one needs triage is told by email only. Source: consent §2.7.
BY_EMAIL_ONLY = (NEEDS_TRIAGE,)

MARKED_INVALID = "The response was marked as invalid meanwhile"
IS_WITHDRAWN = "The consent was withdrawn meanwhile"
ANSWERED_AGAIN = "The same person answered again meanwhile"


def letter_of(response: ConsentResponse, template: str) -> UUID:
    """The occasion of a reply: each is sent about a response once, whatever happens twice."""
    return uuid5(response.public_id, template)


def personalisation(
    responses: Sequence[ConsentResponse], session: Session, *, today: date
) -> dict[str, str]:
    """The values of a reply about one person's like answers; `session` was fetched `with_days`.

    It says no health answer, no address and no reason for a refusal. Source: consent §15.
    """
    programmes = [response.programme for response in responses]
    values = messages.about(responses[0].child, session, programmes)
    agreed = [_agreed_to(response) for response in responses]
    extra = f" ({', '.join(filter(None, agreed))})" if any(agreed) else ""
    return values | {
        "vaccination_agreed": values["vaccination"] + extra,
        "what_happens_next": _next_step(session, today),
    }


def _agreed_to(response: ConsentResponse) -> str:
    if response.decision != Decision.GIVEN:
        return ""
    agreement = Agreement(tuple(response.methods), response.without_gelatine)
    words = in_words(response.programme_id, agreement)
    return words[:1].lower() + words[1:]


def _next_step(session: Session, today: date) -> str:
    if session.is_clinic:
        return "It is given at a community clinic, at the appointment that you book."
    upcoming = [govuk_date_with_weekday(day) for day in days_of(session) if day >= today]
    if not upcoming:
        return "We will contact you about when and where it is given."
    return f"Our team plans to give it at {session.location.name} on {join_words(upcoming)}."


def guard(about: Sequence[Message], *, now: datetime) -> dict[int, str]:
    """Message id → why it must not be sent any more, for those that must not. Four queries."""
    child_ids = {message.child_id for message in about}
    children = Child.objects.in_bulk(child_ids)
    responses = list(ConsentResponse.objects.filter(child_id__in=child_ids))
    by_letter = {
        letter_of(response, template): response for response in responses for template in TEMPLATES
    }
    parents = set(
        ParentRelationship.objects.filter(child__in=child_ids).values_list("child_id", "parent_id")
    )
    contacts = set(
        Contact.objects.filter(child__in=child_ids).values_list("child_id", "channel", "recipient")
    )
    reasons = {}
    for message in about:
        response = by_letter.get(message.letter)
        reason = _why_not(message, children[message.child_id], response, responses)
        if not reason and not _still_reaches(message, response, parents, contacts):
            reason = CONTACT_CHANGED
        reasons[message.pk] = reason
    return {message_id: reason for message_id, reason in reasons.items() if reason}


def _why_not(
    message: Message,
    child: Child,
    response: ConsentResponse | None,
    others: Sequence[ConsentResponse],
) -> str:
    if response is None:
        return CALLED_BACK
    if child.date_of_death is not None:
        return DECEASED
    if child.invalidated_at is not None:
        return INVALID
    if child.is_restricted:
        return RESTRICTED
    if response.invalidated_at is not None:
        return MARKED_INVALID
    if message.template != WITHDRAWN and response.withdrawn_at is not None:
        return IS_WITHDRAWN
    return ANSWERED_AGAIN if any(_replaces(other, response) for other in others) else ""


def _still_reaches(
    message: Message,
    response: ConsentResponse,
    parents: Collection[tuple[int, int]],
    contacts: Collection[tuple[int, str, str]],
) -> bool:
    """Whether it goes to a parent of the child, where they can be written to, or as they just
    said.
    """
    return (message.child_id, response.parent_id) in parents and (
        message.recipient in (response.email, response.phone)
        or (message.child_id, message.channel, message.recipient) in contacts
    )


def _replaces(other: ConsentResponse, response: ConsentResponse) -> bool:
    """Whether the same person gave a later answer that counts instead."""
    return (
        (other.child_id, other.programme_id, other.academic_year, other.parent_id)
        == (response.child_id, response.programme_id, response.academic_year, response.parent_id)
        and other.invalidated_at is None
        and other.decision != Decision.NOT_PROVIDED
        and (other.responded_at, other.pk) > (response.responded_at, response.pk)
    )
