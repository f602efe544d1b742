"""The user's guide, list by list and word for word, as a nurse walks it; with and without
JavaScript. Link and tab names are theirs.
"""

from datetime import timedelta

import pytest

from calendars import clock
from calendars.rules import academic_year_of
from notifications import hints
from notifications.models import Lane
from notifications.sending import send_due
from sessions_app import memberships, rules
from sessions_app.models import Membership
from tests import factories
from tests.factories import PASSWORD


@pytest.fixture
def at_home(either_visitor, nurse):
    """The nurse on the home page."""
    either_visitor.sign_in(nurse.email, PASSWORD)
    return either_visitor


@pytest.fixture
def soon():
    """A weekday two weeks from now: families are invited at once."""
    day = clock.today() + timedelta(days=14)
    return day + timedelta(days=7 - day.weekday()) if day.weekday() > 4 else day


@pytest.fixture
def clinic(organisation):
    return factories.ClinicSessionFactory(
        organisation=organisation,
        location__name="Community clinic",
        academic_year=academic_year_of(clock.today()),
    )


@pytest.fixture
def child(clinic, organisation):
    """A home-educated child in the clinic cohort, whose mother has an address and a mobile."""
    year = academic_year_of(clock.today())
    child = factories.ChildFactory(
        organisation=organisation,
        given_name="Casey",
        family_name="Brown",
        date_of_birth=clock.today().replace(year=year - 13, month=10, day=1),
        home_educated=True,
    )
    factories.RelationshipFactory(
        child=child,
        parent__full_name="Ann Brown",
        parent__email="ann.brown@example.com",
        parent__phone="+447700900123",
    )
    memberships.join(clinic, [child.pk], reason=Membership.Reason.HOME_EDUCATED, now=clock.now())
    return child


@pytest.fixture
def scheduled(clinic, child, soon):
    """The clinic has a date and its invitations are on the way."""
    clinic.all_dates.create(value=soon)
    clinic.invitations_on = soon - timedelta(days=21)
    clinic.save()
    memberships.invitations.plan(now=clock.now(), session_ids=[clinic.pk])
    return clinic


@pytest.fixture
def post(sandbox, settings):
    """The workers' round: what waits is sent to the sandbox, texts too unless it is night."""
    settings.NOTIFY_BASE_URL = sandbox.base_url
    hints.connection().flushdb()

    def deliver():
        for lane in Lane:
            send_due(lane=lane, clock=clock.now)
        return sandbox

    yield deliver
    hints.connection().flushdb()


def test_to_create_dates_for_community_clinics(at_home, child, soon):
    at_home.open_area("Sessions")
    at_home.check_page()
    at_home.open_tab("Unscheduled")
    at_home.check_page()
    at_home.click("Community clinic")
    at_home.check_page()
    at_home.click("Schedule sessions")
    at_home.check_page()
    at_home.click("Add session dates")
    at_home.click("Continue")
    at_home.check_page()
    at_home.fill_date("Session date 1", soon.day, soon.month, soon.year)
    at_home.click("Continue")
    at_home.check_page()
    at_home.click("Continue")
    at_home.sees("the parents of 1 child")
    at_home.check_page()
    at_home.click("Confirm")
    at_home.sees_heading("Community clinic")
    at_home.check_page()
    at_home.open_area("Sessions")
    at_home.open_tab("Scheduled")
    at_home.sees("Community clinic")
    at_home.check_page()


def test_to_add_or_amend_dates_for_community_clinics(at_home, scheduled, soon):
    later = soon + timedelta(days=28)
    at_home.open_area("Sessions")
    at_home.open_tab("Scheduled")
    at_home.click("Community clinic")
    at_home.click("Edit session")
    at_home.check_page()
    at_home.click("Change session dates (Session details)")
    at_home.check_page()
    at_home.click("Add another date")
    at_home.fill_date("Session date 2", later.day, later.month, later.year)
    at_home.check_page()
    at_home.click("Continue")
    at_home.click("Continue")
    at_home.check_page()
    at_home.click("Confirm")
    at_home.sees_heading("Community clinic")
    assert list(scheduled.all_dates.values_list("value", flat=True)) == [soon, later]


def open_check_consent_responses(visitor):
    visitor.open_area("Sessions")
    visitor.open_tab("Scheduled")
    visitor.click("Community clinic")
    visitor.click("Check consent responses")
    visitor.sees_heading("Check consent responses")
    visitor.check_page()


def test_to_check_whether_an_invitation_email_has_been_sent(at_home, scheduled, post):
    inbox = post()
    open_check_consent_responses(at_home)
    at_home.open_tab("No response")
    at_home.click("Casey Brown")
    at_home.sees("Invited")
    at_home.check_page()
    at_home.click("Activity log")
    at_home.sees("Session clinic initial invitation sent")
    at_home.sees("ann.brown@example.com")
    at_home.check_page()
    sent = inbox.messages(recipient="ann.brown@example.com")
    assert len(sent) == 1
    assert "Casey" in sent[0]["subject"]


def test_to_send_a_consent_request(at_home, scheduled, post):
    open_check_consent_responses(at_home)
    at_home.click("Casey Brown")
    at_home.sees("No requests have been sent.")
    at_home.click("Send consent request")
    at_home.check_page()
    at_home.click("Send consent request")
    at_home.sees_heading("Casey Brown")
    at_home.check_page()
    post()
    at_home.click("Activity log")
    at_home.sees("Consent clinic request sent")
    at_home.sees("Nadia Nurse")


def test_to_get_consent_over_the_phone(at_home, scheduled):
    open_check_consent_responses(at_home)
    at_home.click("Casey Brown")
    at_home.click("Get consent response")
    at_home.check_page()
    at_home.page.get_by_label("Ann Brown (Mum)").check()
    at_home.click("Continue")
    at_home.sees_heading("Contact details")
    at_home.check_page()
    at_home.click("Continue")
    at_home.check_page()
    at_home.choose("By phone")
    at_home.click("Continue")
    at_home.check_page()
    at_home.choose("Yes, they agree")
    at_home.click("Continue")
    at_home.check_page()
    for answer in at_home.page.get_by_role("radio", name="No", exact=True).all():
        answer.check()
    at_home.click("Continue")
    at_home.sees_heading("Check and confirm answers")
    at_home.check_page()
    at_home.click("Confirm")
    at_home.sees("Consent given")
    at_home.check_page()
    at_home.open_area("Sessions")
    at_home.open_tab("Scheduled")
    at_home.click("Community clinic")
    at_home.click("Check consent responses")
    at_home.open_tab("Consent given")
    at_home.sees("Casey Brown")
    at_home.check_page()


def test_what_goes_to_many_families_is_called_back_and_sent_after_all(
    nurse_visitor, clinic, soon, time_machine
):
    # The clock moves only when told to: the two minutes are not over while a page is looked at.
    time_machine.move_to(clock.now(), tick=False)
    family = {"child__organisation": clinic.organisation}
    family["child__date_of_birth"] = clock.today().replace(
        year=clinic.academic_year - 13, month=10, day=1
    )
    memberships.join(
        clinic,
        [factories.RelationshipFactory(**family).child.pk for _ in range(rules.HELD_FROM)],
        reason=Membership.Reason.UNKNOWN_SCHOOL,
        now=clock.now(),
    )
    visitor = nurse_visitor
    visitor.go(f"/sessions/{clinic.slug}/")
    visitor.click("Schedule sessions")
    visitor.click("Add session dates")
    visitor.click("Continue")
    visitor.fill_date("Session date 1", soon.day, soon.month, soon.year)
    visitor.click("Continue")
    visitor.click("Continue")
    visitor.sees("They go two minutes after you confirm.")
    visitor.click("Confirm")
    visitor.sees("Waiting to be sent")
    visitor.check_page()
    visitor.click("See how many messages wait, and how much time is left")
    visitor.sees_heading("Waiting to be sent")
    visitor.check_page()
    visitor.click("Call them back")
    visitor.sees_heading("Invitations called back")
    visitor.sees("Nothing was sent to any parent.")
    visitor.check_page()
    visitor.click("Go to the session")
    visitor.check_page()
    visitor.click("See these invitations, and invite the families after all")
    time_machine.move_to(clock.now() + timedelta(minutes=1), tick=False)
    visitor.click("Invite these families")
    visitor.check_page()
    visitor.click("Confirm")
    visitor.sees("will be sent at")
