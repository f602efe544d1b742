"""Several answers of one parent that were taken for another child's. Consent §3 and §7."""

from datetime import timedelta
from itertools import permutations
from uuid import uuid4

import pytest

from consent.models import ConsentResponse, OnlineResponse
from consent.selectors.undoing import hanging_on
from consent.services import matching, unmatching
from notifications.models import Message
from tests import factories
from tests.consent.online import NOW, parents_of

pytestmark = pytest.mark.django_db
PAT = {"parent_name": "Pat Poole", "email": "pat@example.com"}
MO = ("Mo Lee", "mo@example.com", "+447700900001")


@pytest.fixture
def child(link):
    return link.child()


@pytest.fixture
def forms(link, child, nurse):
    """Three of Pat Poole's about Sam Poole, linked with Jo Lee by mistake, one after the other."""
    found = []
    for number, programme in enumerate(("hpv", "menacwy", "td_ipv")):
        response = link.response(
            given_name="Sam",
            family_name="Poole",
            decisions=[{"programme_id": programme, "decision": "given", "methods": ["injection"]}],
            **PAT,
        )
        matching.link(
            response_id=response.pk, child=child, by=nurse, now=NOW + number * timedelta(minutes=1)
        )
        found.append(response)
    return found


@pytest.fixture
def undo(child, administrator):
    def undone(response, now=NOW + timedelta(hours=1)):
        return unmatching.undo_match(
            response_id=response.pk, child=child, reason="Another Sam", by=administrator, now=now
        )

    return undone


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_parent_leaves_with_the_last_of_their_answers_in_any_order(forms, undo, child, order):
    *before, last = [forms[number] for number in order]
    for response in before:
        found = undo(response)
        assert (found.leaving, found.staying) == (None, "Pat Poole (Mum)")
        assert found.other in forms
    found = undo(last)
    assert (found.leaving.parent.full_name, found.other) == ("Pat Poole", None)
    assert parents_of(child) == {MO}


def test_the_oldest_other_answer_is_what_they_are_there_by(forms, undo):
    first, second, third = forms
    added = OnlineResponse.objects.get(pk=first.pk).added_relationship
    assert undo(first).other == second
    marks = dict(OnlineResponse.objects.values_list("pk", "added_relationship"))
    assert marks == {first.pk: None, second.pk: added.pk, third.pk: None}


def test_an_answer_that_no_longer_counts_keeps_nobody(forms, undo, child):
    first, *others = forms
    for response in others:
        answers = ConsentResponse.objects.filter(online_decision__response=response)
        answers.update(invalidated_at=NOW)
    assert undo(first).leaving is not None
    assert parents_of(child) == {MO}


def test_an_answer_that_staff_recorded_keeps_them_for_good(forms, undo, child):
    pat = child.relationships.get(parent__full_name="Pat Poole").parent
    factories.ResponseFactory(child=child, parent=pat, programme_id="mmr")
    for response in forms:
        assert undo(response).leaving is None
    assert len(parents_of(child)) == 2
    assert not OnlineResponse.objects.filter(added_relationship__isnull=False).exists()


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_a_parent_who_was_known_before_stays_in_any_order(link, undo, child, order):
    responses = [link.answer(), link.answer(decisions=[refused("menacwy")])]
    for number in order:
        assert undo(responses[number]).leaving is None
    assert parents_of(child) == {MO}


def refused(programme):
    return {"programme_id": programme, "decision": "refused", "reason": "personal"}


def test_what_went_to_them_since_the_first_answer_is_told_with_the_last(forms, undo, child):
    first, second, third = forms
    pat = child.relationships.get(parent__full_name="Pat Poole").parent
    Message.objects.create(
        letter=uuid4(),
        template="clinic_initial_invitation",
        channel="email",
        recipient=pat.email,
        child=child,
        parent=pat,
        organisation=first.organisation,
        status="delivered",
        due_at=NOW,
        accepted_at=NOW,
        created_at=NOW + timedelta(seconds=30),
    )
    for response in (first, second):
        assert undo(response).letters == []
    [letter] = hanging_on(OnlineResponse.objects.get(pk=third.pk), child, today=NOW.date()).letters
    assert letter.at == NOW + timedelta(seconds=30)
