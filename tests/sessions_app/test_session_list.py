"""The sessions area: five tabs, in the order and with the words that people know."""

from datetime import UTC, date, datetime

import pytest

from sessions_app.models import Session
from tests.conftest import signed_in
from tests.factories import (
    ClinicSessionFactory,
    MembershipFactory,
    SessionFactory,
)
from tests.pages import count_queries, page

TODAY = date(2027, 3, 10)
TABS = ["today", "unscheduled", "scheduled", "completed", "closed"]


@pytest.fixture
def client(nurse, time_machine):
    time_machine.move_to(datetime(2027, 3, 10, 10, tzinfo=UTC))
    return signed_in(nurse)


def tab(client, name, query=""):
    return page(client.get(f"/sessions/{'' if name == 'today' else name + '/'}{query}"))


def school_session(organisation, **fields):
    return SessionFactory(organisation=organisation, **fields)


@pytest.mark.parametrize(
    ("dates", "closed", "tabs"),
    [
        ([], False, {"unscheduled"}),
        ([date(2027, 3, 10)], False, {"today", "scheduled"}),
        ([date(2027, 3, 9), date(2027, 3, 11)], False, {"scheduled"}),
        ([date(2027, 3, 9)], False, {"completed"}),
        ([date(2027, 3, 9)], True, {"closed"}),
        ([], True, {"closed"}),
        ([date(2027, 3, 10)], True, {"today", "closed"}),
    ],
)
def test_a_session_is_in_its_tabs_and_counted_there(client, organisation, dates, closed, tabs):
    session = school_session(organisation, dates=dates, location__name="Ash School")
    if closed:
        Session.objects.filter(pk=session.pk).update(closed_at=datetime.now(UTC))
    for name in TABS:
        shown = tab(client, name)
        listed = "Ash School" in shown.links
        assert listed is (name in tabs), name
        assert set(shown.tabs) == {f"{one.capitalize()} {1 if one in tabs else 0}" for one in TABS}
        assert shown.current_tab.startswith(name.capitalize())


def test_a01_with_nothing_today_the_landing_tab_says_so(client):
    shown = page(client.get("/sessions/"))
    assert shown.h1 == "Sessions"
    assert shown.current_tab == "Today 0"
    assert "There are no sessions today." in shown.text


@pytest.mark.parametrize("name", TABS)
def test_an_empty_tab_says_what_is_missing(client, name):
    assert "0 locations" in tab(client, name).text
    assert "There are no" in tab(client, name).text


def test_columns_and_order_put_the_clinic_before_schools(client, organisation):
    school_session(organisation, location__name="beech School")
    ash = school_session(
        organisation,
        location__name="Ash School",
        location__address_line_1="1 High Street",
        location__town="Coventry",
    )
    clinic = ClinicSessionFactory(organisation=organisation)
    MembershipFactory(session=clinic)
    shown = tab(client, "unscheduled")
    assert [row[0] for row in shown.rows] == [
        "Community clinic",
        "Ash School 1 High Street, Coventry",
        "beech School",
    ]
    assert shown.rows[0][1:] == ["HPV", "1"]
    assert shown.rows[1][1:] == ["HPV", "None"]
    assert shown.links["Ash School"] == f"/sessions/{ash.slug}/"
    assert "3 locations without sessions" in shown.text


def test_scheduled_sessions_show_their_dates_and_come_by_the_first(client, organisation):
    school_session(organisation, dates=[date(2027, 4, 1)], location__name="Ash School")
    ClinicSessionFactory(organisation=organisation, dates=[date(2027, 5, 1), date(2027, 5, 2)])
    school_session(organisation, dates=[date(2027, 3, 20)], location__name="Oak School")
    rows = tab(client, "scheduled").rows
    assert [row[0] for row in rows] == ["Oak School", "Ash School", "Community clinic"]
    assert rows[2][1] == "1 May 20272 May 2027"


def test_3_1_a_session_held_today_is_scheduled_too_and_marked(client, organisation):
    school_session(organisation, dates=[TODAY, date(2027, 4, 1)], location__name="Ash School")
    [row] = tab(client, "scheduled").rows
    assert row[1] == "10 March 2027 Today1 April 2027"


def test_children_who_left_do_not_count(client, organisation):
    clinic = ClinicSessionFactory(organisation=organisation)
    MembershipFactory(session=clinic, left_at=datetime.now(UTC), left_because="Moved")
    assert tab(client, "unscheduled").rows[0][2] == "None"


def test_e41_last_year_stays_viewable(client, organisation):
    school_session(
        organisation, academic_year=2025, dates=[date(2026, 3, 9)], location__name="Ash School"
    )
    assert "Ash School" not in tab(client, "completed").links
    shown = tab(client, "completed")
    assert shown.links["2025/26"] == "/sessions/completed/?year=2025"
    shown = tab(client, "completed", "?year=2025")
    assert "Ash School" in shown.links
    assert shown.tabs["Closed 0"] == "/sessions/closed/?year=2025"


@pytest.mark.parametrize("year", ["x", "99999", "-1", "٢٠٢٥", ""])
def test_a_year_that_is_none_means_this_one(client, year):
    assert "2026/27" in tab(client, "completed", f"?year={year}").text


def test_e19_children_waiting_for_a_clinic_date_are_counted(client, clinic, organisation):
    clinic.session.all_dates.update(value=date(2027, 3, 10))
    clinic.child()
    clinic.child()
    clinic.child(parents=0)
    words = "2 children are waiting for a clinic date"
    for name in ("today", "closed"):
        shown = tab(client, name)
        assert words in shown.text
        assert shown.links["Go to the clinic session"] == f"/sessions/{clinic.session.slug}/"
    clinic.session.all_dates.update(value=date(2027, 3, 11))
    assert words not in tab(client, "today").text


def test_another_organisation_sees_none_of_it(client_elsewhere, organisation):
    school_session(organisation, location__name="Ash School")
    assert "Ash School" not in tab(client_elsewhere, "unscheduled").links


def test_queries_are_the_same_for_2_and_for_50_sessions(client, organisation):
    def make(number):
        for _ in range(number):
            session = school_session(organisation, dates=[date(2027, 4, 1), date(2027, 4, 2)])
            MembershipFactory(session=session)

    make(2)
    few = count_queries(lambda: tab(client, "scheduled"))
    make(48)
    assert len(tab(client, "scheduled").rows) == 50
    assert count_queries(lambda: tab(client, "scheduled")) == few
