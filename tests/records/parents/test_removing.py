"""Removing a parent from a child's record. Cohorts and imports §10."""

import pytest

from cohorts.models import Child, Parent, ParentRelationship
from consent import replies, reply_guard
from consent.facts import consent_facts
from notifications.models import Message
from records import parents
from sessions_app.invitations.guard import CONTACT_CHANGED, guard
from sessions_app.models import ProgrammeStatus
from tests import factories
from tests.pages import page
from tests.records.parents.pages import NOW, address, form_of, log_of, message_to

pytestmark = pytest.mark.django_db


class TestRemoving:
    def test_once_confirmed_they_are_no_parent_of_the_child(self, nurse_client, nurse, mum, clinic):
        dad = factories.RelationshipFactory(
            child=mum.child,
            parent__full_name="Di Lee",
            parent__email="di@example.com",
            kind="father",
        )
        clinic.plan("2027-01-12T10:00")
        invited = list(Message.objects.all())
        [to_mum] = [message for message in invited if message.parent_id == mum.parent_id]
        assert len(invited) > 1
        assert guard(invited, now=NOW) == {}
        record = page(nurse_client.get(f"/children/{mum.child.public_id}/"), names_person=True)
        asked = page(nurse_client.get(record.links["Remove Mo Lee"]))
        assert "1 message to them that is waiting will not be sent" in asked.text
        assert "Messages still go to Di Lee (Dad)" in asked.text
        done = page(
            nurse_client.post(address("remove-parent", mum), follow=True), names_person=True
        )
        assert done.banner == "Parent or guardian removed from the record"
        assert list(mum.child.relationships.all()) == [dad]
        entry = log_of(mum.child)["Parent or guardian removed: Mo Lee (Mum)"]
        assert entry.actor == nurse.full_name
        assert guard(invited, now=NOW) == {to_mum.pk: CONTACT_CHANGED}

    def test_the_last_who_can_be_written_to_is_named_so(self, nurse_client, mum):
        asked = page(nurse_client.get(address("remove-parent", mum)))
        assert "Nobody else can be written to about Jo Lee" in asked.text
        nurse_client.post(address("remove-parent", mum))
        status = ProgrammeStatus.objects.get(child=mum.child, programme_id="hpv")
        assert status.exclusion == "no_contact"

    def test_a_new_contact_is_named_only_where_nobody_else_is_left(self, nurse_client, mum):
        dad, _ = (
            factories.RelationshipFactory(
                child=mum.child, parent__full_name=name, kind="father", is_vouched_for=is_known
            )
            for name, is_known in (("Di Lee", True), ("Ed Lee", False))
        )
        asked = page(nurse_client.get(address("remove-parent", mum)))
        assert "Messages still go to Di Lee (Dad)." in asked.text
        dad.delete()
        asked = page(nurse_client.get(address("remove-parent", mum)))
        assert "Messages still go to Ed Lee (Dad)." in asked.text

    def test_what_they_answered_keeps_naming_them_and_counts(self, nurse_client, mum, clinic):
        response = factories.ResponseFactory(
            child=mum.child, parent=mum.parent, session=clinic.session
        )
        asked = page(nurse_client.get(address("remove-parent", mum)))
        assert "What they answered about Jo Lee still counts" in asked.text
        shown = asked.links["HPV: consent given on 11 January 2027"]
        assert nurse_client.get(shown).status_code == 200
        nurse_client.post(address("remove-parent", mum))
        response.refresh_from_db()
        assert (response.parent, response.parent_name) == (mum.parent, "Mo Lee")
        assert consent_facts([mum.child_id], 2026, NOW.date()) == {(mum.child_id, "hpv"): "given"}

    def test_who_has_other_children_stays_theirs(self, nurse_client, mum, clinic):
        brother = clinic.child(given_name="Al", family_name="Lee")
        factories.RelationshipFactory(child=brother, parent=mum.parent)
        asked = page(nurse_client.get(address("remove-parent", mum)))
        assert "They stay a parent or guardian of Al Lee" in asked.text
        nurse_client.post(address("remove-parent", mum))
        assert brother.relationships.filter(parent=mum.parent).exists()

    def test_a_sensitive_brother_is_not_named(self, nurse_client, mum, clinic):
        before = page(nurse_client.get(address("remove-parent", mum)))
        brother = clinic.child(given_name="Al", family_name="Lee")
        factories.RelationshipFactory(child=brother, parent=mum.parent)
        Child.objects.filter(pk=brother.pk).update(restricted_at=NOW)
        assert page(nurse_client.get(address("remove-parent", mum))).text == before.text

    def test_what_goes_to_an_address_that_another_parent_shares_is_still_sent(
        self, nurse_client, mum, clinic
    ):
        factories.RelationshipFactory(child=mum.child, parent__email="mo@example.com")
        clinic.plan("2027-01-12T10:00")
        [invited] = Message.objects.filter(parent=mum.parent)
        response = factories.ResponseFactory(
            child=mum.child, parent=mum.parent, session=clinic.session, email="mo@example.com"
        )
        letter = replies.letter_of(response.public_id, replies.GIVEN)
        reply = message_to(mum, template=replies.GIVEN, letter=letter)
        asked = page(nurse_client.get(address("remove-parent", mum)))
        assert "1 message to them that is waiting will not be sent" in asked.text
        assert "1 message that is waiting will still be sent" in asked.text
        nurse_client.post(address("remove-parent", mum))
        assert guard([invited], now=NOW) == {}
        assert reply_guard.guard([reply], now=NOW) == {reply.pk: CONTACT_CHANGED}

    @pytest.mark.parametrize("name", ["remove-parent", "change-parent"])
    def test_who_was_removed_meanwhile_is_not_removed_twice(
        self, nurse_client, administrator, mum, name, monkeypatch
    ):
        """Somebody else removes them after the page has found them, and before it writes."""
        sent = form_of(nurse_client, mum) | {"full_name": "Mona Lee"}
        remove, service = parents.remove_parent, name.replace("-", "_")
        write = getattr(parents, service)

        def too_late(**given):
            remove(relationship=mum, by=administrator, now=NOW)
            write(**given)

        monkeypatch.setattr(parents, service, too_late)
        told = page(nurse_client.post(address(name, mum), sent, follow=True), names_person=True)
        assert "is not on the record any more" in told.banner
        assert not mum.child.relationships.exists()
        assert Parent.objects.get(pk=mum.parent_id).full_name == "Mo Lee"
        actors = [entry.actor for title, entry in log_of(mum.child).items() if "removed" in title]
        assert actors == [administrator.full_name]

    def test_what_is_gone_is_refused(self, nurse, mum):
        kept = ParentRelationship.objects.select_related("child", "parent").get(pk=mum.pk)
        parents.remove_parent(relationship=mum, by=nurse, now=NOW)
        with pytest.raises(parents.ParentGone):
            parents.remove_parent(relationship=kept, by=nurse, now=NOW)
        details = parents.details_of(kept)
        with pytest.raises(parents.ParentGone):
            parents.change_parent(
                relationship=kept, details=details, seen=details.fingerprint, by=nurse, now=NOW
            )
