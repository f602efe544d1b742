"""The operators' pages and their admin site, as the people who run Mavis see them."""

import uuid

import pytest
from django.utils import timezone

from notifications.models import Channel, Message
from tests import factories


@pytest.fixture
def text(organisation):
    """A text message that waits."""
    return Message.objects.create(
        letter=uuid.uuid4(),
        template="clinic_initial_invitation",
        channel=Channel.TEXT,
        recipient="+447700900123",
        organisation=organisation,
        child=factories.ChildFactory(organisation=organisation),
        due_at=timezone.now(),
    )


def test_operators_look_after_jobs_and_messages(visitor, superuser, text):
    visitor.sign_in(superuser.email, factories.PASSWORD)
    visitor.go("/operations/schedules/")
    visitor.check_page()
    visitor.go("/operations/messages/")
    visitor.check_page()
    visitor.go("/admin/")
    visitor.check_page()
    visitor.go("/admin/notifications/message/")
    visitor.check_page()
    visitor.go(f"/admin/notifications/message/{text.pk}/change/")
    visitor.sees("07700 900123")
    visitor.click("Sign out")
    visitor.sees_heading("Sign in")
