"""Sorting and paging, read from the query string."""

import pytest
from django.db.models import F
from django.db.models.functions import Lower
from django.test import RequestFactory

from govuk.jinja import query_string, with_query
from govuk.lists import paginate, read_sort

COLUMNS = {"name": [Lower("given_name"), "id"], "year": ["year"]}


@pytest.mark.parametrize(
    ("query", "key", "descending"),
    [
        ({}, "name", False),
        ({"sort": "year"}, "year", False),
        ({"sort": "year", "direction": "desc"}, "year", True),
        ({"sort": "year", "direction": "sideways"}, "year", False),
        ({"sort": "password", "direction": "desc"}, "name", False),
    ],
)
def test_only_known_columns_sort(query, key, descending):
    sort = read_sort(query, COLUMNS, default="name")
    assert (sort.key, sort.descending) == (key, descending)


def test_all_expressions_of_a_column_turn_round():
    up = read_sort({"sort": "name"}, COLUMNS, default="year").ordering
    down = read_sort({"sort": "name", "direction": "desc"}, COLUMNS, default="year").ordering
    assert [one.descending for one in up] == [False, False]
    assert [one.descending for one in down] == [True, True]
    assert down[1].expression == F("id")


@pytest.mark.parametrize(("asked", "shown"), [("2", 2), ("0", 3), ("99", 3), ("x", 1), ("", 1)])
def test_a_page_out_of_range_is_the_nearest(asked, shown):
    request = RequestFactory().get("/", {"page": asked})
    assert paginate(request, range(25), per_page=10).number == shown


def test_changing_the_query_keeps_the_rest():
    request = RequestFactory().get("/children/?years=8&years=9&page=3&name=a+b")
    assert with_query(request, page=4) == "/children/?years=8&years=9&page=4&name=a+b"
    assert with_query(request, page=None, years=None) == "/children/?name=a+b"
    assert with_query(RequestFactory().get("/x/?page=1"), page=None) == "/x/"


def test_a_query_of_several_values():
    assert query_string({"tab": "today", "years": [8, 9]}) == "?tab=today&years=8&years=9"
