"""Parents are corrected while others are about them: on real transactions."""

from dataclasses import replace
from threading import Event

import pytest
from django.db import transaction

from notifications.aftermath import flag_contacts
from notifications.models import Message
from records import parents
from tests.records.parents.pages import NOW, message_to
from tests.threads import at_once, wait_for_a_waiter

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


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
        with transaction.atomic():
            flag_contacts([message], now=NOW)

    at_once(correct, receive)
    mum.parent.refresh_from_db()
    assert stored_details(mum) == replace(stored, **typed)
    assert mum.parent.email_failed_at == (NOW if is_flagged else None)
