"""Messages that wait when two contacts become one person. Decision 0070; consent §10 and §12."""

from uuid import uuid4

import pytest

from cohorts.models import Parent
from consent import messages, replies
from consent.triage_guard import NO_LONGER_GIVEN
from notifications.models import Message
from notifications.readdressing import CONTACT_CHANGED
from tests.pages import page
from tests.records.parents.pages import (
    DECEMBER,
    NOW,
    OCTOBER,
    answer,
    merge,
    merge_address,
    message_to,
    on_its_way,
    triaged,
)

pytestmark = pytest.mark.django_db
HERS, NEW = "+447700900401", "+447700900402"


def numbers(*relationships, **fields):
    for relationship, number in zip(relationships, (HERS, NEW), strict=False):
        theirs = {"phone": number, "wants_text_updates": True} | fields
        Parent.objects.filter(pk=relationship.parent_id).update(**theirs)


def where(sent):
    return sorted(message.recipient for message in sent)


def test_what_waits_goes_to_the_address_that_is_kept(nurse_client, mum, again):
    waiting = message_to(mum)
    asked = page(nurse_client.get(merge_address(mum, again.public_id)))
    assert "1 message to them is waiting" in asked.text
    merge(nurse_client, again, mum.public_id, email="one")
    waiting.refresh_from_db()
    assert (waiting.recipient, waiting.parent_id) == ("mo.new@example.com", again.parent_id)


def test_never_twice_to_one_address(nurse_client, mum, again):
    letter = uuid4()
    here = message_to(mum, letter=letter)
    message_to(again, letter=letter, status=Message.Status.DELIVERED, accepted_at=NOW)
    merge(nurse_client, mum, again.public_id, email="other")
    here.refresh_from_db()
    assert here.recipient == "mo@example.com"
    assert Message.objects.filter(letter=letter, recipient="mo.new@example.com").count() == 1


def test_a_reply_to_the_address_that_is_not_kept_follows(nurse_client, clinic, mum, again):
    response = answer(clinic, mum, "given", DECEMBER)
    reply = message_to(
        mum, template=replies.GIVEN, letter=replies.letter_of(response.public_id, replies.GIVEN)
    )
    merge(nurse_client, again, mum.public_id, email="one")
    reply.refresh_from_db()
    assert (reply.recipient, reply.status) == ("mo.new@example.com", "waiting")


def test_that_an_address_failed_is_still_known(nurse_client, mum, again):
    Parent.objects.filter(pk=again.parent_id).update(email_failed_at=NOW)
    asked = page(nurse_client.get(merge_address(mum, again.public_id)))
    assert asked.text.count("Messages do not arrive") == 2, "beside the address, where it is chosen"
    merge(nurse_client, mum, again.public_id, email="other")
    assert Parent.objects.get(pk=mum.parent_id).email_failed_at == NOW


class TestInvitations:
    """Which wait, as texts do at night."""

    def test_each_goes_once_to_what_is_kept_and_nowhere_else(
        self, nurse_client, clinic, mum, again
    ):
        numbers(mum, again)
        clinic.plan("2027-01-12T10:00")
        assert where(clinic.messages()) == [HERS, NEW, "mo.new@example.com", "mo@example.com"]
        merge(nurse_client, mum, again.public_id, email="other", phone="one")
        assert where(on_its_way()) == [HERS, "mo.new@example.com"]
        held = Message.objects.filter(status=Message.Status.WITHHELD)
        assert where(held) == [NEW, "mo@example.com"]
        assert {one.reason for one in held} == {CONTACT_CHANGED}

    def test_the_text_follows_the_number_that_comes_with_the_other_one(
        self, nurse_client, clinic, mum, again
    ):
        numbers(again)
        clinic.plan("2027-01-12T10:00")
        merge(nurse_client, mum, again.public_id, email="one")
        sent = on_its_way()
        assert where(sent) == [HERS, "mo@example.com"]
        assert {one.parent_id for one in sent} == {mum.parent_id}

    def test_the_text_goes_to_the_number_that_is_kept_where_only_the_other_had_it(
        self, nurse_client, clinic, mum, again
    ):
        numbers(again)
        clinic.plan("2027-01-12T10:00")
        numbers(again, mum)
        merge(nurse_client, mum, again.public_id, email="one", phone="one")
        assert where(on_its_way()) == [NEW, "mo@example.com"]

    def test_nothing_is_texted_once_her_needs_are_that_only_a_voice_reaches_her(
        self, nurse_client, clinic, mum, again
    ):
        numbers(mum, again)
        clinic.plan("2027-01-12T10:00")
        Parent.objects.filter(pk=again.parent_id).update(contact_method="voice")
        merge(nurse_client, mum, again.public_id, email="one", phone="one", needs="other")
        assert where(on_its_way()) == ["mo@example.com"]


@pytest.mark.parametrize("of_mum", ["given", "refused"])
def test_consent_10_what_a_nurse_decided_is_told_once_and_only_to_whose_consent_counts(
    nurse_client, nurse, clinic, mum, again, of_mum
):
    """On the answer of the one who goes; an older one of her own has no say any more."""
    answer(clinic, mum, of_mum, OCTOBER)
    answer(clinic, again, "given", DECEMBER)
    decision = triaged(clinic, mum.child, nurse, "safe", NOW)
    for one in (mum, again):
        message_to(one, letter=decision.form_token, template=messages.TRIAGE["safe"])
    merge(nurse_client, mum, again.public_id, email="one")
    told = [one for one in on_its_way() if one.letter == decision.form_token]
    assert where(told) == ["mo@example.com"]


def test_consent_10_nothing_is_told_of_what_was_decided_on_consent_that_counts_no_more(
    nurse_client, nurse, clinic, mum, again
):
    answer(clinic, mum, "refused", DECEMBER)
    answer(clinic, again, "given", OCTOBER)
    decision = triaged(clinic, mum.child, nurse, "safe", OCTOBER)
    told = message_to(again, letter=decision.form_token, template=messages.TRIAGE["safe"])
    merge(nurse_client, mum, again.public_id, email="one")
    assert on_its_way() == []
    told.refresh_from_db()
    assert told.reason == NO_LONGER_GIVEN
