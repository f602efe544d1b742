"""A nurse gets consent for children of the community clinic, as the user guide says."""

from datetime import time, timedelta

import pytest
from playwright.sync_api import expect

from calendars import clock
from calendars.rules import academic_year_of, birth_academic_year_of
from consent.decisions import Agreement
from consent.forms.gillick import STATEMENTS
from consent.models import ConsentRequest
from consent.questions import questionnaire
from govuk.filters import phone
from notifications import sending
from notifications.models import Lane
from sessions_app import memberships
from sessions_app.models import Membership, SessionDate
from tests import factories
from tests.factories import PASSWORD
from tests.journeys.browser import NARROW


@pytest.fixture
def clinic(transactional_db, organisation):
    """A clinic in two weeks, whose invitations go from last week on."""
    today = clock.today()
    return factories.ClinicSessionFactory(
        organisation=organisation,
        academic_year=academic_year_of(today),
        dates=[today + timedelta(days=14)],
        invitations_on=today - timedelta(days=7),
    )


@pytest.fixture
def children(clinic):
    """Three children of Year 8, each with a parent whose address is wider than a phone."""
    found = []
    for name in ("Alex", "Blair", "Casey"):
        child = factories.ChildFactory(
            organisation=clinic.organisation,
            given_name=name,
            family_name="Example",
            birth_academic_year=birth_academic_year_of(8, clinic.academic_year),
        )
        factories.RelationshipFactory(
            child=child,
            parent__full_name=f"Mo {name}",
            parent__email=f"{name.lower()}.of-a-family-with-a-very-long-address@mail.example.com",
        )
        found.append(child)
    memberships.join(
        clinic,
        [child.pk for child in found],
        reason=Membership.Reason.UNKNOWN_SCHOOL,
        now=clock.now(),
    )
    return found


def open_child(visitor, name):
    visitor.open_area("Sessions")
    visitor.open_tab("Scheduled")
    visitor.click("Community clinic")
    visitor.click("Check consent responses")
    visitor.open_tab("No response")
    visitor.click(name)
    visitor.sees_heading(name)


def test_the_invitation_is_found_in_the_activity_log(nurse_visitor, children):
    open_child(nurse_visitor, "Alex Example")
    nurse_visitor.click("Activity log")
    nurse_visitor.sees("Added to session at Community clinic")
    nurse_visitor.check_page()


def test_a_consent_request_is_sent(nurse_visitor, children):
    visitor = nurse_visitor
    open_child(visitor, "Alex Example")
    visitor.sees("No requests have been sent.")
    visitor.click("Send consent request")
    visitor.sees("Mo Alex (Mum)")
    visitor.click("Send consent request")
    visitor.sees("Consent request sent. It goes to 1 parent or guardian.")
    visitor.sees("The latest request was sent on")
    visitor.click("Send consent request")
    visitor.click("Send consent request")
    visitor.sees("A request was sent less than a minute ago. Nothing more was sent.")
    ConsentRequest.objects.update(requested_at=clock.now() - timedelta(minutes=2))
    visitor.click("Send consent request")
    visitor.click("Send consent request")
    visitor.follow_error("Select that you want to send another request")


def test_a23_the_request_reaches_notify_and_the_activity_log(
    nurse_visitor, children, sandbox, settings
):
    settings.NOTIFY_BASE_URL = sandbox.base_url
    visitor = nurse_visitor
    open_child(visitor, "Alex Example")
    visitor.click("Send consent request")
    visitor.click("Send consent request")
    visitor.sees("Consent request sent.")
    # By noon tomorrow a text that was written in the evening has gone too.
    noon = clock.london_instant(clock.today() + timedelta(days=1), time(12))
    sending.send_due(lane=Lane.URGENT, clock=lambda: noon)
    visitor.click("Activity log")
    sent = visitor.page.locator(".mavis-activity__entry", has_text="Consent clinic request sent")
    expect(sent).to_have_count(2)
    parent = children[0].relationships.get().parent
    expect(sent.filter(has_text=parent.email)).to_have_count(1)
    expect(sent.filter(has_text=phone(parent.phone))).to_have_count(1)
    expect(sent.filter(has_text="Nadia Nurse")).to_have_count(2)
    visitor.check_page()


def test_consent_is_given_by_phone(nurse_visitor, children):
    visitor = nurse_visitor
    open_child(visitor, "Blair Example")
    visitor.click("Get consent response")
    visitor.sees_heading("Who are you getting a response from?")
    visitor.click("Continue")
    visitor.follow_error("Select who you are getting a response from")
    visitor.choose("Add a new parental contact")
    visitor.click("Continue")
    visitor.click("Continue")
    visitor.follow_error("Enter full name")
    visitor.fill("Full name", "Jane Smith")
    visitor.choose("Other")
    visitor.fill("Relationship", "Carer")
    visitor.choose("Yes")
    visitor.fill("Phone number", "07987 654321")
    visitor.check_page()
    visitor.click("Continue")
    visitor.choose("By phone")
    visitor.click("Continue")
    visitor.choose("Yes, they agree")
    visitor.click("Continue")
    visitor.sees_heading("Health questions")
    visitor.click("Continue")
    for asked in questionnaire({"hpv": Agreement()}):
        group = visitor.page.get_by_role("group", name=asked.question.text)
        group.get_by_label("No", exact=True).check()
    allergies = visitor.page.get_by_role("group", name="Does your child have any severe allergies?")
    allergies.get_by_label("Yes", exact=True).check()
    visitor.page.locator("#id_severe_allergies_details").fill("Penicillin\nand nuts")
    visitor.check_page()
    visitor.click("Continue")
    visitor.sees_heading("Triage")
    visitor.click("Continue")
    visitor.follow_error("Select whether it is safe to vaccinate")
    visitor.choose("No, keep in triage")
    visitor.click("Continue")
    visitor.sees_heading("Check and confirm answers")
    visitor.page.get_by_role("link", name="Change how the response was given").click()
    visitor.choose("In person")
    visitor.click("Continue")
    visitor.sees_heading("Check and confirm answers")
    visitor.click("Confirm")
    visitor.sees("Consent recorded for")
    visitor.sees("Needs triage")
    visitor.click("Update triage outcome")
    visitor.sees_heading("Triage health questions")
    visitor.click("Back")
    visitor.click("Jane Smith")
    visitor.sees_heading("Response from Jane Smith")
    visitor.click("Withdraw consent")
    visitor.click("Withdraw consent")
    visitor.follow_error("Select why they are withdrawing consent")
    visitor.choose("Medical reasons")
    visitor.fill("What medical reasons prevent their child from being vaccinated?", "Fits")
    visitor.click("Withdraw consent")
    visitor.sees("Consent withdrawn")
    visitor.click("Mark as invalid")
    visitor.sees("This cannot be undone")
    visitor.click("Cancel")
    visitor.click("Child record")
    visitor.sees("Consent refused")


def test_a_child_consents_alone_on_a_phone(nurse_visitor, clinic, children):
    SessionDate.objects.create(session=clinic, value=clock.today())
    visitor = nurse_visitor
    open_child(visitor, "Blair Example")
    visitor.page.set_viewport_size(NARROW)
    visitor.click("Assess Gillick competence")
    visitor.sees_heading("Assess Gillick competence")
    visitor.click("Save assessment")
    visitor.follow_error("Select yes or no: The child knows which vaccination they will have")
    for statement in STATEMENTS.values():
        group = visitor.page.get_by_role("group", name=statement)
        group.get_by_label("Yes", exact=True).check()
    visitor.click("Save assessment")
    visitor.sees("Child assessed as Gillick competent.")
    visitor.click("Get consent response")
    visitor.choose("Child (Gillick competent)")
    visitor.click("Continue")
    visitor.choose("Yes, they agree")
    visitor.click("Continue")
    visitor.choose("No")
    visitor.click("Continue")
    for asked in questionnaire({"hpv": Agreement()}, is_own=True):
        group = visitor.page.get_by_role("group", name=asked.question.text)
        group.get_by_label("No", exact=True).check()
    visitor.click("Continue")
    visitor.sees_heading("Check and confirm answers")
    visitor.click("Confirm")
    visitor.sees("Consent recorded for")
    visitor.sees("Ready for nurse")


def test_consent_is_refused_without_javascript(visitor_without_javascript, nurse, children):
    visitor = visitor_without_javascript
    visitor.sign_in(nurse.email, PASSWORD)
    open_child(visitor, "Casey Example")
    visitor.click("Get consent response")
    visitor.choose("Mo Casey (Mum)")
    visitor.click("Continue")
    visitor.sees_heading("Contact details")
    visitor.click("Continue")
    visitor.choose("In person")
    visitor.click("Continue")
    visitor.choose("No, they do not agree")
    visitor.click("Continue")
    visitor.choose("Medical reasons")
    visitor.click("Continue")
    visitor.fill("What medical reasons prevent their child from being vaccinated?", "Fits")
    visitor.click("Continue")
    visitor.click("Confirm")
    visitor.sees("Refusal recorded for")
    visitor.click("Check consent responses page")
    visitor.open_tab("Consent refused")
    visitor.sees("Medical reasons")
    visitor.unfold("Filter results")
    visitor.fill("Name", "alex")
    visitor.click("Filter")
    visitor.sees("No children with consent refused")
    visitor.click("Reset filters")
    visitor.sees("Medical reasons")


def test_a_parent_opens_the_link(visitor, clinic):
    visitor.go(f"/consent/{clinic.slug}/hpv/start")
    visitor.sees_heading("Give or refuse consent for the HPV vaccination")
    visitor.go(f"/consent/{clinic.slug}/mmr/start")
    visitor.sees_heading("You cannot submit a consent response here")
