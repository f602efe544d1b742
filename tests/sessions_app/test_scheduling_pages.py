"""Schedule sessions and Edit session, page by page, as a nurse walks them.

The days of the scenarios are those of sessions and clinics §11, in the academic year 2023/24.
"""

from datetime import UTC, date, datetime

import pytest

from sessions_app.models import Invitation, Session
from tests.factories import MembershipFactory, SessionFactory
from tests.pages import page
from tests.sessions_app.scheduling import ADD, CHANGE, D10, D11, D12, Walk, live_dates


def test_a01_the_clinic_without_dates_offers_to_schedule(on, clinic_2024):
    shown = page(on(date(2024, 2, 18)).get(f"/sessions/{clinic_2024.slug}/"))
    assert shown.h1 == "Community clinic"
    assert "No sessions scheduled" in shown.text
    assert "Schedule sessions" in shown.links
    assert "Check consent responses" not in shown.text


def test_a02_a_blank_date_is_asked_for(on, clinic_2024):
    walk = Walk(on(date(2024, 2, 18)), clinic_2024).follow("Schedule sessions")
    assert walk.page.h1 == "Edit session"
    walk.follow(ADD)
    assert walk.page.h1 == "When will sessions be held?"
    walk.dates(None)
    assert walk.page.errors == {"Enter a date": "#id_dates-0-value-day"}


def test_a03_to_a06_a_clinic_is_scheduled(on, clinic_2024):
    walk = Walk(on(date(2024, 2, 18)), clinic_2024).follow("Schedule sessions").follow(ADD)
    walk.add(D10).add(D10, D11).add(D10, D11, D12)
    walk.delete(3, D10, D11, D12, None)
    assert walk.rows == ["10/3/2024", "11/3/2024", "12/3/2024"]
    walk.delete(2, D10, D11, D12).dates(D10, D11)
    assert walk.page.h1 == "Edit session"
    assert walk.page.summary["Session dates"] == "Sunday 10 March 2024Monday 11 March 2024"
    assert walk.page.summary["Invitations"] == "Send on Sunday 18 February 2024"

    walk.follow("Change invitations")
    assert walk.page.h1 == "When should parents get an invitation?"
    walk.answer("on", date(2024, 3, 1))
    assert walk.page.summary["Invitations"] == "Send on Friday 1 March 2024"
    assert live_dates(clinic_2024) == [], "nothing is live before it is confirmed"
    walk.follow("Continue")
    assert walk.page.h1 == "Check and confirm"
    walk.send()
    assert walk.page.h1 == "Community clinic"
    assert "Session saved." in walk.page.banner
    assert walk.page.summary["Session dates"] == "Sunday 10 March 2024Monday 11 March 2024"
    assert "Chosen by Nadia Nurse on 18 February 2024" in walk.page.summary["Invitations"]

    client = walk.client
    tabs = page(client.get("/sessions/scheduled/"))
    assert list(tabs.tabs) == [
        "Today 0", "Unscheduled 0", "Scheduled 1", "Completed 0", "Closed 0",
    ]  # fmt: skip
    assert "Community clinic" in tabs.links
    assert walk.page.summary["Consent period"] == "Open until 10 March"

    client = on(date(2024, 3, 12))
    shown = page(client.get(f"/sessions/{clinic_2024.slug}/"))
    assert shown.summary["Consent period"] == "Closed 10 March"
    assert "Community clinic" in page(client.get("/sessions/completed/")).links


def test_a07_a_school_is_scheduled(on, school_2024):
    MembershipFactory(session=school_2024)
    walk = Walk(on(date(2024, 2, 18)), school_2024)
    assert f"URN: {school_2024.location.urn}" in walk.page.text
    assert walk.page.summary["Children"] == "1 child in this session"
    walk.follow("Schedule sessions").follow(ADD)
    walk.add(D10).dates(D10, D11)
    walk.follow("Change consent requests")
    assert walk.page.h1 == "When should parents get a request to give consent?"
    walk.answer("on", date(2024, 3, 1))
    walk.follow("Change consent reminders")
    walk.answer("weeks", "1")
    assert walk.page.summary["Consent requests"] == "Send on Friday 1 March 2024"
    assert walk.page.summary["Consent reminders"].startswith("Send 1 week before each session")
    walk.follow("Continue").send()
    assert walk.page.summary["Session dates"] == "Sunday 10 March 2024Monday 11 March 2024"
    school_2024.refresh_from_db()
    assert school_2024.consent_requests_on == date(2024, 3, 1)
    assert school_2024.days_before_consent_reminders == 7


def test_a11_a_school_has_its_usual_notice(on, school_2024):
    walk = Walk(on(date(2024, 2, 1)), school_2024).follow("Schedule sessions").follow(ADD)
    walk.dates(date(2024, 3, 1))
    assert walk.page.summary["Consent requests"] == "Send on Friday 9 February 2024"
    assert walk.page.summary["Consent reminders"] == (
        "Send 1 week before each session Next: Friday 23 February 2024"
    ).replace(" Next", "Next")


def test_an_administrator_may_schedule(on, administrator, clinic_2024):
    walk = Walk(on(date(2024, 2, 18), administrator), clinic_2024).follow("Schedule sessions")
    walk.follow(ADD).dates(D10).follow("Continue").send()
    assert live_dates(clinic_2024) == [D10]


def test_weekends_holidays_and_past_dates_are_pointed_out_and_allowed(on, clinic_2024):
    walk = Walk(on(date(2024, 2, 18)), clinic_2024).follow("Schedule sessions").follow(ADD)
    days = [date(2024, 2, 14), D10, date(2024, 3, 29)]
    walk.add(days[0]).add(*days[:2]).dates(*days).follow("Continue")
    assert "14 February 2024 is in the past" in walk.page.text
    assert "10 March 2024 is a Sunday" in walk.page.text
    assert "29 March 2024 is a bank holiday, Good Friday" in walk.page.text
    walk.send()
    assert live_dates(clinic_2024) == days


def test_e22_an_invitation_day_in_the_past_reads_now(on, clinic_2024):
    walk = Walk(on(date(2024, 2, 19)), clinic_2024).follow("Schedule sessions").follow(ADD)
    walk.dates(D10)
    assert walk.page.summary["Invitations"] == "Now"


def test_requests_whose_day_has_passed_go_in_the_evening(on, school_2024):
    walk = Walk(on(date(2024, 2, 27)), school_2024).follow("Schedule sessions").follow(ADD)
    walk.dates(D10)
    assert walk.page.summary["Consent requests"].startswith("Today from 4pm")
    walk.follow("Continue")
    assert walk.page.summary["Consent requests"] == "Today from 4pm"


def test_requests_of_the_coming_year_wait_for_september(on, organisation):
    school = SessionFactory(organisation=organisation, academic_year=2024)
    walk = Walk(on(date(2024, 8, 25)), school).follow("Schedule sessions").follow(ADD)
    walk.dates(date(2024, 9, 10)).follow("Continue")
    assert walk.page.summary["Consent requests"] == "Send on Sunday 1 September 2024"
    assert "call back" not in walk.page.text


@pytest.mark.parametrize("kind", ["clinic_2024", "school_2024"])
def test_dates_that_have_all_passed_promise_no_message(on, request, kind):
    session = request.getfixturevalue(kind)
    walk = Walk(on(D12), session).follow("Schedule sessions").follow(ADD)
    walk.add(D10).dates(D10, D12)
    rows = ["Invitations"] if session.is_clinic else ["Consent requests", "Consent reminders"]
    nothing = ["Not sent: there is no date after today"] * len(rows)
    assert [walk.page.summary[row] for row in rows] == nothing
    assert not [link for link in walk.page.links if link.startswith(("Change inv", "Change cons"))]
    walk.follow("Continue")
    assert walk.page.h1 == "Check and confirm"
    assert [walk.page.summary[row] for row in rows] == nothing
    walk.send()
    assert live_dates(session) == [D10, D12]


def test_the_last_date_can_be_removed(on, clinic_2024):
    clinic_2024.all_dates.create(value=D10)
    Session.objects.filter(pk=clinic_2024.pk).update(invitations_on=date(2024, 2, 18))
    walk = Walk(on(date(2024, 2, 10)), clinic_2024).follow("Edit session").follow(CHANGE)
    walk.delete(0)
    assert "There are no dates." in walk.page.text
    walk.send(**{n: v for n, v in walk.page.values.items() if n.startswith("dates-")})
    assert ADD in walk.page.links
    walk.follow("Continue").send()
    clinic_2024.refresh_from_db()
    assert live_dates(clinic_2024) == [] and clinic_2024.invitations_on is None
    assert "Community clinic" in page(walk.client.get("/sessions/unscheduled/")).links


def test_attended_dates_are_shown_and_cannot_be_changed(on, clinic_2024):
    attended = clinic_2024.all_dates.create(
        value=D10, attended_at=datetime(2024, 3, 10, 9, tzinfo=UTC)
    )
    clinic_2024.all_dates.create(value=D12)
    walk = Walk(on(D11), clinic_2024).follow("Edit session").follow(CHANGE)
    assert "Sunday 10 March 2024" in walk.page.text
    assert "children have attended" in walk.page.text
    assert walk.rows == ["12/3/2024"]
    walk.dates(D10)
    assert list(walk.page.errors) == ["10 March 2024 is in the list already"]
    walk.delete(0)
    walk.send(**{n: v for n, v in walk.page.values.items() if n.startswith("dates-")})
    walk.follow("Continue").send()
    assert live_dates(clinic_2024) == [attended.value]


def test_nothing_changed_needs_no_confirmation(on, clinic_2024):
    clinic_2024.all_dates.create(value=D10)
    walk = Walk(on(date(2024, 2, 18)), clinic_2024).follow("Edit session").follow("Continue")
    assert walk.page.h1 == "Community clinic"


def test_the_confirmation_says_who_is_written_to_and_who_is_left_out(on, time_machine, clinic):
    client = on(date(2027, 1, 1))
    clinic.child()
    clinic.child()
    clinic.child(parents=0)
    walk = Walk(client, clinic.session).follow("Edit session").follow(CHANGE)
    walk.dates(date(2027, 1, 26)).follow("Continue")
    assert "on Tuesday 5 January 2027: the parents of 2 children" in walk.page.text
    assert ["No contact details", "1"] in walk.page.rows
    walk.at(walk.address.replace("check/", "dates/")).dates(date(2027, 1, 20)).follow("Continue")
    assert "now: the parents of 2 children" in walk.page.text
    walk.send()
    assert "The parents of 2 children are being invited." in walk.page.banner
    assert Invitation.objects.count() == 2


def test_e04_dates_that_families_may_have_booked_go_only_when_that_is_accepted(on, clinic):
    clinic.child()
    clinic.plan("2027-01-04T09:00")
    walk = Walk(on(date(2027, 1, 5)), clinic.session).follow("Edit session").follow(CHANGE)
    walk.dates(date(2027, 1, 26)).follow("Continue")
    assert "The parents of 1 child have been invited already." in walk.page.text
    assert "Swiftqueue" in walk.page.text
    assert "Monday 25 January 2027" in walk.page.text
    walk.send()
    assert walk.page.errors == {
        "Confirm that you will tell families who have booked": "#id_accepts"
    }
    assert live_dates(clinic.session) == [date(2027, 1, 25)]
    walk.send(accepts="true")
    assert live_dates(clinic.session) == [date(2027, 1, 26)]
    assert "Session saved." in walk.page.banner


def test_e06_once_parents_were_invited_the_day_of_invitations_is_fixed(on, clinic):
    clinic.child()
    clinic.plan("2027-01-05T09:00")
    walk = Walk(on(date(2027, 1, 6)), clinic.session).follow("Edit session")
    assert walk.page.summary["Invitations"] == "Sent from Tuesday 5 January 2027", "not as set"
    assert not any(link.startswith("Change invitations") for link in walk.page.links)
    draft = walk.address
    walk.at(f"{draft}notice/")
    assert walk.page.h1 == "Edit session" and "cannot be changed" in walk.page.banner


def test_e05_a_chosen_day_that_no_longer_fits_is_asked_for_again(on, clinic_2024):
    walk = Walk(on(date(2024, 2, 18)), clinic_2024).follow("Schedule sessions").follow(ADD)
    walk.dates(D10).follow("Change invitations").answer("on", date(2024, 3, 1))
    walk.follow("Continue").send()
    walk.follow("Edit session").follow(CHANGE).dates(D12)
    assert walk.page.summary["Invitations"] == "Send on Friday 1 March 2024"
    walk.follow(CHANGE).dates(date(2024, 2, 28))
    assert "This no longer fits the session dates." in walk.page.text
    walk.follow("Continue")
    assert walk.page.h1 == "When should parents get an invitation?"
    assert "Friday 1 March 2024, no longer fits" in walk.page.text
    walk.answer("on", date(2024, 2, 20))
    walk.follow("Continue").send()
    clinic_2024.refresh_from_db()
    assert clinic_2024.invitations_on == date(2024, 2, 20)


def test_e06_a_closed_session_cannot_be_edited_by_its_address(on, school_2024):
    client = on(date(2024, 2, 18))
    walk = Walk(client, school_2024).follow("Schedule sessions").follow(ADD).dates(D10)
    Session.objects.filter(pk=school_2024.pk).update(closed_at=datetime.now(UTC))
    walk.follow("Continue")
    assert "This session is closed." in walk.page.banner
    assert "Edit session" not in walk.page.links
    walk.at(f"/sessions/{school_2024.slug}/edit/")
    assert "This session is closed." in walk.page.banner
    assert live_dates(school_2024) == []
