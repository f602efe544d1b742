"""A match is undone after the parent whom it added was merged. Decisions 0062 and 0070."""

from datetime import timedelta
from itertools import permutations

import pytest

from consent.services import matching, unmatching
from records import contacts, merging
from tests.consent.online import NOW, parents_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def child(link):
    return link.child()


@pytest.fixture
def matched(link, child, nurse):
    def match(programme, email):
        response = link.response(
            given_name="Sam",
            family_name="Poole",
            decisions=[{"programme_id": programme, "decision": "given", "methods": ["injection"]}],
            parent_name="Pat Poole",
            email=email,
        )
        matching.link(response_id=response.pk, child=child, by=nurse, now=NOW)
        return response

    return match


def merge(child, nurse, stays, goes):
    keys = {one.parent.email: one.key for one in contacts.people_of(child)}
    pair = contacts.pair_of(child, keys[stays], keys[goes])
    merging.merge_contacts(
        child=child,
        stays=keys[stays],
        goes=keys[goes],
        kept=pair.stays.details,
        seen=pair.fingerprint,
        by=nurse,
        now=NOW,
    )


def undo(child, administrator, response):
    return unmatching.undo_match(
        response_id=response.pk,
        child=child,
        reason="Another Sam",
        by=administrator,
        now=NOW + timedelta(hours=1),
    )


@pytest.mark.parametrize("order", list(permutations(["mo@example.com", "pat@example.com"])))
def test_who_was_known_otherwise_stays(child, matched, nurse, administrator, order):
    response = matched("hpv", "pat@example.com")
    merge(child, nurse, *order)
    assert undo(child, administrator, response).leaving is None
    assert [email for _, email, _ in parents_of(child)] == [order[0]]


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_whom_two_matches_added_leaves_with_the_last(child, matched, nurse, administrator, order):
    forms = [matched("hpv", "pat@example.com"), matched("menacwy", "pat.new@example.com")]
    merge(child, nurse, "pat@example.com", "pat.new@example.com")
    first, last = [forms[number] for number in order]
    assert undo(child, administrator, first).leaving is None
    assert undo(child, administrator, last).leaving is not None
    assert [email for _, email, _ in parents_of(child)] == ["mo@example.com"]
