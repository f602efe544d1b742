"""What undoing a match does to what nurses decided about the child. Consent §7 and §10."""

from datetime import timedelta

import pytest

from consent.models import Triage
from consent.services import matching, unmatching
from sessions_app.models import ProgrammeStatus
from tests import factories
from tests.consent.online import NOW, YES_TO_TRIAGE
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
# The answer is given at nine, and finds its child at ten.
BEFORE_THE_ANSWER, BEFORE_THE_MATCH = at("2027-01-12T08:30"), at("2027-01-12T09:30")
AFTER_THE_MATCH = at("2027-01-12T10:30")
NO = {"programme_id": "hpv", "decision": "given", "methods": ["injection"]}
YES = NO | {"health_answers": YES_TO_TRIAGE}


@pytest.fixture
def child(link):
    """Whose mother agreed the day before."""
    child = link.child()
    factories.ResponseFactory(
        child=child,
        session=link.session,
        parent=child.relationships.get().parent,
        responded_at=NOW - timedelta(days=1),
        health_answers=YES_TO_TRIAGE,
    )
    return child


@pytest.fixture
def decided(link, child, nurse):
    def decide(outcome, when):
        return Triage.objects.create(
            child=child,
            programme_id="hpv",
            organisation=link.organisation,
            session=link.session,
            academic_year=2026,
            outcome=outcome,
            performed_by=nurse,
            performed_at=when,
        )

    return decide


@pytest.fixture
def match(link, child, nurse):
    """Pat Poole's answer about Sam Poole, linked with Jo Lee by mistake."""

    def matched(decision):
        response = link.response(
            given_name="Sam",
            family_name="Poole",
            parent_name="Pat Poole",
            email="pat@example.com",
            decisions=[decision],
        )
        matching.link(response_id=response.pk, child=child, by=nurse, now=NOW)
        return response

    return matched


@pytest.fixture
def undo(child, administrator):
    def undone(response):
        found = unmatching.undo_match(
            response_id=response.pk, child=child, reason="Sam", by=administrator, now=LATER
        )
        return found, ProgrammeStatus.objects.get(child=child, programme_id="hpv").triage

    return undone


@pytest.mark.parametrize("when", [BEFORE_THE_ANSWER, BEFORE_THE_MATCH])
def test_what_was_decided_before_the_match_cannot_rest_on_it_and_stays(decided, match, undo, when):
    safe = decided("safe", when)
    found, status = undo(match(NO))
    safe.refresh_from_db()
    assert safe.invalidated_at is None
    assert (found.lost, found.again, found.standing, found.ended) == ([], [], [], [])
    assert status == "safe"


def test_what_was_decided_since_the_match_ends_and_what_was_before_counts_again(
    decided, match, undo, child
):
    before = decided("do_not_vaccinate", BEFORE_THE_MATCH)
    response = match(NO)
    kept, safe = decided("keep", NOW), decided("safe", AFTER_THE_MATCH)
    found, status = undo(response)
    assert (set(found.lost), found.again, found.standing) == ({kept, safe}, [before], [])
    assert status == "do_not_vaccinate"


def test_safe_that_the_match_ended_does_not_come_back_and_is_told(decided, match, undo, child):
    """What was safe for answers on which nobody decided since: a nurse looks again."""
    decided("keep", BEFORE_THE_MATCH)
    safe = decided("safe", BEFORE_THE_MATCH)
    response = match(YES)
    safe.refresh_from_db()
    assert safe.invalidated_at == NOW
    found, status = undo(response)
    assert (found.ended, found.needs_a_look) == ([safe], True)
    assert status == "needed"
    body = child.activity.get(title__startswith="Match with").body
    assert "HPV: the triage outcome “Safe to vaccinate”, which ended with the match" in body


def test_safe_that_something_else_ended_is_not_said_to_have_ended_with_the_match(
    decided, match, undo
):
    safe = decided("safe", BEFORE_THE_MATCH)
    Triage.objects.filter(pk=safe.pk).update(invalidated_at=BEFORE_THE_MATCH)
    assert undo(match(YES))[0].ended == []
