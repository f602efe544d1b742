"""Every field and component makes a sound page."""

import pytest

from tests.pages import page

pytestmark = pytest.mark.urls("tests.govuk.kitchen")


@pytest.mark.parametrize("name", ["form", "list", "furniture", "dates"])
def test_pages_are_sound(nurse_client, name):
    page(nurse_client.get(f"/kitchen/{name}/"))


def test_a_form_with_mistakes_is_sound_and_keeps_what_was_typed(nurse_client):
    data = {"name": "Augusta", "born-day": "31", "born-month": "2", "born-year": "2013"}
    failed = page(nurse_client.post("/kitchen/form/", data | {"notes": "one\r\ntwo"}))
    assert failed.errors["Full name must be 5 characters or less"] == "#id_name"
    assert failed.errors["Date of birth must be a real date"] == "#id_born-day"
    assert failed.values["name"] == "Augusta"
    assert failed.values["born-month"] == "2"
    assert failed.values["notes"] == "one\ntwo"


def test_filters_and_sorting_stay_while_paging(nurse_client):
    shown = page(nurse_client.get("/kitchen/list/?name=a&sort=year&years=8"))
    assert shown.links["Next page"] == "/kitchen/list/?name=a&sort=year&years=8&page=2"
    assert shown.links["Year group ▲"] == "/kitchen/list/?name=a&sort=year&years=8&direction=desc"
    assert shown.values["sort"] == "year"
    assert shown.values["name"] == "a"
    assert shown.current_tab == "No response 1,234"


def test_messages_are_shown_once(nurse_client):
    told = page(nurse_client.post("/kitchen/furniture/", follow=True))
    assert told.banner == "The move was ignored"
    assert page(nurse_client.get("/kitchen/furniture/")).banner == ""
