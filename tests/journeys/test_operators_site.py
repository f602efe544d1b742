"""The operators' pages and their admin site, as the people who run Mavis see them."""

import uuid
from datetime import date

import pytest
from django.utils import timezone

from notifications.models import Channel, Message
from tests import factories
from tests.sessions_app.conftest import Clinic, at


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


def test_operators_are_told_to_whom_a_setting_writes(visitor, superuser, time_machine):
    time_machine.move_to(at("2027-01-26T10:00"))
    organisation = factories.OrganisationFactory(repeats_invitations=False)
    clinic = Clinic(organisation, dates=[date(2027, 1, 25), date(2027, 2, 1)])
    clinic.child()
    clinic.plan("2027-01-04T09:00")
    visitor.sign_in(superuser.email, factories.PASSWORD)
    visitor.go(f"/admin/accounts/organisation/{organisation.pk}/change/")
    visitor.page.get_by_label("Invite again for later clinics").check()
    visitor.page.get_by_role("button", name="Save", exact=True).click()
    visitor.sees("The parents of 1 child are invited")
    visitor.check_page()
    visitor.page.get_by_role("button", name="Save, and write to them").click()
    visitor.sees("was changed successfully")
