"""Before a response is recorded, its page says if it cannot be confirmed. Consent §6 and §12."""

from datetime import UTC, datetime

import pytest

from cohorts.models import Parent, ParentRelationship
from consent.replies import GIVEN, TRIAGE
from consent.services.contacts import Details
from consent.services.replies import why_nobody_reads
from notifications.models import Message
from tests.consent.wizard import HEALTH, given
from tests.sessions_app.conftest import at

FAILED = datetime(2027, 1, 1, tzinfo=UTC)
MAIL, MOBILE = "mo@example.com", "+447700900001"
NO_EMAIL = "there is no email address, and "
NONE = "No confirmation "
NUTS = HEALTH | {"severe_allergies": "yes", "severe_allergies_details": "Nuts"}


@pytest.mark.parametrize(
    ("details", "template", "reason"),
    [
        (Details(MAIL), GIVEN, ""),
        (Details(MAIL), TRIAGE, ""),
        (Details("", MOBILE, True), GIVEN, ""),
        (Details("", MOBILE, True), TRIAGE, NO_EMAIL + "this message goes by email only"),
        (Details("", MOBILE), GIVEN, NO_EMAIL + "they do not want updates by text message"),
        (
            Details("", "+441632960100", True),
            GIVEN,
            NO_EMAIL + "their phone number is not a UK mobile",
        ),
        (Details(), GIVEN, NO_EMAIL + "there is no phone number"),
    ],
)
@pytest.mark.parametrize("parent", [None, Parent(email=MAIL, phone=MOBILE)], ids=["new", "known"])
def test_a_message_reaches_who_gave_an_address_that_takes_it(details, template, reason, parent):
    assert why_nobody_reads(parent, details, template) == reason


@pytest.mark.parametrize(
    ("parent", "details", "reason"),
    [
        (
            Parent(email=MAIL, email_failed_at=FAILED),
            Details(MAIL, MOBILE),
            "emails to their address do not arrive, and they do not want updates by text message",
        ),
        (Parent(email="old@example.com", email_failed_at=FAILED), Details(MAIL), ""),
        (
            Parent(phone=MOBILE, phone_failed_at=FAILED),
            Details("", MOBILE, True),
            NO_EMAIL + "text messages to their number do not arrive",
        ),
        (
            Parent(phone=MOBILE, contact_method="voice"),
            Details("", MOBILE, True),
            NO_EMAIL + "they can only receive voice calls",
        ),
    ],
)
def test_what_is_known_of_an_address_counts(parent, details, reason):
    assert why_nobody_reads(parent, details, GIVEN) == reason


def is_told():
    """Whether anything but the invitation to the clinic is sent."""
    return Message.objects.exclude(template__contains="invitation").exists()


@pytest.fixture
def unreachable(mum):
    mum.email, mum.phone = "", MOBILE
    mum.save()
    return mum


@pytest.mark.django_db
class TestThePage:
    def test_says_so_before_the_response_is_confirmed(self, wizard, unreachable):
        said = (
            "No confirmation can be sent: there is no email address, and they do not want updates"
        )
        assert said in given(wizard, unreachable).shown.text
        wizard.answer()
        assert not is_told()

    def test_is_silent_where_a_message_goes(self, wizard, mum):
        assert NONE not in given(wizard, mum).shown.text
        wizard.answer()
        assert is_told()

    def test_is_silent_where_none_is_due(self, wizard, unreachable):
        wizard.choose(unreachable.pk).answer(route="phone").answer(decision="not_provided")
        assert wizard.step == "check"
        assert NONE not in wizard.shown.text

    def test_knows_that_an_outcome_of_triage_goes_to_the_address_on_record(
        self, wizard, unreachable
    ):
        wizard.answer(contact=unreachable.pk)
        wizard.answer(email=MAIL, phone=MOBILE).answer(replace="no")
        wizard.answer(route="phone").answer(decision="given").answer(**NUTS)
        wizard.answer(outcome="safe")
        assert NONE + "can be sent: there is no email address" in wizard.shown.text
        wizard.answer()
        assert not is_told()

    def test_knows_of_a_sensitive_record(self, wizard, mum, child):
        child.restricted_at = at("2027-01-12T09:30")
        child.save()
        shown = given(wizard, mum).shown
        assert NONE + "can be sent: the record is flagged as sensitive." in shown.text

    def test_knows_who_is_no_contact_any_more(self, wizard, mum, child, answered):
        answered(child, "given", parent=mum)
        ParentRelationship.objects.all().delete()
        assert NONE + "can be sent: they are not a parent" in given(wizard, mum).shown.text
