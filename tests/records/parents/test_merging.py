"""Merging two contacts who are one person. Consent §3, §9.3 and §15; decision 0070."""

from datetime import timedelta

import pytest

from accounts.models import AccessLogEntry
from activity.models import Entry
from cohorts.models import Child, Parent
from consent.facts import consent_facts, triage_facts
from consent.models import ConsentResponse
from records import contacts, merging
from sessions_app.choices import TriageStatus
from sessions_app.models import ProgrammeStatus
from tests import factories
from tests.conftest import signed_in
from tests.pages import count_queries, page
from tests.records.parents.pages import (
    DECEMBER,
    NOW,
    OCTOBER,
    address,
    answer,
    log_of,
    merge,
    merge_address,
    message_to,
    triaged,
)

pytestmark = pytest.mark.django_db
BETWEEN = OCTOBER + timedelta(days=1)


def triage_of(child):
    return triage_facts([child.pk], 2026, NOW.date()).get((child.pk, "hpv"))


def status_of(child):
    return consent_facts([child.pk], 2026, NOW.date())[child.pk, "hpv"]


class TestOnePerson:
    def test_who_changed_her_mind_is_no_conflict_any_more(
        self, nurse_client, nurse, clinic, mum, again
    ):
        old = answer(clinic, mum, "refused", OCTOBER)
        new = answer(clinic, again, "given", DECEMBER)
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
        answer(clinic, mum, "given", DECEMBER)
        assert status_of(mum.child) == "conflicts"
        asked = page(nurse_client.get(address("merge-parent", mum)))
        assert "not on the record any more" in asked.text
        merge(nurse_client, mum, old.public_id, email="one")
        assert status_of(mum.child) == "given"
        [left] = mum.child.relationships.all()
        assert left.parent.email == "mo@example.com"

    @pytest.mark.parametrize("stays_first", [True, False])
    @pytest.mark.parametrize(
        ("first", "second", "father", "consent"),
        [
            ("refused", "given", "", "given"),
            ("given", "refused", "", "refused"),
            # Whatever she said with either, the father's refusal blocks.
            ("given", "given", "refused", "conflicts"),
            ("given", "not_provided", "refused", "conflicts"),
            ("not_provided", "refused", "given", "conflicts"),
            ("refused", "given", "given", "given"),
        ],
    )
    @pytest.mark.parametrize("decided_at", [BETWEEN, NOW])
    def test_as_if_there_had_been_one_record_from_the_start(
        self, nurse, clinic, mum, again, first, second, father, consent, decided_at, stays_first
    ):
        """Consent, and triage that was decided on the first answer or on both."""
        one = clinic.child(given_name="Al", family_name="Other").relationships.get()
        for his, hers, now in ((mum, mum, again), (one, one, one)):
            if father:
                dad = factories.RelationshipFactory(child=his.child, kind="father")
                answer(clinic, dad, father, OCTOBER)
            answer(clinic, hers, first, OCTOBER)
            answer(clinic, now, second, DECEMBER)
            triaged(clinic, his.child, nurse, "safe", decided_at)
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
        assert status_of(mum.child) == status_of(one.child) == consent
        assert triage_of(mum.child) == triage_of(one.child)

    @pytest.mark.parametrize(
        ("first", "second", "decided_at", "before", "after"),
        [
            # What was safe after one answer is looked at again after the next that calls for it.
            ("refused", "given", None, "not_needed", "needed"),
            ("given", "given", BETWEEN, "needed", "needed"),
            ("refused", "given", BETWEEN, "not_needed", "needed"),
            # What was decided on what the other one said stands.
            ("given", "given", NOW, "safe", "safe"),
            ("refused", "given", NOW, "not_needed", "safe"),
            ("given", "refused", BETWEEN, "not_needed", "not_needed"),
        ],
    )
    def test_consent_10_what_becomes_of_triage_is_shown_before(
        self, nurse_client, nurse, clinic, mum, again, first, second, decided_at, before, after
    ):
        answer(clinic, again, first, OCTOBER)
        answer(clinic, mum, second, DECEMBER)
        if decided_at:
            triaged(clinic, mum.child, nurse, "safe", decided_at)
        asked = page(nurse_client.get(merge_address(mum, again.public_id)))
        assert triage_of(mum.child) == before
        now, then = asked.summary["Now"], asked.summary["After"]
        assert TriageStatus(before).label in now
        assert TriageStatus(after).label in (now if then == "No change" else then)
        merge(nurse_client, mum, again.public_id, email="one")
        assert triage_of(mum.child) == after
        row = ProgrammeStatus.objects.get(child=mum.child, programme_id="hpv")
        assert (row.triage, row.consent) == (after, second)


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
        before = page(nurse_client.get(here))
        brother = clinic.child(given_name="Al", family_name="Lee")
        hidden = factories.RelationshipFactory(child=brother, parent=again.parent)
        message_to(hidden)
        answer(clinic, hidden, "given", DECEMBER)
        Child.objects.filter(pk=brother.pk).update(restricted_at=NOW)
        now = page(nurse_client.get(here))
        assert (now.text, now.values["seen"]) == (before.text, before.values["seen"])
        merge(nurse_client, mum, again.public_id, email="one")
        hidden.refresh_from_db()
        assert hidden.parent_id == mum.parent_id
        assert Entry.objects.filter(child=brother, title="Contacts merged").exists()

    def test_what_the_record_of_a_brother_did_not_say_is_filled_and_logged(
        self, nurse_client, clinic, mum, again
    ):
        """Whichever of the two it did not say it of."""
        for name, of_mum, of_again in (("Al", "unknown", "guardian"), ("Bo", "father", "unknown")):
            brother = clinic.child(given_name=name, family_name="Lee")
            brother.relationships.all().delete()
            factories.RelationshipFactory(child=brother, parent=mum.parent, kind=of_mum)
            factories.RelationshipFactory(child=brother, parent=again.parent, kind=of_again)
        merge(nurse_client, mum, again.public_id, email="one")
        bodies = {
            entry.child.given_name: entry.body.splitlines()[-1]
            for entry in Entry.objects.filter(title="Contacts merged: Mo Lee").exclude(
                child=mum.child
            )
        }
        assert bodies == {
            "Al": "Relationship: Guardian (not kept: Unknown)",
            "Bo": "Relationship: Dad (not kept: Unknown)",
        }

    def test_that_somebody_looked_is_noted_for_each_child_who_is_shown(
        self, nurse_client, nurse, clinic, mum, again
    ):
        shown, hidden = (clinic.child(given_name=name, family_name="Lee") for name in ("Al", "Bo"))
        for one in (shown, hidden):
            factories.RelationshipFactory(child=one, parent=again.parent)
        Child.objects.filter(pk=hidden.pk).update(restricted_at=NOW)
        answer(clinic, again, "given", DECEMBER)
        nurse_client.get(merge_address(mum, again.public_id))
        looked = AccessLogEntry.objects.values_list("user", "child_id", "area", "page")
        assert set(looked) == {(nurse.pk, one, "child", "show") for one in (mum.child_id, shown.pk)}
        assert len(looked) == 2

    def test_a_child_whom_another_organisation_has_keeps_who_is_on_their_record(
        self, nurse_client, mum, again
    ):
        """As after a move: nothing of theirs is shown, counted, changed or told of."""
        here = merge_address(mum, again.public_id)
        before = page(nurse_client.get(here))
        gone = factories.ChildFactory(given_name="Zed")
        theirs = [factories.RelationshipFactory(child=gone, parent=p.parent) for p in (mum, again)]
        response = factories.ResponseFactory(child=gone, parent=again.parent)
        message = message_to(theirs[1])
        now = page(nurse_client.get(here))
        assert (now.text, now.values["seen"]) == (before.text, before.values["seen"])
        assert merge(nurse_client, mum, again.public_id, email="one").banner == "Contacts merged"
        for one in (*theirs, response, message):
            parent_id = one.parent_id
            one.refresh_from_db()
            assert one.parent_id == parent_id
        assert message.recipient == "mo.new@example.com"
        assert not Entry.objects.filter(child=gone).exists()
        assert not AccessLogEntry.objects.filter(child_id=gone.pk).exists()


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
        answer(clinic, mum, "given", DECEMBER)
        here = merge_address(mum, again.public_id)
        few = count_queries(lambda: nurse_client.get(here))
        for number in range(3):
            brother = clinic.child(given_name=f"Al{number}", family_name="Lee")
            relationship = factories.RelationshipFactory(child=brother, parent=mum.parent)
            answer(clinic, relationship, "given", DECEMBER)
            answer(clinic, again, "refused", OCTOBER)
        assert count_queries(lambda: nurse_client.get(here)) == few
