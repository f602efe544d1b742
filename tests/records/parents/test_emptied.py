"""An address or number that a nurse deletes gets nothing that waits. Consent §12."""

import uuid

import pytest

from activity.models import Entry
from cohorts.models import Parent
from consent import replies, reply_guard
from consent.models import ConsentResponse
from consent.services.contacts import Details, replace_details
from notifications import readdressing
from notifications.models import Message
from notifications.rules import REFUSED
from notifications.settling import Settlement
from sessions_app.invitations.guard import CONTACT_CHANGED, guard
from tests import factories
from tests.records.parents.pages import NOW, address, form_of, message_to, on_its_way

pytestmark = pytest.mark.django_db
PHONE = "+447987654321"


@pytest.fixture
def reachable(mum):
    Parent.objects.filter(pk=mum.parent_id).update(phone=PHONE, wants_text_updates=True)
    mum.parent.refresh_from_db()
    return mum


@pytest.fixture
def reply(reachable, clinic):
    """Makes a reply that waits, to where the parent said with the answer."""

    def make(channel, recipient):
        response = factories.ResponseFactory(
            child=reachable.child,
            parent=reachable.parent,
            session=clinic.session,
            **{"email" if channel == "email" else "phone": recipient},
        )
        letter = replies.letter_of(response.public_id, replies.GIVEN)
        return message_to(
            reachable,
            template=replies.GIVEN,
            letter=letter,
            channel=channel,
            recipient=recipient,
        )

    return make


def changed_to(client, relationship, **typed):
    data = form_of(client, relationship)
    if not typed.get("phone", "x"):
        data.pop("texts")
    client.post(address("change-parent", relationship), data | typed)


@pytest.mark.parametrize(
    ("channel", "recipient", "typed"),
    [
        ("email", "mo@example.com", {"email": ""}),
        ("text", PHONE, {"phone": ""}),
        ("text", PHONE, {"phone": "020 7946 0000"}),
    ],
)
def test_consent_12_a_reply_is_withheld_where_nothing_can_be_sent_any_more(
    nurse_client, reachable, reply, channel, recipient, typed
):
    waiting = reply(channel, recipient)
    elsewhere = reply("email", "typed@example.com")
    changed_to(nurse_client, reachable, **typed)
    for message in (waiting, elsewhere):
        message.refresh_from_db()
    assert (waiting.status, waiting.reason) == ("withheld", CONTACT_CHANGED)
    assert waiting.settled_at == NOW
    [entry] = Entry.objects.filter(kind=Entry.Kind.MESSAGE_WITHHELD)
    assert f"not sent: {CONTACT_CHANGED}" in entry.title
    assert (entry.child_id, entry.body) == (reachable.child_id, recipient)
    assert (elsewhere.status, elsewhere.recipient) == ("waiting", "typed@example.com")


@pytest.mark.parametrize(
    ("typed", "came_of_it"),
    [("", ("withheld", "mo@example.com")), ("mona@example.com", ("parked", "mona@example.com"))],
)
def test_consent_12_a_reply_that_notify_refused_does_not_go_there_once_the_mistake_is_mended(
    nurse_client, reachable, reply, typed, came_of_it
):
    refused = reply("email", "mo@example.com")
    refused.status, refused.reason = "parked", f"{REFUSED}: no such template"
    refused.save()
    changed_to(nurse_client, reachable, email=typed)
    refused.refresh_from_db()
    assert (refused.status, refused.recipient) == came_of_it


def test_consent_12_also_where_another_parent_has_that_address(nurse_client, reachable, reply):
    """What Mum said is hers: Dad's address is not where she wants to read of it."""
    factories.RelationshipFactory(child=reachable.child, parent__email="mo@example.com")
    waiting = reply("email", "mo@example.com")
    changed_to(nurse_client, reachable, email="")
    waiting.refresh_from_db()
    assert waiting.status == "withheld"


def test_consent_12_a_reply_that_is_at_the_new_address_already_does_not_go_to_the_old_one(
    nurse_client, reachable, reply
):
    old = reply("email", "mo@example.com")
    new = message_to(
        reachable, template=old.template, letter=old.letter, recipient="mona@example.com"
    )
    changed_to(nurse_client, reachable, email="mona@example.com")
    for message in (old, new):
        message.refresh_from_db()
    assert (old.status, new.status) == ("withheld", "waiting")


def test_consent_12_emptied_while_a_response_is_recorded(nurse, reachable, reply):
    waiting = reply("text", PHONE)
    replace_details(reachable.parent, Details("mo@example.com"), now=NOW, by=nurse)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.reason) == ("withheld", CONTACT_CHANGED)


def test_consent_12_nothing_is_texted_to_whom_only_a_voice_reaches(nurse_client, reachable, reply):
    text = reply("text", PHONE)
    assert reply_guard.guard([text], now=NOW) == {}
    changed_to(nurse_client, reachable, contact_method="voice")
    assert reply_guard.guard([text], now=NOW) == {text.pk: CONTACT_CHANGED}


def test_an_invitation_does_not_go_to_an_address_that_was_deleted(nurse_client, reachable, clinic):
    clinic.plan("2027-01-12T10:00")
    invited = list(Message.objects.filter(channel="email"))
    assert len(invited) == 1
    assert guard(invited, now=NOW) == {}
    changed_to(nurse_client, reachable, email="")
    assert guard(list(Message.objects.filter(channel="email")), now=NOW) == {
        invited[0].pk: CONTACT_CHANGED
    }


def sent_after_all(reply):
    """Where a reply goes once Notify turns out not to have it."""
    reply.refresh_from_db()
    settlement = Settlement(now=NOW)
    settlement.wait(reply, due_at=NOW)
    settlement.save()
    return [message.recipient for message in on_its_way() if message == reply]


@pytest.mark.parametrize("status", ["claimed", "unknown"])
@pytest.mark.parametrize(
    ("given", "corrections", "goes_to"),
    [
        ("mo@example.com", ["mona@example.com"], ["mona@example.com"]),
        ("mo@example.com", ["mona@example.com", "mo@example.com"], ["mo@example.com"]),
        ("mo@example.com", ["mona@example.com", "mo@lee.example.com"], ["mo@lee.example.com"]),
        ("mo@example.com", [""], []),
        ("typed@example.com", ["mona@example.com"], ["typed@example.com"]),
    ],
)
def test_consent_12_a_reply_under_way_is_not_sent_once_more_to_where_it_was_put_right(
    nurse_client, reachable, reply, status, given, corrections, goes_to
):
    message = reply("email", given)
    message.status, message.claim, message.claimed_at = status, uuid.uuid4(), NOW
    message.save()
    for typed in corrections:
        changed_to(nurse_client, reachable, email=typed)
    assert sent_after_all(message) == goes_to
    message.refresh_from_db()
    assert goes_to or (message.status, message.reason) == ("withheld", CONTACT_CHANGED)


def test_consent_12_not_even_where_another_parent_has_that_address(nurse_client, reachable, reply):
    factories.RelationshipFactory(child=reachable.child, parent__email="mo@example.com")
    message = reply("email", "mo@example.com")
    message.status, message.claim, message.claimed_at = "unknown", uuid.uuid4(), NOW
    message.save()
    changed_to(nurse_client, reachable, email="mona@example.com")
    assert sent_after_all(message) == ["mona@example.com"]


def test_a_confirmation_under_way_goes_to_the_present_address_whatever_changes_next(
    nurse_client, reachable, reply
):
    """Of a withdrawal: it goes to the parent's address on record, not to that given once."""
    message = reply("email", "mo@example.com")
    ConsentResponse.objects.update(email="typed@example.com")
    message.letter = replies.letter_of(ConsentResponse.objects.get().public_id, replies.REFUSED)
    message.template = replies.REFUSED
    message.status, message.claim, message.claimed_at = "unknown", uuid.uuid4(), NOW
    message.save()
    changed_to(nurse_client, reachable, email="mona@example.com")
    message.refresh_from_db()
    settlement = Settlement(now=NOW)
    settlement.wait(message, due_at=NOW)
    settlement.save()
    readdressing.readdress([reachable.child_id])
    assert sent_after_all(message) == ["mona@example.com"]
