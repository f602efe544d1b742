"""“This response is about another child”: the page, and where it leads. Consent §4 and §13."""

import functools
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.models import AccessLogEntry
from consent.models import Triage
from consent.services import matching, online_replies, unmatching
from notifications.models import Message
from sessions_app import statuses
from tests import factories
from tests.consent.online import NOW, YES_TO_TRIAGE
from tests.pages import count_queries, page

pytestmark = pytest.mark.django_db
REASON = "Their mother phoned: she meant her nephew"


@pytest.fixture
def child(link):
    return link.child(given_name="Samuel", family_name="Poole")


@pytest.fixture
def response(link, child, nurse):
    """Pat Poole's about Sam Poole, linked with Samuel Poole."""
    response = link.response(
        given_name="Sam", family_name="Poole", parent_name="Pat Poole", email="pat@example.com"
    )
    online_replies.confirm(response.pk, now=NOW)
    matching.link(response_id=response.pk, child=child, by=nurse, now=NOW)
    Message.objects.update(status="delivered", accepted_at=NOW)
    response.refresh_from_db()
    return response


def address(name, response, child):
    consent = child.consent_responses.get(parent_name="Pat Poole")
    return reverse(
        f"consent:{name}",
        kwargs={
            "slug": response.session.slug,
            "public_id": child.public_id,
            "response_id": consent.public_id,
        },
    )


def letter_to_pat(response, child):
    pat = child.relationships.get(parent__full_name="Pat Poole").parent
    return Message.objects.create(
        letter=uuid4(),
        template="clinic_initial_invitation",
        channel="email",
        recipient=pat.email,
        child=child,
        parent=pat,
        organisation=response.organisation,
        status="delivered",
        due_at=NOW,
        accepted_at=NOW,
        created_at=NOW,
    )


def test_from_the_response_to_the_list_and_the_search(
    administrator_client, administrator, nurse, response, child
):
    shown = page(
        administrator_client.get(address("show-response", response, child)), names_person=True
    )
    here = shown.links["This response is about another child"]
    assert here == address("undo-match", response, child)
    asked = page(administrator_client.get(here))
    assert asked.h1 == "This response is about another child"
    assert "a child whom the parent named as Sam Poole, born 1 October 2013" in asked.text
    assert f"{nurse.full_name} matched it with the record of Samuel Poole on 12 January" in (
        asked.text
    )
    assert "Pat Poole (Mum), whom the match added, is removed" in asked.text
    assert "Replies that Pat Poole got" in asked.text
    refused = page(administrator_client.post(here, {"reason": " "}))
    assert refused.errors == {
        "Enter how you know that this response is about another child": "#id_reason"
    }
    long = "x" * 1001
    assert page(administrator_client.post(here, {"reason": long})).values["reason"].strip() == long
    assert child.consent_responses.filter(invalidated_at=None).exists()
    done = page(administrator_client.post(here, {"reason": REASON}, follow=True))
    assert done.banner == "Match undone. Now find the child whom the response is about."
    assert done.h1 == "Search for a child record"
    assert f"{administrator.full_name} undid that on 12 January 2027: {REASON}" in done.text
    listed = page(administrator_client.get("/unmatched-responses/"))
    assert "Match with another child undone on 12 January 2027" in listed.rows[0][1]
    compare = reverse(
        "unmatched:compare",
        kwargs={"public_id": response.public_id, "child_id": child.public_id},
    )
    assert f"undid that on 12 January 2027: {REASON}" in (
        page(administrator_client.get(compare)).text
    )
    assert shown.summary["Contact details given"] == "pat@example.com"
    kept = page(
        administrator_client.get(address("show-response", response, child)), names_person=True
    )
    assert kept.summary["Contact details given"] == (
        "Hidden because the response is about another child"
    )
    assert "Found to be about another child" in kept.text
    assert "This response is about another child" not in kept.links
    told = page(administrator_client.post(here, {"reason": REASON}, follow=True), names_person=True)
    assert "the match was undone already" in told.banner
    assert AccessLogEntry.objects.filter(
        user=administrator, child_id=child.pk, page="consent"
    ).exists()


def test_linking_the_two_again_needs_another_look(nurse_client, nurse, link):
    """Though nothing differs."""
    child = link.child()
    response = link.answer()
    unmatching.undo_match(response_id=response.pk, child=child, reason=REASON, by=nurse, now=NOW)
    names = {"public_id": response.public_id, "child_id": child.public_id}
    here = reverse("unmatched:compare", kwargs=names)
    refused = page(nurse_client.post(here))
    assert refused.errors == {"Confirm that the response is about this child": "#id_is_checked"}
    nurse_client.post(here, {"is_checked": "on"})
    response.refresh_from_db()
    assert response.child == child


def test_what_undoing_does_not_put_right_is_said(nurse_client, response, child):
    letter_to_pat(response, child)
    factories.VaccinationRecordFactory(child=child)
    statuses.refresh([child.pk], today=NOW.date())
    asked = page(nurse_client.get(address("undo-match", response, child)))
    assert "Samuel Poole is recorded as vaccinated against HPV. The vaccination record stays" in (
        asked.text
    )
    assert "Messages about Samuel Poole that went to another family" in asked.text
    assert "Session clinic initial invitation, 12 January 2027" in asked.text


def test_what_triage_loses_and_gets_back_is_said(nurse_client, nurse, link):
    child = link.child()
    answers = [
        {
            "programme_id": "hpv",
            "decision": "given",
            "methods": ["injection"],
            "health_answers": YES_TO_TRIAGE,
        }
    ]
    response = link.response(parent_name="Pat Poole", email="pat@example.com", decisions=answers)
    decide = functools.partial(
        Triage.objects.create,
        child=child,
        programme_id="hpv",
        organisation=link.organisation,
        session=link.session,
        academic_year=2026,
        performed_by=nurse,
    )
    decide(outcome="keep", performed_at=NOW - timedelta(days=1))
    decide(outcome="safe", performed_at=NOW - timedelta(minutes=5))
    matching.link(response_id=response.pk, child=child, by=nurse, now=NOW)
    decide(outcome="safe", performed_at=NOW + timedelta(minutes=5))
    text = page(nurse_client.get(address("undo-match", response, child))).text
    safe = "The triage outcome “Safe to vaccinate” for HPV of 12 January 2027 at"
    assert f"{safe} 10:05am no longer counts." in text
    kept = "The triage outcome “Keep in triage” for HPV of 11 January 2027 at 10:00am, from before"
    assert f"{kept} the match, counts again." in text
    assert f"{safe} 9:55am ended when this response was matched" in text


def test_of_a_parent_who_answered_twice_the_page_says_what_to_undo_next(
    nurse_client, nurse, link, response, child
):
    other = link.response(
        given_name="Sam",
        family_name="Poole",
        parent_name="Pat Poole",
        email="pat@example.com",
        recorded_at=NOW - timedelta(days=2),
        decisions=[{"programme_id": "mmr", "decision": "refused", "reason": "personal"}],
    )
    matching.link(response_id=other.pk, child=child, by=nurse, now=NOW)
    here = reverse(
        "consent:undo-match",
        kwargs={
            "slug": link.session.slug,
            "public_id": child.public_id,
            "response_id": child.consent_responses.get(programme_id="hpv").public_id,
        },
    )
    asked = page(nurse_client.get(here))
    assert "Pat Poole (Mum) stays on the record of Samuel Poole for now, because another" in (
        asked.text
    )
    assert "of 10 January 2027, is matched with it too" in asked.text


def test_of_a_record_made_from_it_the_page_says_that_it_stays(nurse_client, nurse, link):
    response = link.response(
        given_name="Sam", family_name="Poole", parent_name="Pat Poole", email="pat@example.com"
    )
    made = matching.create_record(response_id=response.pk, by=nurse, now=NOW)
    asked = page(nurse_client.get(address("undo-match", response, made)))
    assert "The record of Sam Poole was created from this response. It stays" in asked.text
    assert asked.links["remove the child from the cohort"] == f"/children/{made.public_id}/remove/"


def test_what_staff_recorded_was_never_matched(nurse_client, link, child):
    consent = factories.ResponseFactory(child=child, session=link.session)
    names = {
        "slug": link.session.slug,
        "public_id": child.public_id,
        "response_id": consent.public_id,
    }
    shown = page(
        nurse_client.get(reverse("consent:show-response", kwargs=names)), names_person=True
    )
    assert "This response is about another child" not in shown.links
    undo = reverse("consent:undo-match", kwargs=names)
    told = page(nurse_client.get(undo, follow=True), names_person=True)
    assert "was not matched with this child" in told.banner


def test_the_same_queries_for_many_messages(nurse_client, response, child):
    here = address("undo-match", response, child)
    letter_to_pat(response, child)
    few = count_queries(lambda: nurse_client.get(here))
    for _ in range(10):
        letter_to_pat(response, child)
    assert count_queries(lambda: nurse_client.get(here)) == few
