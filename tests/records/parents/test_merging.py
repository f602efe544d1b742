"""Merging two contacts who are one person. Consent §3, §9.3 and §15; decision 0070."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from activity.models import Entry
from cohorts.models import Child, Parent
from consent import replies
from consent.facts import consent_facts
from consent.models import ConsentResponse
from notifications.models import Message
from records import contacts, merging
from sessions_app.models import ProgrammeStatus
from tests import factories
from tests.conftest import signed_in
from tests.pages import count_queries, page
from tests.records.parents.pages import NOW, address, log_of, message_to

pytestmark = pytest.mark.django_db
OCTOBER, NOVEMBER = NOW - timedelta(days=80), NOW - timedelta(days=40)


def answer(clinic, relationship, decision, at, **fields):
    reason = "personal_choice" if decision == "refused" else ""
    return factories.ResponseFactory(
        child=relationship.child,
        parent=relationship.parent,
        session=clinic.session,
        decision=decision,
        reason=reason,
        responded_at=at,
        email=relationship.parent.email,
        **fields,
    )


@pytest.fixture
def again(mum):
    """Mum once more, as a form with her new address made her."""
    return factories.RelationshipFactory(
        child=mum.child,
        parent__organisation=mum.child.organisation,
        parent__full_name="Mo Lee",
        parent__email="mo.new@example.com",
        parent__phone="",
        kind="mother",
    )


def merge_address(stays, goes_key):
    names = {
        "public_id": stays.child.public_id,
        "parent_id": stays.public_id,
        "other_id": goes_key,
    }
    return reverse("children:merge-parents", kwargs=names)


def merge(client, stays, goes_key, **chosen):
    here = merge_address(stays, goes_key)
    seen = page(client.get(here)).values["seen"]
    return page(client.post(here, {"seen": seen, **chosen}, follow=True), names_person=True)


def status_of(child):
    return consent_facts([child.pk], 2026, NOW.date())[child.pk, "hpv"]


class TestOnePerson:
    def test_who_changed_her_mind_is_no_conflict_any_more(
        self, nurse_client, nurse, clinic, mum, again
    ):
        old = answer(clinic, mum, "refused", OCTOBER)
        new = answer(clinic, again, "given", NOVEMBER)
        assert status_of(mum.child) == "conflicts"
        record = page(nurse_client.get(f"/children/{mum.child.public_id}/"), names_person=True)
        chosen = nurse_client.post(
            address("merge-parent", mum), {"other": str(again.public_id)}, follow=True
        )
        assert "Merge Mo Lee" in record.links
        asked = page(chosen)
        assert "Conflicting consent" in asked.text
        assert "No longer: consent refused on 24 October 2026" in asked.text
        assert "Merging cannot be undone" in asked.text
        done = merge(nurse_client, mum, again.public_id, email="other")
        assert done.banner == "Contacts merged"
        [left] = mum.child.relationships.all()
        assert (left.parent.email, left.kind) == ("mo.new@example.com", "mother")
        assert status_of(mum.child) == "given"
        assert ProgrammeStatus.objects.get(child=mum.child, programme_id="hpv").consent == "given"
        kept = ConsentResponse.objects.values_list("pk", "parent", "email").order_by("pk")
        assert list(kept) == [
            (old.pk, left.parent_id, "mo@example.com"),
            (new.pk, left.parent_id, "mo.new@example.com"),
        ]
        entry = log_of(mum.child)["Contacts merged: Mo Lee"]
        assert entry.actor == nurse.full_name
        told = Entry.objects.get(title="Contacts merged: Mo Lee")
        assert "mo.new@example.com (not kept: mo@example.com)" in told.body
        assert told.is_contact_detail

    def test_what_differs_must_be_chosen_and_nothing_chosen_is_lost(self, nurse_client, mum, again):
        Parent.objects.filter(pk=again.parent_id).update(full_name="Mona Lee")
        here = merge_address(mum, again.public_id)
        seen = page(nurse_client.get(here)).values["seen"]
        told = page(nurse_client.post(here, {"seen": seen, "full_name": "other"}))
        assert "Select which email address is kept" in told.text
        assert "Select which full name is kept" not in told.text
        assert told.values["full_name"] == "other"
        assert mum.child.relationships.count() == 2

    def test_somebody_must_be_chosen(self, nurse_client, mum, again):
        told = page(nurse_client.post(address("merge-parent", mum)))
        assert "Select who is the same person as Mo Lee" in told.text

    def test_who_is_no_parent_any_more_but_whose_answer_counts(
        self, nurse_client, clinic, mum, again
    ):
        old = answer(clinic, again, "refused", OCTOBER)
        again.delete()
        answer(clinic, mum, "given", NOVEMBER)
        assert status_of(mum.child) == "conflicts"
        asked = page(nurse_client.get(address("merge-parent", mum)))
        assert "not on the record any more" in asked.text
        merge(nurse_client, mum, old.public_id, email="one")
        assert status_of(mum.child) == "given"
        [left] = mum.child.relationships.all()
        assert left.parent.email == "mo@example.com"

    @pytest.mark.parametrize("stays_first", [True, False])
    @pytest.mark.parametrize("first", ["given", "refused", "not_provided"])
    @pytest.mark.parametrize("second", ["given", "refused", "not_provided"])
    @pytest.mark.parametrize("father", ["", "given", "refused"])
    def test_as_if_there_had_been_one_record_from_the_start(
        self, nurse, clinic, mum, again, first, second, father, stays_first
    ):
        if father:
            dad = factories.RelationshipFactory(child=mum.child, kind="father")
            answer(clinic, dad, father, OCTOBER)
        one = clinic.child(given_name="Al", family_name="Other").relationships.get()
        if father:
            dad = factories.RelationshipFactory(child=one.child, kind="father")
            answer(clinic, dad, father, OCTOBER)
        answer(clinic, mum, first, OCTOBER)
        answer(clinic, again, second, NOVEMBER)
        answer(clinic, one, first, OCTOBER)
        answer(clinic, one, second, NOVEMBER)
        stays, goes = (mum, again) if stays_first else (again, mum)
        pair = contacts.pair_of(mum.child, stays.public_id, goes.public_id)
        merging.merge_contacts(
            child=mum.child,
            stays=stays.public_id,
            goes=goes.public_id,
            kept=pair.stays.details,
            seen=pair.fingerprint,
            by=nurse,
            now=NOW,
        )
        assert status_of(mum.child) == status_of(one.child)


class TestFamilies:
    def test_brothers_and_sisters_have_the_person_once(self, nurse_client, clinic, mum, again):
        both = clinic.child(given_name="Al", family_name="Lee")
        only = clinic.child(given_name="Bo", family_name="Lee")
        for one in (both, only):
            one.relationships.all().delete()
        factories.RelationshipFactory(child=both, parent=mum.parent, kind="mother")
        factories.RelationshipFactory(child=both, parent=again.parent, kind="guardian")
        factories.RelationshipFactory(child=only, parent=again.parent, kind="mother")
        asked = page(nurse_client.get(merge_address(mum, again.public_id)))
        assert "This is also for Al Lee and Bo Lee" in asked.text
        merge(nurse_client, mum, again.public_id, email="one")
        for one in (both, only):
            assert [x.parent_id for x in one.relationships.all()] == [mum.parent_id]
            assert "Contacts merged: Mo Lee" in log_of(one)
        bodies = Entry.objects.filter(child=both, title="Contacts merged: Mo Lee")
        assert "Relationship: Mum (not kept: Guardian)" in bodies.get().body

    def test_a_sensitive_brother_is_not_named(self, nurse_client, clinic, mum, again):
        here = merge_address(mum, again.public_id)
        before = page(nurse_client.get(here)).text
        brother = clinic.child(given_name="Al", family_name="Lee")
        hidden = factories.RelationshipFactory(child=brother, parent=again.parent)
        message_to(hidden)
        Child.objects.filter(pk=brother.pk).update(restricted_at=NOW)
        assert page(nurse_client.get(here)).text == before
        merge(nurse_client, mum, again.public_id, email="one")
        hidden.refresh_from_db()
        assert hidden.parent_id == mum.parent_id
        assert Entry.objects.filter(child=brother, title="Contacts merged").exists()


class TestMessages:
    def test_what_waits_goes_to_the_address_that_is_kept(self, nurse_client, mum, again):
        waiting = message_to(mum)
        asked = page(nurse_client.get(merge_address(mum, again.public_id)))
        assert "1 message to them is waiting" in asked.text
        merge(nurse_client, again, mum.public_id, email="one")
        waiting.refresh_from_db()
        assert (waiting.recipient, waiting.parent_id) == ("mo.new@example.com", again.parent_id)

    def test_never_twice_to_one_address(self, nurse_client, mum, again):
        letter = uuid4()
        here = message_to(mum, letter=letter)
        message_to(again, letter=letter, status=Message.Status.DELIVERED, accepted_at=NOW)
        merge(nurse_client, mum, again.public_id, email="other")
        here.refresh_from_db()
        assert here.recipient == "mo@example.com"
        assert Message.objects.filter(letter=letter, recipient="mo.new@example.com").count() == 1

    def test_a_reply_to_the_address_that_is_not_kept_follows(
        self, nurse_client, clinic, mum, again
    ):
        response = answer(clinic, mum, "given", NOVEMBER)
        reply = message_to(
            mum, template=replies.GIVEN, letter=replies.letter_of(response.public_id, replies.GIVEN)
        )
        merge(nurse_client, again, mum.public_id, email="one")
        reply.refresh_from_db()
        assert (reply.recipient, reply.status) == ("mo.new@example.com", "waiting")

    def test_that_an_address_failed_is_still_known(self, nurse_client, mum, again):
        Parent.objects.filter(pk=again.parent_id).update(email_failed_at=NOW)
        merge(nurse_client, mum, again.public_id, email="other")
        assert Parent.objects.get(pk=mum.parent_id).email_failed_at == NOW


class TestWhoMay:
    def test_nurses_and_administrators_of_the_organisation(
        self, administrator_client, client_elsewhere, organisation, mum, again
    ):
        clerk = signed_in(factories.UserFactory(organisation=organisation, role="clerk"))
        for here in (address("merge-parent", mum), merge_address(mum, again.public_id)):
            assert (clerk.get(here).status_code, clerk.post(here).status_code) == (403, 403)
            assert administrator_client.get(here).status_code == 200
            assert client_elsewhere.get(here).status_code == 404

    def test_not_on_a_sensitive_record(self, nurse_client, mum, again):
        Child.objects.update(restricted_at=NOW)
        for here in (address("merge-parent", mum), merge_address(mum, again.public_id)):
            assert nurse_client.get(here).status_code == nurse_client.post(here).status_code == 404

    def test_no_link_where_there_is_nobody_else(self, nurse_client, mum):
        record = page(nurse_client.get(f"/children/{mum.child.public_id}/"), names_person=True)
        assert "Change Mo Lee" in record.links
        assert "Merge Mo Lee" not in record.links

    def test_contacts_of_another_organisation_are_no_choice(self, clinic, mum):
        theirs = factories.ParentFactory()
        factories.ResponseFactory(child=mum.child, parent=theirs, session=clinic.session)
        assert [one.parent for one in contacts.people_of(mum.child)] == [mum.parent]

    def test_the_same_queries_however_large_the_family(self, nurse_client, clinic, mum, again):
        answer(clinic, mum, "given", NOVEMBER)
        here = merge_address(mum, again.public_id)
        few = count_queries(lambda: nurse_client.get(here))
        for number in range(3):
            brother = clinic.child(given_name=f"Al{number}", family_name="Lee")
            relationship = factories.RelationshipFactory(child=brother, parent=mum.parent)
            answer(clinic, relationship, "given", NOVEMBER)
            answer(clinic, again, "refused", OCTOBER)
        assert count_queries(lambda: nurse_client.get(here)) == few
