"""A parent answers on a phone: the form behind the link of a request.

What its pages look like, with and without errors, is looked at in `test_consent_pages.py`.
"""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from calendars import clock
from calendars.rules import academic_year_of
from consent.models import OnlineResponse
from tests import factories
from tests.journeys.browser import NARROW


@pytest.fixture
def session(transactional_db, organisation):
    """A school's session in two weeks, of every programme."""
    today = clock.today()
    school = factories.SchoolFactory(
        name="Pilot School",
        team__organisation=organisation,
        address_line_1="A Very Long Street Name With Many Words",
        town="Coventry",
    )
    factories.SchoolFactory(name="Grace Academy", team=school.team)
    return factories.SessionFactory(
        organisation=organisation,
        location=school,
        academic_year=academic_year_of(today),
        programmes=["hpv", "flu", "menacwy", "td_ipv", "mmr"],
        dates=[today + timedelta(days=14)],
    )


class OnAPhone:
    """What a parent does; with `errs` they leave pages empty first."""

    def __init__(self, visitor, session, programmes, *, errs=False):
        self.visitor = visitor
        self.errs = errs
        visitor.page.set_viewport_size(NARROW)
        visitor.go(f"/consent/{session.slug}/{programmes}/start")
        visitor.click("Start now")

    def look(self):
        """At what the person's doing has made of the page."""
        self.visitor.check_page()
        self.visitor.page.set_viewport_size(NARROW)

    def go_on(self, heading, *fillings, error=None):
        """See the page, follow its error to the field, fill it in, continue."""
        self.visitor.sees_heading(heading)
        if error and self.errs:
            self.visitor.click("Continue")
            self.visitor.follow_error(error)
        for fill in fillings:
            fill()
        self.visitor.click("Continue")

    def choose(self, *labels):
        return lambda: [self.visitor.choose(label) for label in labels]

    def fill(self, **texts):
        return lambda: [
            self.visitor.page.locator(f"#id_{name}").fill(text) for name, text in texts.items()
        ]

    def about_the_child(self):
        visitor = self.visitor
        self.go_on(
            "What is your child’s name?",
            self.fill(given_name="Ada", family_name="Smith"),
            self.choose("No"),
            error="Enter your child’s first name",
        )
        self.go_on(
            "What is your child’s date of birth?",
            lambda: visitor.fill_date("What is your child’s date of birth?", 1, 10, 2015),
            error="Enter your child’s date of birth",
        )

    def about_themselves(self, *, phone=""):
        self.go_on(
            "About you",
            self.fill(full_name="Jane Smith", email="jane@example.com", phone=phone),
            self.choose("Mum"),
            error="Enter your name",
        )

    def address(self):
        self.go_on(
            "Home address",
            self.fill(address_line_1="1 Mill Lane", town="Coventry", postcode="CV1 2AB"),
            error="Enter your postcode",
        )

    def health(self, **yes):
        """Answer No to every question but those named, whose details are given."""
        while "/health-" in self.visitor.page.url:
            key = self.visitor.page.url.rsplit("/health-", 1)[1]
            if key in yes:
                self.visitor.choose("Yes")
                if yes[key]:
                    self.fill(details=yes[key])()
            else:
                self.visitor.choose("No")
            before = self.visitor.page.url
            self.visitor.click("Continue")
            expect(self.visitor.page).not_to_have_url(before)

    def confirm(self, heading):
        self.visitor.sees_heading("Check and confirm")
        self.visitor.click("Confirm")
        self.visitor.sees_heading(heading)


def test_flu_with_asthma_is_answered(visitor, session):
    phone = OnAPhone(visitor, session, "flu", errs=True)
    phone.about_the_child()
    phone.go_on(
        "Confirm your child’s school",
        phone.choose("No, they go to a different school"),
        error="Select whether your child goes to this school",
    )
    search = visitor.page.locator("input#id_school")
    phone.go_on(
        "What school does your child go to?",
        lambda: visitor.sees("Start typing the name of the school"),
        lambda: search.press_sequentially("grace ac"),
        phone.look,
        lambda: visitor.page.get_by_role("option", name="Grace Academy").click(),
        error="Select your child’s school",
    )
    phone.about_themselves(phone="07400 123456")
    phone.go_on(
        "Phone contact method",
        phone.choose("Other"),
        phone.fill(details="After 6pm"),
        error="Select what we need to know when we phone you",
    )
    phone.go_on(
        "Do you agree to your child having the flu vaccination?",
        phone.choose("Yes, I agree to the nasal spray (recommended)"),
        error="Select whether you agree",
    )
    phone.go_on(
        "If the nasal spray is not suitable on the day, may your child have the injection instead?",
        phone.choose("Yes"),
        error="Select whether your child may have the injection instead",
    )
    phone.address()
    steroids, intensive_care = "asthma-steroids", "asthma-intensive-care"
    phone.health(asthma="", **{steroids: "Prednisolone, 5 mg", intensive_care: "In 2024"})
    phone.confirm("Consent given")
    visitor.sees("A nurse will look at your answers")
    decision = OnlineResponse.objects.get().decisions.get()
    assert decision.methods == ["nasal", "injection"]
    assert sum(answer["yes"] for answer in decision.health_answers) >= 2


def test_consent_is_given_without_javascript(visitor_without_javascript, session):
    visitor = visitor_without_javascript
    phone = OnAPhone(visitor, session, "hpv")
    phone.about_the_child()
    phone.go_on("Confirm your child’s school", phone.choose("No, they go to a different school"))
    phone.go_on(
        "What school does your child go to?",
        lambda: visitor.page.locator("#id_school").select_option(label="Home-schooled"),
    )
    phone.about_themselves()
    phone.go_on(
        "Do you agree to your child having the HPV vaccination?", phone.choose("Yes, I agree")
    )
    phone.address()
    phone.health()
    phone.confirm("Consent given")
    assert OnlineResponse.objects.get().home_educated


def test_consent_is_refused(visitor, session):
    phone = OnAPhone(visitor, session, "mmr")
    phone.about_the_child()
    phone.go_on("Confirm your child’s school", phone.choose("Yes, they go to this school"))
    phone.about_themselves()
    phone.go_on("Do you agree to your child having the MMR vaccination?", phone.choose("No"))
    phone.errs = True
    phone.go_on(
        "Why are you refusing to give consent for the MMR vaccination?",
        phone.choose("Medical reasons"),
        error="Select why you are refusing to give consent",
    )
    phone.go_on(
        "What medical reasons prevent your child from being vaccinated?",
        phone.fill(details="Fits"),
        error="Enter details",
    )
    phone.go_on(
        "Would you like to talk to a member of our team about your options?",
        phone.choose("Yes, I would like someone to contact me"),
        error="Select whether you would like someone to contact you",
    )
    phone.confirm("Consent refused")
    visitor.page.go_back()
    visitor.sees("The form you had open has ended.")


def test_one_of_two_is_agreed_to(visitor, session):
    phone = OnAPhone(visitor, session, "menacwy-td_ipv")
    phone.about_the_child()
    phone.go_on("Confirm your child’s school", phone.choose("Yes, they go to this school"))
    phone.about_themselves()
    phone.errs = True
    phone.go_on(
        "Do you agree to your child having the MenACWY and Td/IPV vaccinations?",
        phone.choose("I agree to only one of them", "MenACWY"),
        error="Select whether you agree",
    )
    phone.errs = False
    phone.address()
    phone.health()
    phone.go_on(
        "Why are you refusing to give consent for the Td/IPV vaccination?",
        phone.choose("Personal choice"),
    )
    phone.go_on(
        "Would you like to talk to a member of our team about your options?", phone.choose("No")
    )
    phone.confirm("Consent given for MenACWY and refused for Td/IPV")
    visitor.sees("You refused consent for the Td/IPV vaccination.")
