"""Correcting a parent on a child's record. Cohorts and imports §10."""

import pytest

from accounts.models import AccessLogEntry
from cohorts.models import Child, Parent
from consent import replies
from notifications.models import Message
from sessions_app import statuses
from sessions_app.models import Invitation, ProgrammeStatus
from tests import factories
from tests.pages import page
from tests.records.parents.pages import NOW, address, form_of, log_of, message_to

pytestmark = pytest.mark.django_db


class TestChanging:
    def test_name_relationship_and_contact_details(self, administrator_client, mum, administrator):
        record = page(
            administrator_client.get(f"/children/{mum.child.public_id}/"), names_person=True
        )
        here = record.links["Change Mo Lee"]
        assert here == address("change-parent", mum)
        asked = page(administrator_client.get(here))
        sent = asked.values | {
            "full_name": "Mona Lee",
            "kind": "other",
            "other_name": "Aunt",
            "email": "MONA@example.com ",
            "phone": "07987 654321",
            "texts": "on",
            "contact_method": "other",
            "contact_method_details": "After six",
        }
        done = page(administrator_client.post(here, sent, follow=True), names_person=True)
        assert done.banner == "Parent or guardian changed"
        mum.refresh_from_db()
        parent = mum.parent
        assert (parent.full_name, mum.label) == ("Mona Lee", "Aunt")
        assert (parent.email, parent.phone) == ("mona@example.com", "+447987654321")
        assert (parent.wants_text_updates, parent.contact_method_details) == (True, "After six")
        entry = log_of(mum.child)["Parent or guardian changed: Mo Lee"]
        assert entry.actor == administrator.full_name
        assert entry.body.splitlines() == [
            "Full name: Mo Lee → Mona Lee",
            "Relationship: Mum → Aunt",
            "Email address: mo@example.com → mona@example.com",
            "Phone number: none → 07987 654321",
            "Text updates: No → Yes",
            "Contact needs: No needs → Other: After six",
        ]
        assert AccessLogEntry.objects.filter(user=administrator, child_id=mum.child_id).exists()

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"full_name": "", "email": ""}, "Enter a name, an email address or a phone number"),
            ({"full_name": "x" * 301}, "Full name must be 300 characters or less"),
            ({"kind": ""}, "Select relationship to child"),
            ({"kind": "other"}, "Enter the relationship to the child"),
            ({"email": "a@b"}, "Email address must be in the right format, like name@example.com"),
            ({"email": "a" * 250 + "@example.com"}, "254 characters"),
            ({"phone": "12"}, "Phone number must be a real number"),
            ({"texts": "true"}, "Enter a phone number to get updates by text message"),
            ({"contact_method": "voice"}, "Enter the phone number that has these needs"),
            ({"contact_method": "other"}, "Enter details of the contact needs"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_typed_is_lost(self, nurse_client, mum, wrong, said):
        sent = form_of(nurse_client, mum) | {"full_name": "Mona Lee"} | wrong
        refused = page(nurse_client.post(address("change-parent", mum), sent))
        assert any(said in error for error in refused.errors), refused.errors
        name, typed = next(iter(wrong.items()))
        assert refused.values.get(name, "") == typed
        mum.parent.refresh_from_db()
        assert mum.parent.full_name == "Mo Lee"

    def test_a_name_that_is_not_known_may_stay_so(self, nurse_client, mum):
        Parent.objects.update(full_name="")
        sent = form_of(nurse_client, mum) | {"email": "new@example.com"}
        nurse_client.post(address("change-parent", mum), sent)
        mum.parent.refresh_from_db()
        assert mum.parent.email == "new@example.com"

    def test_saving_without_a_change_leaves_no_trace(self, nurse_client, mum):
        sent = form_of(nurse_client, mum)
        done = page(
            nurse_client.post(address("change-parent", mum), sent, follow=True), names_person=True
        )
        assert done.banner == "Nothing was changed"
        assert "Parent or guardian changed: Mo Lee" not in log_of(mum.child)

    def test_what_waits_follows_to_the_corrected_address(self, nurse_client, mum):
        waiting, sent = message_to(mum), message_to(mum, status="delivered", accepted_at=NOW)
        data = form_of(nurse_client, mum) | {"email": "mona@example.com"}
        nurse_client.post(address("change-parent", mum), data)
        for message in (waiting, sent):
            message.refresh_from_db()
        assert (waiting.recipient, sent.recipient) == ("mona@example.com", "mo@example.com")

    def test_a_letter_stays_at_an_address_that_another_parent_shares(self, nurse_client, mum):
        factories.RelationshipFactory(child=mum.child, parent__email="mo@example.com")
        shared = message_to(mum)
        data = form_of(nurse_client, mum) | {"email": "mona@example.com"}
        nurse_client.post(address("change-parent", mum), data)
        shared.refresh_from_db()
        assert shared.recipient == "mo@example.com"

    def test_a_reply_that_waits_at_the_wrong_address_follows_too(self, nurse_client, mum, clinic):
        def reply_to(address):
            response = factories.ResponseFactory(
                child=mum.child, parent=mum.parent, session=clinic.session, email=address
            )
            letter = replies.letter_of(response.public_id, replies.GIVEN)
            return message_to(mum, template=replies.GIVEN, letter=letter, recipient=address)

        reply, elsewhere = reply_to("mo@example.com"), reply_to("typed@example.com")
        data = form_of(nurse_client, mum) | {"email": "mona@example.com"}
        nurse_client.post(address("change-parent", mum), data)
        for message in (reply, elsewhere):
            message.refresh_from_db()
        assert (reply.recipient, elsewhere.recipient) == ("mona@example.com", "typed@example.com")

    def test_who_could_not_be_reached_is_invited_at_the_new_address(self, nurse_client, mum):
        Parent.objects.update(email_failed_at=NOW)
        statuses.refresh([mum.child_id], today=NOW.date())
        status = ProgrammeStatus.objects.get(child=mum.child, programme_id="hpv")
        assert status.exclusion == "no_contact"
        assert not Invitation.objects.exists()
        data = form_of(nurse_client, mum) | {"email": "mona@example.com"}
        nurse_client.post(address("change-parent", mum), data)
        mum.parent.refresh_from_db()
        assert mum.parent.email_failed_at is None
        assert Invitation.objects.get().child == mum.child
        assert Message.objects.get().recipient == "mona@example.com"

    def test_brothers_and_sisters_share_the_person_and_not_the_relationship(
        self, nurse_client, mum, clinic
    ):
        brother = clinic.child(given_name="Al", family_name="Lee")
        brother.relationships.all().delete()
        factories.RelationshipFactory(child=brother, parent=mum.parent)
        asked = page(nurse_client.get(address("change-parent", mum)))
        assert "They are also a parent or guardian of Al Lee" in asked.text
        sent = asked.values | {"email": "mona@example.com", "kind": "guardian"}
        nurse_client.post(address("change-parent", mum), sent)
        assert brother.relationships.get().kind == "mother"
        title = "Parent or guardian changed: Mo Lee"
        assert "Relationship" in log_of(mum.child)[title].body
        assert log_of(brother)[title].body == ("Email address: mo@example.com → mona@example.com")

    def test_who_was_a_moment_too_late_reads_what_the_record_says_now(self, nurse_client, mum):
        """What they typed is kept, and sent again it counts."""
        sent = form_of(nurse_client, mum) | {"full_name": "Mona Lee"}
        Parent.objects.update(email="other@example.com")
        late = page(nurse_client.post(address("change-parent", mum), sent))
        assert any("Somebody else has changed" in error for error in late.errors)
        assert "Email address: other@example.com" in late.text
        assert late.values["full_name"] == "Mona Lee"
        mum.parent.refresh_from_db()
        assert (mum.parent.full_name, mum.parent.email) == ("Mo Lee", "other@example.com")
        nurse_client.post(address("change-parent", mum), late.values)
        mum.parent.refresh_from_db()
        assert mum.parent.full_name == "Mona Lee"

    def test_an_error_does_not_make_a_stale_form_fresh(self, nurse_client, mum):
        sent = form_of(nurse_client, mum) | {"email": "a@b"}
        Parent.objects.update(full_name="Somebody Else")
        refused = page(nurse_client.post(address("change-parent", mum), sent))
        again = refused.values | {"email": "mona@example.com"}
        late = page(nurse_client.post(address("change-parent", mum), again))
        assert any("Somebody else has changed" in error for error in late.errors)

    def test_a_sensitive_brother_is_not_named_and_his_log_names_no_parent(
        self, nurse_client, mum, clinic
    ):
        """The address is his, too, and follows: he is hidden, not forgotten."""
        before = page(nurse_client.get(address("change-parent", mum)))
        brother = clinic.child(given_name="Al", family_name="Lee")
        factories.RelationshipFactory(child=brother, parent=mum.parent)
        Child.objects.filter(pk=brother.pk).update(restricted_at=NOW)
        asked = page(nurse_client.get(address("change-parent", mum)))
        assert asked.text == before.text
        sent = asked.values | {"email": "mona@example.com"}
        nurse_client.post(address("change-parent", mum), sent)
        brother.refresh_from_db()
        assert log_of(brother)["Parent or guardian changed"].body == ""
