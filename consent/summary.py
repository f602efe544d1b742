"""All answers of a draft at a glance, each with a link to change it."""

from collections.abc import Callable
from dataclasses import dataclass

from cohorts.models import ParentRelationship
from consent.decisions import in_words
from consent.models import ConsentResponse
from consent.wizard import Journey
from govuk.filters import line_breaks
from govuk.filters import phone as phone_as_written

Change = Callable[[str], str]


@dataclass(frozen=True)
class Card:
    """A group of answers; each row has a key, a value and where to change it."""

    title: str
    rows: list[dict]


def summary(journey: Journey, *, change: Change) -> list[Card]:
    """The cards of the last page; `change` gives the address of a step. All steps are valid."""
    cards = [
        Card("Consent", _consent_rows(journey, change)),
        Card("Parent or guardian", _contact_rows(journey, change)),
    ]
    if "health" in journey.answers:
        cards.append(Card("Health questions", _health_rows(journey, change)))
    return cards


def _row(key: str, value, address: str) -> dict:
    return {"key": key, "value": value, "change": address}


def _consent_rows(journey: Journey, change: Change) -> list[dict]:
    answer = journey.response()
    rows = [
        _row("Decision", ConsentResponse.Decision(answer.decision).label, change("decision")),
        _row(
            "How the response was given",
            ConsentResponse.Route(answer.route).label,
            change("route"),
        ),
    ]
    agreed_to = answer.agreement and in_words(journey.draft.programme_id, answer.agreement)
    if agreed_to:
        rows.append(_row("Consent is for", agreed_to, change("decision")))
    if answer.reason:
        label = ConsentResponse.Reason(answer.reason).label
        rows.append(_row("Reason for refusal", label, change("reason")))
    if answer.notes:
        rows.append(_row("Details", line_breaks(answer.notes), change("notes")))
    return rows


def _contact_rows(journey: Journey, change: Change) -> list[dict]:
    contact = journey.contact()
    if isinstance(contact, int):
        known = next(found for found in journey.contacts if found.parent.pk == contact)
        return [
            _row("Name", known.parent.display_name, change("who")),
            _row("Relationship", known.relationship, change("who")),
        ]
    relationship = contact.other_name or ParentRelationship.Kind(contact.kind).label
    phone = phone_as_written(contact.phone) if contact.phone else ""
    return [
        _row("Name", contact.full_name, change("contact")),
        _row("Relationship", relationship, change("contact")),
        _row("Email address", contact.email, change("contact")),
        _row("Phone number", phone, change("contact")),
    ]


def _health_rows(journey: Journey, change: Change) -> list[dict]:
    return [
        _row(
            answer["text"],
            line_breaks(f"Yes: {answer['details']}") if answer["yes"] else "No",
            change("follow-ups" if answer["follows"] else "health"),
        )
        for answer in journey.response().health_answers
    ]
