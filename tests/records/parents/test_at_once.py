"""Parents are corrected while others are about them: on real transactions."""

from dataclasses import replace
from threading import Event

import pytest
from django.urls import reverse

from activity.models import Entry
from cohorts.models import Parent
from notifications.models import Message
from notifications.settling import Settlement
from records import parents
from records.parent_views import GONE, KNOWN
from tests.pages import page
from tests.records.parents.pages import NOW, address, message_to
from tests.threads import at_once, wait_for_a_waiter

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
ROUNDS = 3


@pytest.mark.parametrize(
    ("typed", "is_flagged"),
    [({"phone": "+447987654321"}, True), ({"email": "mona@example.com"}, False)],
)
def test_what_a_receipt_says_of_an_address_is_kept_unless_the_address_is_another(
    mum, nurse, monkeypatch, typed, is_flagged
):
    """The receipt comes after the correction has read the parent, and before it is saved."""
    message = message_to(mum, status=Message.Status.DELIVERED, accepted_at=NOW)
    stored = parents.details_of(mum)
    was_read = Event()

    def read(relationship):
        details = stored_details(relationship)
        was_read.set()
        wait_for_a_waiter()
        return details

    stored_details = parents.details_of
    monkeypatch.setattr(parents, "details_of", read)

    def correct():
        parents.change_parent(
            relationship=mum,
            details=replace(stored, **typed),
            seen=stored.fingerprint,
            by=nurse,
            now=NOW,
        )

    def receive():
        was_read.wait(60)
        settlement = Settlement(now=NOW)
        settlement.conclude(message, status="permanent-failure")
        settlement.save()

    at_once(correct, receive)
    mum.parent.refresh_from_db()
    assert stored_details(mum) == replace(stored, **typed)
    assert mum.parent.email_failed_at == (NOW if is_flagged else None)


def test_two_people_who_add_one_parent_at_once_make_one(nurse_client, administrator_client, child):
    here = reverse("children:add-parent", kwargs={"public_id": child.public_id})
    for n in range(ROUNDS):
        dad = {"full_name": "Di Lee", "kind": "father", "email": f"di{n}@example.com"}
        told = at_once(
            *[
                lambda client=client, dad=dad: (
                    page(
                        client.post(here, dad | {"contact_method": "any"}, follow=True),
                        names_person=True,
                    ).banner
                )
                for client in (nurse_client, administrator_client)
            ]
        )
        assert sorted(told) == ["Parent or guardian added", KNOWN]
    assert child.relationships.filter(kind="father").count() == ROUNDS
    assert Parent.objects.filter(full_name="Di Lee").count() == ROUNDS


def test_two_people_who_remove_one_parent_at_once_remove_them_once(
    nurse_client, administrator_client, mum
):
    told = at_once(
        *[
            lambda client=client: (
                page(
                    client.post(address("remove-parent", mum), follow=True), names_person=True
                ).banner
            )
            for client in (nurse_client, administrator_client)
        ]
    )
    assert sorted(told) == ["Parent or guardian removed from the record", GONE]
    assert Entry.objects.filter(title__startswith="Parent or guardian removed").count() == 1
