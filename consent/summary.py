"""All answers of a draft at a glance, each with a link to change it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cohorts.models import ParentRelationship
from consent.choices import Decision, Reason, Route
from consent.decisions import in_words
from consent.recording_walk import TRIAGE
from consent.selectors.contacts import CHILD_LABEL
from consent.services.contacts import Details
from consent.wizard import Journey
from govuk.filters import emails, govuk_date, line_breaks
from govuk.filters import phone as phone_as_written
from sessions_app.rules import join_words

Change = Callable[[str], str]
HIDDEN = "Hidden because this record is flagged as sensitive"


@dataclass(frozen=True)
class Card:
    """A group of answers; each row has a key, a value and where to change it."""

    title: str
    rows: list[dict]


def summary(journey: Journey, *, change: Change) -> list[Card]:
    """The cards of the last page; `change` gives the address of a step. All steps are valid."""
    cards = [
        Card("Consent", _consent_rows(journey, change)),
        Card("Child", _child_rows(journey)),
        Card("Who responded", _who_rows(journey, change)),
    ]
    if "health" in journey.answers:
        cards.append(Card("Health questions", _health_rows(journey, change)))
    triage = _triage_rows(journey, change)
    return [*cards, Card("Triage", triage)] if triage else cards


def _row(key: str, value, address: str = "", changes: str = "") -> dict:
    return {"key": key, "value": value, "change": address, "changes": changes}


def _consent_rows(journey: Journey, change: Change) -> list[dict]:
    recorded = journey.recorded()
    is_only = len(journey.programmes) == 1
    rows = []
    for programme in journey.programmes:
        key = "Decision" if is_only else f"Decision on {programme.name}"
        label = Decision(recorded.decision(programme.key)).label
        rows.append(_row(key, label, change("decision")))
        agreement = recorded.agreements.get(programme.key)
        if agreement and (agreed_to := in_words(programme.key, agreement)):
            rows.append(_row("Consent is for", agreed_to, change("decision")))
    if not recorded.is_own:
        rows.append(
            _row("How the response was given", Route(recorded.route).label, change("route"))
        )
    if recorded.signed_on:
        rows.append(_row("Date on the form", govuk_date(recorded.signed_on), change("route")))
    if recorded.tells_parents is not None:
        told = "Yes" if recorded.tells_parents else "No"
        rows.append(_row("Tell parents about the vaccination", told, change("tell-parents")))
    if recorded.reason:
        label = Reason(recorded.reason).label
        refused = [one.name for one in journey.programmes if one.key not in recorded.agreements]
        about = f" of {join_words(refused)}" if recorded.agreements else ""
        rows.append(_row(f"Reason for refusal{about}", label, change("reason")))
    if recorded.notes:
        rows.append(_row("Details", line_breaks(recorded.notes), change("notes")))
    if "confirm-refusal" in journey.answers:
        sends = "Yes" if recorded.confirms else "No"
        rows.append(_row("Confirm the refusal by message", sends, change("confirm-refusal")))
    return rows


def _child_rows(journey: Journey) -> list[dict]:
    child = journey.draft.child
    return [
        _row("Full name", child.full_name),
        _row("Date of birth", govuk_date(child.date_of_birth)),
        _row("School", child.school_label),
    ]


def _who_rows(journey: Journey, change: Change) -> list[dict]:
    recorded = journey.recorded()
    if recorded.is_own:
        return [_row("Name", CHILD_LABEL, change("who"))]
    if new := recorded.new_contact:
        relationship = new.other_name or ParentRelationship.Kind(new.kind).label
        return [
            _row("Name", new.full_name, change("contact")),
            _row("Relationship", relationship, change("contact")),
            *_details_rows(new.details, change("contact")),
        ]
    known = journey.known_contact()
    assert known is not None
    rows = [
        _row("Name", known.parent.display_name, change("who")),
        _row("Relationship", known.relationship, change("who")),
    ]
    rows += _details_rows(
        recorded.details(known.parent),
        change("details"),
        typed=journey.answers["details"] if journey.draft.child.is_restricted else None,
    )
    if "update-record" in journey.answers:
        replaces = "Yes" if recorded.replaces_details else "No"
        rows.append(_row("Replace details on record", replaces, change("update-record")))
    return rows


def _details_rows(
    details: Details, address: str, *, typed: Mapping[str, str] | None = None
) -> list[dict]:
    """The details that an answer goes by; on a sensitive record only what was `typed` is shown."""
    texts = "Yes" if details.wants_text_updates else "No"
    rows = {
        "email": _row("Email address", emails(details.email), address),
        "phone": _row(
            "Phone number", phone_as_written(details.phone) if details.phone else "", address
        ),
        "texts": _row("Updates by text message", texts, address),
    }
    if typed is None:
        return list(rows.values())
    shown = {name for name in rows if typed[name]} | ({"texts"} if typed["phone"] else set())
    if not shown:
        return [_row("Contact details", HIDDEN, address)]
    return [row if name in shown else row | {"value": HIDDEN} for name, row in rows.items()]


def _health_rows(journey: Journey, change: Change) -> list[dict]:
    """Each question once, though several programmes ask it."""
    recorded = journey.recorded()
    answers = {
        answer["question"]: answer
        for programme in recorded.agreements
        for answer in recorded.stored_answers(programme)
    }
    return [_row(answer["text"], _said(answer), change("health")) for answer in answers.values()]


def _said(answer: dict):
    if not answer["yes"]:
        return "No"
    return line_breaks(f"Yes: {answer['details']}") if answer["details"] else "Yes"


def _triage_rows(journey: Journey, change: Change) -> list[dict]:
    rows = []
    for programme in journey.programmes:
        verdict = journey.verdict(programme.key)
        if verdict is None:
            continue
        address = change(f"{TRIAGE}{programme.key}")
        name = "Outcome" if len(journey.programmes) == 1 else f"Outcome for {programme.name}"
        rows.append(_row(name, verdict.option.label, address))
        if verdict.delay_until:
            rows.append(_row("Earliest date", govuk_date(verdict.delay_until), address))
        if verdict.notes:
            rows.append(_row("Notes", line_breaks(verdict.notes), address))
    return rows
