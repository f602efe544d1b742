"""Edge cases of consent §15 that no other test names."""

from datetime import timedelta

import pytest
from django.urls import reverse

from cohorts.models import Parent, ParentRelationship
from consent.forms import online as pages
from consent.models import ConsentResponse
from consent.selectors.contacts import known_contacts
from sessions_app.models import ProgrammeStatus
from tests.consent.online import NOW, parents_of, titles_of
from tests.pages import page

pytestmark = pytest.mark.django_db


def rows_on_page(client, link, child):
    names = {"slug": link.session.slug, "public_id": child.public_id}
    shown = page(client.get(reverse("consent:child", kwargs=names)), names_person=True)
    return [(row[0], row[2]) for row in shown.rows]


def test_consent_15_two_answers_of_one_parent_are_both_kept_and_shown(link, nurse_client):
    """Minutes apart, on two forms: the newer one counts, and staff see both."""
    child = link.child()
    first = link.answer()
    refusal = [{"programme_id": "hpv", "decision": "refused", "reason": "personal"}]
    link.answer(decisions=refusal, recorded_at=first.recorded_at + timedelta(minutes=3))
    assert ConsentResponse.objects.count() == 2
    assert rows_on_page(nurse_client, link, child) == [
        ("Mo LeeMum", "Consent refusedPersonal choice"),
        ("Mo LeeMum", "Consent given Superseded"),
    ]
    status = ProgrammeStatus.objects.get(child=child, programme="hpv", academic_year=2026)
    assert status.consent == "refused"


def test_consent_15_what_a_parent_said_outlives_their_details(link, nurse_client):
    """Their contact details change, and they leave the record: the response reads as it did."""
    child = link.child()
    link.answer()
    response = ConsentResponse.objects.get()
    Parent.objects.filter(pk=response.parent_id).update(full_name="Other", email="o@example.com")
    ParentRelationship.objects.filter(parent=response.parent_id).delete()
    assert rows_on_page(nurse_client, link, child) == [("Mo LeeMum", "Consent given")]
    kept = ConsentResponse.objects.get()
    assert (kept.parent_name, kept.email) == ("Mo Lee", "mo@example.com")


def test_consent_15_two_parents_with_one_email_stay_two_people(link):
    child = link.child()
    link.answer(parent_name="Sam Lee", relationship="father")
    assert {name for name, _, _ in parents_of(child)} == {"Mo Lee", "Sam Lee"}
    assert len(known_contacts(child)) == 2
    refusal = [{"programme_id": "hpv", "decision": "refused", "reason": "personal"}]
    link.answer(decisions=refusal)
    status = ProgrammeStatus.objects.get(child=child, programme="hpv", academic_year=2026)
    assert status.consent == "conflicts", "neither speaks for the other"


def test_consent_15_an_answer_after_the_day_is_kept_and_marked(link, nurse_client):
    """It waits past the session and is matched then: attached, and the log says when."""
    child = link.child()
    response = link.response(recorded_at=NOW - timedelta(days=30))
    link.match(response, now=NOW + timedelta(days=30))
    entry = child.activity.get(title="Consent given by Mo Lee (Mum)")
    assert "Answered on 13 December 2026" in entry.body
    assert "Consent given by Mo Lee (Mum)" in titles_of(child)


def test_consent_15_a_person_of_one_name_may_give_it_twice():
    form = pages.NameForm(
        {"given_name": "Suharto", "family_name": "Suharto", "uses_other_name": "no"}
    )
    assert form.is_valid()
