"""A response was taken for another child's: undoing the match. Consent §3, §4 and §7; I24."""

from datetime import timedelta
from uuid import uuid4

import pytest

from cohorts.models import SchoolMove
from cohorts.services import school_moves
from consent import unknown_contact
from consent.guard import CONTACT_CHANGED, guard
from consent.models import ConsentRequest, ConsentResponse, OnlineDecision, Triage, UndoneMatch
from consent.selectors.contacts import known_contacts
from consent.selectors.matching import suggested_children
from consent.selectors.undoing import hanging_on
from consent.services import matching, online_replies, unmatching
from notifications.models import Message
from sessions_app import statuses
from sessions_app.models import ProgrammeStatus
from tests import factories
from tests.consent.online import NOW, YES_TO_TRIAGE, parents_of, titles_of, waiting

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
GIVEN = {"programme_id": "hpv", "decision": "given", "methods": ["injection"]}
PAT = {"parent_name": "Pat Poole", "email": "pat@example.com"}


@pytest.fixture
def child(link):
    return link.child()


@pytest.fixture
def response(link):
    """Pat Poole's about Sam Poole, whom nobody knows."""
    return link.response(given_name="Sam", family_name="Poole", **PAT)


@pytest.fixture
def linked(response, child, nurse):
    """With Jo Lee, by mistake."""
    matching.link(response_id=response.pk, child=child, by=nurse, now=NOW)
    response.refresh_from_db()
    return response


@pytest.fixture
def undo(administrator):
    def undone(response, child, reason="Another Sam", now=LATER):
        found = unmatching.undo_match(
            response_id=response.pk, child=child, reason=reason, by=administrator, now=now
        )
        response.refresh_from_db()
        return found

    return undone


def consent_of(child):
    return ProgrammeStatus.objects.get(child=child, programme_id="hpv").consent


def test_the_response_waits_again_and_nothing_of_it_counts(
    undo, linked, child, nurse, administrator
):
    assert consent_of(child) == "given"
    undo(linked, child)
    assert waiting() == [linked]
    assert consent_of(child) == "no_response"
    assert parents_of(child) == {("Mo Lee", "mo@example.com", "+447700900001")}
    consent = ConsentResponse.objects.get()
    assert (consent.child, consent.decision, consent.invalidated_at) == (child, "given", LATER)
    change = consent.changes.get()
    assert (change.kind, change.notes, change.by) == ("unmatched", "Another Sam", administrator)
    undone = UndoneMatch.objects.get()
    assert (undone.child, undone.matched_by, undone.matched_at) == (child, nurse, NOW)
    assert (undone.reason, undone.undone_by, undone.undone_at) == (
        "Another Sam",
        administrator,
        LATER,
    )


def test_the_log_strikes_through_what_was_undone_and_says_who_left(undo, linked, child):
    undo(linked, child)
    assert titles_of(child)[-3:] == [
        "Match with a consent response undone: it is about another child",
        "Parent or guardian removed: Pat Poole (Mum)",
        "Consent from Pat Poole is about another child",
    ]
    entries = {entry.title: entry for entry in child.activity.all()}
    matched = entries["Consent response manually matched with this record"]
    undone = entries["Match with a consent response undone: it is about another child"]
    assert (undone.subject, undone.voids) == (matched.subject, "Undone")
    given = entries["Consent given by Pat Poole (Mum)"]
    invalid = entries["Consent from Pat Poole is about another child"]
    assert (invalid.subject, invalid.voids) == (given.subject, "Invalid")


def test_once_a_person_undid_it_only_a_person_matches_it(link, undo, child):
    """Mavis would find the same child again tonight."""
    response = link.answer()
    assert response.child == child
    undo(response, child)
    assert not link.match(response)
    matching.match_waiting(now=LATER)
    matching.match_overlooked(before=LATER, now=LATER)
    assert waiting() == [response]
    assert suggested_children(response) == []


def test_a_twin_is_suggested_once_the_other_is_ruled_out(link, undo, child):
    twin = link.child(given_name="Joy", postcode="CV1 2AB", mum=False)
    response = link.answer()
    undo(response, child)
    assert suggested_children(response) == [twin]


def test_the_right_child_gets_consent_parent_and_replies(link, undo, linked, child, nurse):
    online_replies.confirm(linked.pk, now=NOW)
    reply = Message.objects.get()
    assert reply.child == child
    undo(linked, child)
    sam = link.child(given_name="Sam", family_name="Poole", mum=False)
    reply.refresh_from_db()
    assert reply.child is None
    matching.link(response_id=linked.pk, child=sam, by=nurse, now=LATER)
    assert consent_of(sam) == "given"
    assert parents_of(sam) == {("Pat Poole", "pat@example.com", "")}
    reply.refresh_from_db()
    assert reply.child == sam
    assert OnlineDecision.objects.get().consent.child == sam


def test_it_may_be_matched_with_the_same_child_after_all_and_undone_again(
    undo, linked, child, nurse
):
    undo(linked, child)
    matching.link(response_id=linked.pk, child=child, by=nurse, now=LATER)
    assert consent_of(child) == "given"
    linked.refresh_from_db()
    undo(linked, child, now=LATER + timedelta(hours=1))
    assert consent_of(child) == "no_response"
    assert UndoneMatch.objects.count() == 2


def test_a_parent_whom_the_match_did_not_add_stays(link, undo, child):
    response = link.answer()
    found = undo(response, child)
    assert (found.leaving, found.staying) == (None, "Mo Lee (Mum)")
    assert [parent for parent, *_ in parents_of(child)] == ["Mo Lee"]


@pytest.mark.parametrize("is_valid", [True, False])
def test_a_parent_who_said_something_else_about_the_child_stays(undo, linked, child, is_valid):
    pat = child.relationships.get(parent__full_name="Pat Poole").parent
    factories.ResponseFactory(
        child=child,
        parent=pat,
        session=linked.session,
        programme_id="mmr",
        invalidated_at=None if is_valid else NOW,
    )
    assert (undo(linked, child).leaving is None) == is_valid
    assert (len(parents_of(child)) == 2) == is_valid


def test_who_answered_for_another_child_is_no_contact_of_this_one(undo, linked, child):
    undo(linked, child)
    assert [known.parent.full_name for known in known_contacts(child)] == ["Mo Lee"]


def test_i24_what_waits_for_the_wrong_family_is_held_back(undo, linked, child):
    pat = child.relationships.get(parent__full_name="Pat Poole").parent
    letter = uuid4()
    ConsentRequest.objects.create(
        letter=letter, child=child, programme_id="mmr", session=linked.session
    )
    message = Message.objects.create(
        letter=letter,
        template="consent_school_request",
        channel="email",
        recipient=pat.email,
        parent=pat,
        organisation=linked.organisation,
        child=child,
        due_at=NOW,
    )
    assert guard([message], now=NOW).get(message.pk) != CONTACT_CHANGED
    undo(linked, child)
    assert guard([message], now=LATER) == {message.pk: CONTACT_CHANGED}


def test_i24_a_warning_that_waits_is_not_sent_when_the_answer_is_about_another(link, undo, child):
    response = link.answer(parent_name="Di Lee", email="di@example.com")
    warnings = list(Message.objects.filter(template=unknown_contact.TEMPLATE))
    assert unknown_contact.guard(warnings, now=NOW) == {}
    undo(response, child)
    assert set(unknown_contact.guard(warnings, now=LATER).values()) == {
        unknown_contact.ABOUT_ANOTHER
    }


@pytest.mark.parametrize(
    ("outcome", "then"), [("safe", "not_needed"), ("do_not_vaccinate", "do_not_vaccinate")]
)
def test_safe_ends_with_it_and_a_no_stands_and_is_told(link, undo, child, nurse, outcome, then):
    response = link.answer(decisions=[GIVEN | {"health_answers": YES_TO_TRIAGE}])
    triage = Triage.objects.create(
        child=child,
        programme_id="hpv",
        organisation=link.organisation,
        session=link.session,
        academic_year=2026,
        outcome=outcome,
        performed_by=nurse,
        performed_at=NOW + timedelta(minutes=1),
    )
    found = undo(response, child)
    is_safe = outcome == "safe"
    assert (list(found.lost), list(found.standing)) == (
        ([triage], []) if is_safe else ([], [triage])
    )
    triage.refresh_from_db()
    assert triage.invalidated_at == (LATER if is_safe else None)
    assert ProgrammeStatus.objects.get(child=child, programme_id="hpv").triage == then
    body = child.activity.get(title__startswith="Match with").body
    assert ("the triage outcome “Do not vaccinate” stays" in body) != is_safe


def test_a_vaccination_stays_and_is_told(undo, linked, child):
    factories.VaccinationRecordFactory(child=child)
    statuses.refresh([child.pk], today=NOW.date())
    assert undo(linked, child).vaccinated == ["HPV"]
    assert child.vaccinations.exists()
    assert "HPV: the vaccination record stays" in (
        child.activity.get(title__startswith="Match with").body
    )


class TestSchoolMove:
    @pytest.fixture
    def birch(self, link):
        return factories.SchoolFactory(team=link.school.team, name="Birch School")

    @pytest.fixture
    def raised(self, link, birch, child):
        return link.answer(school=birch)

    def test_one_that_waits_is_dropped(self, undo, raised, child):
        assert undo(raised, child).move.school.name == "Birch School"
        assert SchoolMove.objects.get().decision == "replaced"

    def test_one_that_was_confirmed_is_told(self, undo, raised, child, birch, nurse):
        school_moves.confirm(move_id=child.school_moves.get().pk, by=nurse, now=NOW)
        found = undo(raised, child)
        assert (found.move, found.moved.school) == (None, birch)
        child.refresh_from_db()
        assert child.school == birch

    def test_one_that_another_response_names_too_stays(self, link, undo, raised, child, birch):
        other = link.response(school=birch, parent_name="Di Lee", email="di@example.com")
        link.match(other, now=LATER)
        undo(raised, child)
        assert SchoolMove.objects.get().decision == ""


def test_all_programmes_of_the_response_go_back(link, undo, child):
    refused = {"programme_id": "td_ipv", "decision": "refused", "reason": "personal"}
    response = link.answer(decisions=[GIVEN | {"programme_id": "menacwy"}, refused])
    assert undo(response, child).programmes == "MenACWY and Td/IPV"
    assert not ConsentResponse.objects.filter(invalidated_at=None).exists()
    assert not OnlineDecision.objects.filter(consent__isnull=False).exists()


def test_what_was_marked_as_invalid_before_stays_so_since_then(undo, linked, child):
    ConsentResponse.objects.update(invalidated_at=NOW)
    undo(linked, child)
    assert ConsentResponse.objects.get().invalidated_at == NOW
    assert waiting() == [linked]


def test_a_record_that_was_made_of_it_stays(undo, response, nurse):
    made = matching.create_record(response_id=response.pk, by=nurse, now=NOW)
    response.refresh_from_db()
    assert hanging_on(response, made, today=NOW.date()).made_record
    undo(response, made)
    made.refresh_from_db()
    assert (made.organisation, made.invalidated_at) == (response.organisation, None)
    assert parents_of(made) == set()
    assert suggested_children(response) == []
    assert not response.made_record


def test_one_of_another_child_or_undone_already_is_refused(link, undo, linked, child):
    other = link.child(given_name="Al", mum=False)
    with pytest.raises(unmatching.NotMatched):
        undo(linked, other)
    undo(linked, child)
    with pytest.raises(unmatching.NotMatched):
        undo(linked, child)
