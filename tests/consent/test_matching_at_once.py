"""One response, several who would match it: on real transactions. Consent §3 and §4; I23, I27."""

import pytest
from django.db import OperationalError

from cohorts.models import Child, Parent, SchoolMove
from consent import tasks
from consent.models import ConsentResponse, OnlineResponse, UndoneMatch
from consent.services import changes, matching, unmatching
from notifications.models import Message
from tests import factories
from tests.consent.online import NOW
from tests.threads import at_once, while_an_import_has

pytestmark = pytest.mark.django_db(transaction=True)
STRANGER = {"parent_name": "Di Lee", "email": "di@example.com"}


def attempt(call):
    """True if it was done, False if somebody else had been quicker."""

    def tried():
        try:
            return call() is not False
        except matching.AlreadyDealtWith:
            return False

    return tried


def test_two_workers_make_one_consent_one_move_and_one_warning(link):
    link.child()
    birch = factories.SchoolFactory(team=link.school.team)
    response = link.response(school=birch, **STRANGER)
    done = at_once(*[attempt(lambda: matching.match(response.pk, now=NOW))] * 4)
    assert sorted(done) == [False, False, False, True]
    assert ConsentResponse.objects.count() == SchoolMove.objects.count() == 1
    assert Parent.objects.filter(email="di@example.com").count() == 1
    assert Message.objects.filter(template="consent_unknown_contact").count() == 1


def test_i23_a_worker_and_two_people_make_one_consent(link, nurse, administrator):
    child, other = link.child(), link.child(given_name="Al", mum=False)
    response = link.response()
    done = at_once(
        attempt(lambda: matching.match(response.pk, now=NOW)),
        attempt(lambda: matching.link(response_id=response.pk, child=other, by=nurse, now=NOW)),
        attempt(
            lambda: matching.link(response_id=response.pk, child=child, by=administrator, now=NOW)
        ),
    )
    assert sum(done) == 1
    consent = ConsentResponse.objects.get()
    response.refresh_from_db()
    assert consent.child == response.child


def test_two_people_create_one_record_or_put_the_response_away(link, nurse, administrator):
    response = link.response(given_name="Nobody")
    done = at_once(
        attempt(lambda: matching.create_record(response_id=response.pk, by=nurse, now=NOW)),
        attempt(lambda: matching.create_record(response_id=response.pk, by=administrator, now=NOW)),
        attempt(lambda: matching.archive(response_id=response.pk, note="Moved", by=nurse, now=NOW)),
    )
    assert sum(done) == 1
    response.refresh_from_db()
    assert Child.objects.count() == (0 if response.archived_at else 1)


def test_two_people_who_undo_one_match_and_one_who_withdraws(link, nurse, administrator):
    """It is undone once; what it was is withdrawn before that, or not at all."""
    child = link.child()
    response = link.answer()
    consent = ConsentResponse.objects.get()

    def undo(by):
        def undone():
            try:
                unmatching.undo_match(
                    response_id=response.pk, child=child, reason="Another Jo", by=by, now=NOW
                )
            except unmatching.NotMatched:
                return False
            return True

        return undone

    def withdraw():
        try:
            changes.withdraw_response(
                response=consent, reason="personal", notes="", now=NOW, by=nurse
            )
        except changes.ChangeNotPossible:
            return False
        return True

    undone = at_once(undo(nurse), undo(administrator), withdraw)
    assert sorted(undone[:2]) == [False, True]
    consent.refresh_from_db()
    assert (consent.withdrawn_at is not None) == undone[2]
    assert consent.invalidated_at is not None
    assert UndoneMatch.objects.count() == 1


def test_answers_about_a_brother_and_a_sister_do_not_block_each_other(link):
    """Both refresh both children, since a parent's number may be new to both."""
    one = link.child(given_name="Al")
    two = link.child(given_name="Jo", mum=False)
    factories.RelationshipFactory(child=two, parent=one.relationships.get().parent)
    responses = [
        link.response(given_name=name, parent_name=parent, email=f"{parent}@example.com")
        for name in ("Al", "Jo")
        for parent in ("mo", "di", "ed")
    ]
    jobs = [lambda pk=response.pk: matching.match(pk, now=NOW) for response in responses]
    assert all(at_once(*jobs))
    assert OnlineResponse.objects.waiting().count() == 0
    assert ConsentResponse.objects.count() == 6


def test_a_new_parent_who_answers_about_all_their_children_at_once_is_one_person(link):
    names = ("Al", "Bo", "Cy", "Di")
    for name in names:
        link.child(given_name=name, mum=False)
    responses = [link.response(given_name=name, **STRANGER) for name in names]
    jobs = [lambda pk=response.pk: matching.match(pk, now=NOW) for response in responses]
    assert all(at_once(*jobs))
    parent = Parent.objects.get()
    assert parent.relationships.count() == len(names)
    assert set(ConsentResponse.objects.values_list("parent", flat=True)) == {parent.pk}


def test_a_response_about_a_child_whom_an_import_has_lets_those_behind_it_pass(link, monkeypatch):
    monkeypatch.setattr(tasks, "SHORT_WAIT_MS", 20)
    monkeypatch.setattr(tasks.clock, "now", lambda: NOW)
    child, response = link.child(), link.response()

    def match_in_vain():
        with pytest.raises(OperationalError):
            tasks.match_online_response(response.pk)

    while_an_import_has(child.pk, match_in_vain)
    tasks.match_online_response(response.pk)
    response.refresh_from_db()
    assert (response.child, response.confirmation_sent_at) == (child, NOW)
