"""Every field and component, looked at in a browser: accessible, narrow and without scripts too."""

import pytest

from tests.factories import PASSWORD

pytestmark = pytest.mark.urls("tests.govuk.kitchen")


def test_every_component_is_accessible(nurse_visitor):
    visitor = nurse_visitor
    for address in ("form", "list", "furniture", "dates"):
        visitor.go(f"/kitchen/{address}/")
        visitor.check_page()


def test_a_form_full_of_mistakes_leads_to_each_of_them(nurse_visitor):
    visitor = nurse_visitor
    visitor.go("/kitchen/form/")
    visitor.fill_date("Date of birth", 31, 2, 2013)
    visitor.choose("Another way")
    visitor.fill("Which way", "one\n  two")
    visitor.click("Save")
    visitor.check_page()
    for message in (
        "Enter full name",
        "Date of birth must be a real date",
        "Select year groups",
        "Select place",
        "Select a file",
    ):
        visitor.follow_error(message)
    assert visitor.page.get_by_label("Which way").input_value() == "one\n  two"


def test_rows_are_added_and_deleted(nurse_visitor):
    add_and_delete_rows(nurse_visitor)


def test_rows_are_added_and_deleted_without_javascript(visitor_without_javascript, nurse):
    visitor_without_javascript.sign_in(nurse.email, PASSWORD)
    add_and_delete_rows(visitor_without_javascript)


def test_progress_goes_on_by_itself(nurse_visitor):
    nurse_visitor.go("/kitchen/progress/")
    nurse_visitor.sees("Rows: 1 of 3")
    nurse_visitor.sees("All rows were read")


def test_progress_goes_on_without_javascript(visitor_without_javascript, nurse):
    visitor_without_javascript.sign_in(nurse.email, PASSWORD)
    visitor_without_javascript.go("/kitchen/progress/")
    visitor_without_javascript.sees("All rows were read")


def add_and_delete_rows(visitor):
    visitor.go("/kitchen/dates/")
    visitor.click("Add another date")
    visitor.fill_date("Session date", 13, 1, 2027, nth=1)
    visitor.click("Add another date")
    visitor.fill_date("Session date", 14, 1, 2027, nth=2)
    visitor.click("Delete session date 1")
    visitor.page.keyboard.press("Enter")
    visitor.click("Continue")
    visitor.sees("2027-01-13, 2027-01-14")
