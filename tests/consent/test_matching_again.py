"""Responses that waited: matched at night, after an import, once. Consent §3; I23, I36."""

from datetime import timedelta

import pytest

from cohorts.models import Child
from cohorts.signals import children_placed
from consent.selectors.matching import find_children
from consent.services import matching
from notifications import hints
from tests.consent.online import NOW, waiting
from tests.pages import count_queries
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db


class TestAgain:
    def test_waiting_responses_are_matched_at_night(self, link):
        responses = [link.answer(), link.answer(given_name="Nobody")]
        child = link.child()
        assert matching.match_waiting(now=NOW + timedelta(days=1)) == 1
        assert waiting() == responses[1:]
        assert child.consent_responses.count() == 1
        assert matching.match_waiting(now=NOW + timedelta(days=2)) == 0

    def test_i36_children_who_join_later_are_looked_for(
        self, link, django_capture_on_commit_callbacks, monkeypatch
    ):
        given = []
        monkeypatch.setattr(hints, "give", lambda task, *args, **options: given.append(args))
        link.answer()
        child = link.child()
        with django_capture_on_commit_callbacks(execute=True):
            children_placed.send(
                Child, organisation=link.organisation, child_ids=[child.pk], by=None, now=NOW
            )
        assert given == [(link.organisation.pk,)]

    def test_nobody_is_asked_to_look_while_nothing_waits(
        self, link, django_capture_on_commit_callbacks
    ):
        link.child()
        with django_capture_on_commit_callbacks() as callbacks:
            matching.look_again(link.organisation.pk)
        assert callbacks == []

    def test_what_a_lost_hint_meant_is_found(self, link):
        child = link.child()
        link.response()
        assert matching.match_overlooked(before=at("2027-01-12T08:00"), now=NOW) == 0
        assert matching.match_overlooked(before=NOW, now=NOW) == 1
        assert child.consent_responses.exists()

    def test_a_fault_in_one_leaves_the_others_alone(self, link, monkeypatch):
        link.child(given_name="Al", mum=False)
        link.child(given_name="Jo", mum=False)
        faulty, sound = link.response(given_name="Al"), link.response(given_name="Jo")
        real = matching.attach

        def attach(response, *args, **options):
            if response == faulty:
                raise RuntimeError("broken")
            return real(response, *args, **options)

        monkeypatch.setattr(matching, "attach", attach)
        assert matching.match_waiting(now=NOW) == 1
        assert waiting() == [faulty]
        sound.refresh_from_db()
        assert sound.matched_at

    def test_i23_what_was_matched_by_hand_is_not_matched_again(self, link, nurse):
        response = link.answer()
        child = link.child()
        matching.link(response_id=response.pk, child=child, by=nurse, now=NOW)
        assert matching.match_waiting(now=NOW + timedelta(days=1)) == 0
        assert child.consent_responses.count() == 1

    def test_looking_takes_the_same_queries_for_many(self, link):
        def look(number):
            responses = [link.response(given_name=f"N{n}") for n in range(number)]
            return count_queries(
                lambda: list(find_children(responses, organisation=link.organisation))
            )

        assert look(2) == look(25)
