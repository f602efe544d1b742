"""All answers of a parent's form at a glance, each with a link to change it."""

from collections.abc import Callable

from consent import online_walk as way
from consent.decisions import in_words
from consent.forms.online import ContactMethodForm
from consent.forms.online_decisions import REASON_LABELS
from consent.models import OnlineResponse
from consent.online_journey import OnlineJourney
from consent.summary import Card
from govuk.filters import emails, govuk_date, line_breaks
from govuk.filters import phone as phone_as_written
from sessions_app.rules import join_words

Change = Callable[[str], str]


def summary(journey: OnlineJourney, *, change: Change) -> list[Card]:
    """The cards of the last page; `change` gives the address of a step. All steps are valid."""
    response = journey.response()
    cards = [
        Card("Consent", _consent_rows(journey, change)),
        Card("About your child", _child_rows(journey, response, change)),
        Card("About you", _parent_rows(response, change)),
    ]
    if health := _health_rows(journey, change):
        cards.append(Card("Health questions", health))
    return cards


def _row(key: str, value, address: str) -> dict:
    return {"key": key, "value": value, "change": address}


def _consent_rows(journey: OnlineJourney, change: Change) -> list[dict]:
    given = way.given(journey.keys, journey.answers)
    rows = []
    for programme in journey.programmes:
        decision = "Consent given" if programme.key in given else "Consent refused"
        rows.append(_row(programme.vaccination, decision, change("decision")))
        agreed_to = programme.key in given and in_words(programme.key, given[programme.key])
        if agreed_to:
            step = "narrowing" if "narrowing" in journey.answers else "decision"
            rows.append(_row("Consent is for", agreed_to, change(step)))
    if "reason" in journey.answers:
        reason = REASON_LABELS[journey.cleaned("reason")["reason"]]
        refused = [one.name for one in journey.programmes if one.key not in given]
        about = f" of {join_words(refused)}" if given else ""
        rows.append(_row(f"Reason for refusal{about}", reason, change("reason")))
    if "details" in journey.answers:
        details = line_breaks(journey.cleaned("details")["details"])
        rows.append(_row("Reason details", details, change("details")))
    if "follow-up" in journey.answers:
        wanted = journey.cleaned("follow-up")["follow_up"] == "yes"
        rows.append(_row("Talk to our team", "Yes" if wanted else "No", change("follow-up")))
    return rows


def _child_rows(journey: OnlineJourney, response: OnlineResponse, change: Change) -> list[dict]:
    name = f"{response.given_name} {response.family_name}"
    preferred = (
        response.preferred_given_name or response.given_name,
        response.preferred_family_name or response.family_name,
    )
    rows = [_row("Child’s name", name, change("name"))]
    if response.preferred_given_name or response.preferred_family_name:
        rows.append(_row("Name used in school", " ".join(preferred), change("name")))
    born = govuk_date(response.date_of_birth)
    rows.append(_row("Date of birth", born, change("date-of-birth")))
    school_step = "education" if journey.session.is_clinic else "confirm-school"
    rows.append(_row("School", school_in_words(response), change(school_step)))
    if response.address_line_1:
        lines = [
            response.address_line_1,
            response.address_line_2,
            response.town,
            response.postcode,
        ]
        address = line_breaks("\n".join(line for line in lines if line))
        rows.append(_row("Home address", address, change("address")))
    return rows


def school_in_words(response: OnlineResponse) -> str:
    """The school's name, or how the child is taught without one."""
    if response.school:
        return response.school.name
    return "Home-schooled" if response.home_educated else "Not in education"


def _parent_rows(response: OnlineResponse, change: Change) -> list[dict]:
    phone = phone_as_written(response.phone) if response.phone else "Not provided"
    rows = [
        _row("Your name", response.parent_name, change("about-you")),
        _row("Relationship", response.relationship_label, change("about-you")),
        _row("Email address", emails(response.email), change("about-you")),
        _row("Phone number", phone, change("about-you")),
    ]
    if response.phone:
        updates = "Yes" if response.wants_text_updates else "No"
        rows.append(_row("Get updates by text", updates, change("about-you")))
        needs = dict(ContactMethodForm.base_fields["contact_method"].choices)
        need = response.contact_method_details or needs[response.contact_method]
        rows.append(_row("Phone contact method", need, change("contact-method")))
    return rows


def _health_rows(journey: OnlineJourney, change: Change) -> list[dict]:
    rows = []
    for step in journey.walk.path(journey.answers):
        asked = way.question_of(journey.keys, step)
        if asked is None:
            continue
        cleaned = journey.cleaned(step)
        value = "No"
        if cleaned["answer"] == "yes":
            details = cleaned.get("details", "")
            value = line_breaks(f"Yes – {details}") if details else "Yes"
        rows.append(_row(asked.question.text, value, change(step)))
    return rows
