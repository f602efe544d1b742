"""Matches made before Mavis kept what each of them added: undoing one does no harm, and the page
says what is not known.
"""

from datetime import timedelta

import pytest
from django.urls import reverse

from consent.models import OnlineResponse
from consent.selectors.undoing import hanging_on
from consent.services import matching, unmatching
from tests import factories
from tests.consent.online import NOW, parents_of
from tests.pages import page

pytestmark = pytest.mark.django_db
PAT = {"parent_name": "Pat Poole", "email": "pat@example.com"}
SAYS_SO = "The activity log says that a match added them, but Mavis cannot tell"


@pytest.fixture
def child(link):
    return link.child()


@pytest.fixture
def early(link, child, nurse):
    """`early()`: Pat Poole's about Sam Poole, linked with Jo Lee by mistake; no more is kept."""

    def match(programme="hpv", now=NOW, **fields):
        response = link.response(
            decisions=[{"programme_id": programme, "decision": "refused", "reason": "personal"}],
            **PAT | fields,
        )
        matching.link(response_id=response.pk, child=child, by=nurse, now=now)
        return as_early(response)

    return match


def as_early(response):
    OnlineResponse.objects.filter(pk=response.pk).update(added_relationship=None, made_record=False)
    return OnlineResponse.objects.get(pk=response.pk)


def undo(response, child, nurse):
    return unmatching.undo_match(
        response_id=response.pk, child=child, reason="Sam", by=nurse, now=NOW + timedelta(hours=1)
    )


def shown(client, response, child):
    consent = child.consent_responses.get(online_decision__response=response)
    names = {"slug": response.session.slug, "public_id": child.public_id}
    here = reverse("consent:undo-match", kwargs=names | {"response_id": consent.public_id})
    return page(client.get(here))


def test_the_parent_stays_and_the_page_says_that_a_match_added_them(
    early, child, nurse, nurse_client
):
    response = early()
    asked = shown(nurse_client, response, child)
    assert f"Pat Poole (Mum) stays on the record of Jo Lee. {SAYS_SO}" in asked.text
    assert asked.links["remove them on the child record"] == f"/children/{child.public_id}/"
    found = undo(response, child, nurse)
    assert (found.leaving, found.came_by_match, found.needs_a_look) == (None, True, True)
    assert len(parents_of(child)) == 2


def test_the_last_of_several_says_so_too_though_it_added_nobody(early, child, nurse):
    first, second = early(), early("mmr", now=NOW + timedelta(minutes=1))
    assert hanging_on(second, child, today=NOW.date()).other == first
    assert not undo(first, child, nurse).came_by_match
    assert undo(second, child, nurse).came_by_match


def test_of_who_was_on_record_before_it_is_not_said(early, child, nurse_client):
    response = early(parent_name="Mo Lee", email="mo@example.com")
    asked = shown(nurse_client, response, child)
    assert SAYS_SO not in asked.text
    assert "Mo Lee (Mum) stays on the record of Jo Lee, because more than this match" in asked.text


def test_nor_of_who_was_added_by_a_match_that_is_known_to_have_added_them(
    link, child, nurse, nurse_client
):
    """But somebody whose own answer staff recorded stays."""
    response = link.response(**PAT)
    matching.link(response_id=response.pk, child=child, by=nurse, now=NOW)
    pat = child.relationships.get(parent__full_name="Pat Poole").parent
    factories.ResponseFactory(child=child, parent=pat, programme_id="mmr")
    assert SAYS_SO not in shown(nurse_client, response, child).text


def test_that_the_record_was_made_of_the_response_is_known_all_the_same(link, nurse, nurse_client):
    response = link.response(given_name="Sam", family_name="Poole", **PAT)
    made = matching.create_record(response_id=response.pk, by=nurse, now=NOW)
    asked = shown(nurse_client, as_early(response), made)
    assert "The record of Sam Poole was created from this response. It stays" in asked.text
    assert SAYS_SO in asked.text
