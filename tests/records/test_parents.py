"""Adding, correcting and removing a parent on a child's record. Cohorts and imports §10."""

from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.models import AccessLogEntry
from activity.selectors import child_log
from cohorts.models import Child, Parent, ParentRelationship
from consent import replies
from consent.facts import consent_facts
from notifications.models import Message
from records import parents
from sessions_app import statuses
from sessions_app.invitations.guard import CONTACT_CHANGED, guard
from sessions_app.models import Invitation, ProgrammeStatus
from tests import factories
from tests.conftest import signed_in
from tests.pages import count_queries, page
from tests.sessions_app.conftest import Clinic, at

pytestmark = pytest.mark.django_db
NOW = at("2027-01-12T10:00")


@pytest.fixture(autouse=True)
def morning(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def clinic(organisation):
    """A clinic on the 25th, whose invitations are due."""
    return Clinic(organisation)


@pytest.fixture
def child(clinic):
    return clinic.child(given_name="Jo", family_name="Lee")


@pytest.fixture
def mum(child):
    relationship = child.relationships.get()
    Parent.objects.filter(pk=relationship.parent_id).update(
        full_name="Mo Lee", email="mo@example.com", phone="", wants_text_updates=False
    )
    relationship.refresh_from_db()
    return relationship


def address(name, relationship):
    names = {"public_id": relationship.child.public_id, "parent_id": relationship.public_id}
    return reverse(f"children:{name}", kwargs=names)


def form_of(client, relationship):
    return dict(page(client.get(address("change-parent", relationship))).values)


def message_to(relationship, **fields):
    return Message.objects.create(
        **{
            "letter": uuid4(),
            "template": "clinic_initial_invitation",
            "channel": "email",
            "recipient": relationship.parent.email,
            "parent": relationship.parent,
            "child": relationship.child,
            "organisation": relationship.child.organisation,
            "due_at": NOW,
        }
        | fields
    )


def log_of(child):
    log = child_log(child=child, organisation=child.organisation)
    return {entry.title: entry for day in log.days for entry in day.entries}


class TestAdding:
    @pytest.fixture
    def here(self, child):
        return reverse("children:add-parent", kwargs={"public_id": child.public_id})

    @pytest.fixture
    def dad(self):
        return {
            "full_name": "Di Lee",
            "kind": "father",
            "email": "di@example.com",
            "contact_method": "any",
        }

    def test_who_is_new_is_written_to_from_now_on(self, nurse_client, nurse, child, here, dad):
        child.relationships.all().delete()
        statuses.refresh([child.pk], today=NOW.date())
        record = page(nurse_client.get(f"/children/{child.public_id}/"), names_person=True)
        assert record.links["Add parent or guardian"] == here
        sent = page(nurse_client.get(here)).values | dad
        done = page(nurse_client.post(here, sent, follow=True), names_person=True)
        assert done.banner == "Parent or guardian added"
        relationship = child.relationships.get()
        assert (relationship.parent.display_name, relationship.label) == ("Di Lee", "Dad")
        entry = log_of(child)["Parent or guardian added: Di Lee (Dad)"]
        assert entry.actor == nurse.full_name
        assert Message.objects.get().recipient == "di@example.com"

    def test_twice_is_once(self, nurse_client, child, here, dad):
        nurse_client.post(here, dad, follow=True)
        told = page(nurse_client.post(here, dad, follow=True), names_person=True)
        assert told.banner == "The record has this parent or guardian already"
        assert child.relationships.count() == 2

    @pytest.mark.parametrize(("phone", "is_shared"), [("", True), ("07987 654321", False)])
    def test_the_parent_of_a_brother_is_the_same_person_if_nothing_differs(
        self, nurse_client, child, here, dad, clinic, phone, is_shared
    ):
        brother = clinic.child(given_name="Al", family_name="Lee", parents=0)
        of_brother = factories.RelationshipFactory(
            child=brother,
            parent__full_name="di lee",
            parent__email="di@example.com",
            parent__phone="",
            parent__wants_text_updates=False,
        )
        nurse_client.post(here, dad | {"phone": phone})
        added = child.relationships.get(kind="father")
        assert (added.parent == of_brother.parent) == is_shared

    def test_what_is_missing_is_said(self, nurse_client, child, here):
        refused = page(nurse_client.post(here, {"contact_method": "any"}))
        assert list(refused.errors) == [
            "Enter a name, an email address or a phone number",
            "Select relationship to child",
        ]
        assert child.relationships.count() == 1

    def test_not_to_a_sensitive_record_nor_by_others(
        self, nurse_client, organisation, client_elsewhere, child, here
    ):
        clerk = signed_in(factories.UserFactory(organisation=organisation, role="clerk"))
        assert clerk.post(here).status_code == 403
        assert client_elsewhere.get(here).status_code == 404
        Child.objects.update(restricted_at=NOW)
        assert nurse_client.get(here).status_code == 404


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
        assert "1 message that is waiting will not be sent" in asked.text
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

    @pytest.mark.parametrize("name", ["remove-parent", "change-parent"])
    def test_who_was_removed_meanwhile_is_not_removed_twice(
        self, nurse_client, nurse, mum, name, monkeypatch
    ):
        sent = form_of(nurse_client, mum)

        def gone(**_):
            raise parents.ParentGone

        monkeypatch.setattr(parents, "remove_parent", gone)
        monkeypatch.setattr(parents, "change_parent", gone)
        told = page(nurse_client.post(address(name, mum), sent, follow=True), names_person=True)
        assert "has been removed from the record already" in told.banner

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


@pytest.mark.parametrize("name", ["remove-parent", "change-parent"])
class TestBoth:
    def test_for_nurses_and_administrators_of_the_organisation(
        self, administrator_client, client_elsewhere, organisation, mum, name
    ):
        clerk = signed_in(factories.UserFactory(organisation=organisation, role="clerk"))
        here = address(name, mum)
        assert (clerk.get(here).status_code, clerk.post(here).status_code) == (403, 403)
        assert administrator_client.get(here).status_code == 200
        assert client_elsewhere.get(here).status_code == 404
        record = page(clerk.get(f"/children/{mum.child.public_id}/"), names_person=True)
        assert "Change Mo Lee" not in record.links

    def test_parents_of_a_sensitive_record_are_not_found(self, nurse_client, mum, name):
        Child.objects.update(restricted_at=NOW)
        for method in (nurse_client.get, nurse_client.post):
            assert method(address(name, mum)).status_code == 404

    def test_the_same_queries_however_large_the_family(self, nurse_client, mum, clinic, name):
        few = count_queries(lambda: nurse_client.get(address(name, mum)))
        for number in range(4):
            brother = clinic.child(given_name=f"Al{number}", family_name="Lee")
            factories.RelationshipFactory(child=brother, parent=mum.parent)
            factories.ResponseFactory(child=mum.child, parent=mum.parent, session=clinic.session)
            factories.RelationshipFactory(child=mum.child)
            message_to(mum)
        assert count_queries(lambda: nurse_client.get(address(name, mum))) == few
