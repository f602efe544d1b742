"""Who answered online: a parent we know, or a new contact. Consent §3 and §15; lessons I34."""

import pytest

from cohorts.models import Parent
from consent.models import ConsentResponse
from tests import factories
from tests.consent.online import parents_of, titles_of

pytestmark = pytest.mark.django_db


class TestParents:
    def test_blanks_of_the_same_person_are_filled(self, link):
        child = link.child(mum=False)
        known = factories.RelationshipFactory(
            child=child, kind="unknown", parent__full_name="", parent__email="mo@example.com",
            parent__phone="",
        ).parent  # fmt: skip
        link.answer(phone="+447700900002")
        assert parents_of(child) == {("Mo Lee", "mo@example.com", "+447700900002")}
        assert child.relationships.get().kind == "mother"
        assert ConsentResponse.objects.get().parent == known

    def test_nothing_known_is_overwritten_and_other_details_are_a_new_contact(self, link):
        child = link.child()
        link.answer(phone="+447700900999")
        assert parents_of(child) == {
            ("Mo Lee", "mo@example.com", "+447700900001"),
            ("Mo Lee", "mo@example.com", "+447700900999"),
        }
        assert "Parent or guardian added: Mo Lee (Mum)" in titles_of(child)

    def test_two_people_who_share_an_address_stay_two(self, link):
        child = link.child()
        link.answer(parent_name="Di Lee", relationship="father")
        assert {name for name, _, _ in parents_of(child)} == {"Mo Lee", "Di Lee"}

    def test_a_parent_of_a_brother_is_linked_and_left_as_they_are(self, link):
        brother = link.child(given_name="Al")
        child = link.child(given_name="Jo", mum=False)
        parent = brother.relationships.get().parent
        link.answer(phone="+447700900001", wants_text_updates=True)
        assert child.relationships.get().parent == parent
        parent.refresh_from_db()
        assert not parent.wants_text_updates
        other = link.answer(given_name="Al", phone="+447700900777")
        assert other.child == brother
        assert Parent.objects.filter(email="mo@example.com").count() == 2

    def test_the_second_response_of_a_new_contact_is_theirs_too(self, link):
        child = link.child()
        for _ in range(2):
            link.answer(parent_name="Di Lee", email="di@example.com", phone="+447700900333")
        assert len(parents_of(child)) == 2
        assert ConsentResponse.objects.values("parent").distinct().count() == 1

    def test_another_relationship_and_the_way_to_be_reached_are_kept(self, link):
        child = link.child(mum=False)
        link.answer(
            relationship="other",
            relationship_other_name="Granddad",
            phone="+447700900333",
            contact_method="other",
            contact_method_details="After six",
        )
        assert child.relationships.get().label == "Granddad"
        assert child.relationships.get().parent.contact_method_details == "After six"
        assert ConsentResponse.objects.get().relationship == "Granddad"
