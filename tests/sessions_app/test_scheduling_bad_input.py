"""What cannot be a date or a notice is named beside its field, and nothing typed is lost."""

from datetime import date

import pytest

from tests.sessions_app.scheduling import ADD, D10, D11, Walk


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        (["31", "2", "2024"], "Session date 1 must be a real date"),
        (["", "3", "2024"], "Session date 1 must include a day"),
        (["10", "", ""], "Session date 1 must include a month and year"),
        (["10", "3", "24"], "Session date 1 must have a year of 4 numbers"),
        (["x", "3", "2024"], "Session date 1 must be a real date"),
        (["31", "8", "2023"], "Session date 1 must be on or after 1 September 2023"),
        (["1", "9", "2024"], "Session date 1 must be on or before 31 August 2024"),
    ],
)
def test_e23_a_date_that_cannot_be_is_named_and_kept(on, clinic_2024, typed, error):
    walk = Walk(on(date(2024, 2, 18)), clinic_2024).follow("Schedule sessions").follow(ADD)
    walk.add(typed).dates(typed, D11)
    assert list(walk.page.errors) == [error]
    assert walk.rows == ["/".join(typed), "11/3/2024"]


def test_e24_deleting_a_row_keeps_what_was_typed_in_the_others(on, clinic_2024):
    walk = Walk(on(date(2024, 2, 18)), clinic_2024).follow("Schedule sessions").follow(ADD)
    walk.add(D10).add(D10, D11)
    walk.delete(1, ["31", "2", ""], D11, ["1", "", ""])
    assert walk.rows == ["31/2/", "1//"]
    assert walk.page.errors == {}


def test_a_date_is_in_the_list_once(on, clinic_2024):
    walk = Walk(on(date(2024, 2, 18)), clinic_2024).follow("Schedule sessions").follow(ADD)
    walk.add(D10).dates(D10, D10)
    assert walk.page.errors == {"10 March 2024 is in the list already": "#id_dates-1-value-day"}


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        (["9", "12", "2023"], "The date of invitations must be on or after 10 December 2023"),
        (["10", "3", "2024"], "The date of invitations must be on or before 9 March 2024"),
        (["", "", ""], "Enter the date of invitations"),
        (["1", "3", ""], "The date of invitations must include a year"),
        (["1", "3", "999"], "The date of invitations must have a year of 4 numbers"),
    ],
)
def test_invitations_go_in_the_three_months_before(on, clinic_2024, typed, error):
    walk = Walk(on(date(2024, 2, 18)), clinic_2024).follow("Schedule sessions").follow(ADD)
    walk.dates(D10).follow("Change invitations")
    walk.send(**dict(zip(("on-day", "on-month", "on-year"), typed, strict=True)))
    assert list(walk.page.errors) == [error]


def test_requests_leave_room_for_the_reminder(on, school_2024):
    walk = Walk(on(date(2024, 2, 18)), school_2024).follow("Schedule sessions").follow(ADD)
    walk.dates(D10).follow("Change consent requests").answer("on", date(2024, 3, 3))
    assert list(walk.page.errors) == [
        "The date of consent requests must be on or before 2 March 2024"
    ]


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("", "Enter how many weeks before each session parents get a reminder"),
        ("0", "Weeks must be 1 or more"),
        ("1.5", "Weeks must be a whole number, like 1"),
        ("x", "Weeks must be a whole number, like 1"),
        (
            "4",
            "Weeks must be 3 or fewer, because parents are asked for consent on 18 February 2024",
        ),
    ],
)
def test_reminders_come_after_the_request(on, school_2024, typed, error):
    walk = Walk(on(date(2024, 2, 18)), school_2024).follow("Schedule sessions").follow(ADD)
    walk.dates(D10).follow("Change consent reminders").answer("weeks", typed)
    assert list(walk.page.errors) == [error]
