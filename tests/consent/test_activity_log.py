"""What the activity log says of consent, and how it shows what counts no more. Source: consent
§16.
"""

import pytest
from django.urls import reverse

from consent.models import ConsentResponse
from consent.services.changes import invalidate_response, withdraw_response
from tests.consent.wizard import names
from tests.pages import page, text_of
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db
LATER = at("2027-01-12T11:00")


@pytest.fixture
def log(nurse_client, clinic, child):
    """The headings of the log, oldest first, and what of them is struck through."""

    def read():
        address = reverse("consent:activity", kwargs=names(clinic, child))
        shown = page(nurse_client.get(address), names_person=True)
        entries = shown.all("li", class_="mavis-activity__entry")
        headings = [heading for entry in entries for heading in entry.iter("h3")]
        return [
            (text_of(heading), [text_of(struck) for struck in heading.iter("s")])
            for heading in reversed(headings)
        ]

    return read


@pytest.fixture
def recorded(wizard, mum):
    """Mum's yes by phone, with an answer that a nurse found safe."""
    wizard.choose(mum.pk).answer(route="phone").answer(decision="given")
    asked = {radio.get("name") for radio in wizard.shown.all("input", type="radio")}
    yes = {"severe_allergies": "yes", "severe_allergies_details": "Nuts"}
    wizard.answer(**dict.fromkeys(asked, "no") | yes)
    wizard.answer(outcome="safe").answer()
    return ConsentResponse.objects.get()


def test_consent_16_withdrawn_and_invalid_entries_are_struck_through_and_say_so(
    recorded, mum, nurse, log
):
    given = f"Consent given by {mum.full_name} (Mum)"
    safe = "Triaged decision: Safe to vaccinate"
    told = [entry for entry in log() if entry[0] in (given, safe)]
    assert told == [(given, []), (safe, [])]
    withdraw_response(response=recorded, reason="personal", notes="", now=LATER, by=nurse)
    shown = log()
    assert (f"{given} Withdrawn", [given]) in shown
    assert (f"{safe} Invalid", [safe]) in shown
    assert (f"Consent from {mum.full_name} withdrawn", []) in shown
    assert ("Triage decision invalidated: Safe to vaccinate", []) in shown
    invalidate_response(response=recorded, notes="Neighbour", now=at("2027-01-12T12:00"), by=nurse)
    shown = log()
    assert (f"{given} Invalid", [given]) in shown
    assert (f"Consent from {mum.full_name} invalidated", []) in shown
