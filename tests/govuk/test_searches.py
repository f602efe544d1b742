"""Searching by name leaves no name in an address, in any of the lists that can be searched."""

import pytest
from django.urls import reverse

from govuk.searches import LOST, MOST_KEPT
from tests.conftest import signed_in
from tests.factories import ChildFactory, ClinicSessionFactory, MembershipFactory, UserFactory
from tests.pages import page

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["children:list", "sessions:children", "consent:responses"])
def listed(request, organisation):
    """The address of a list with Casey Poole and Blair Young, and the name of its search field."""
    session = ClinicSessionFactory(organisation=organisation)
    for given_name, family_name in (("Casey", "Poole"), ("Blair", "Young")):
        child = ChildFactory(
            organisation=organisation,
            given_name=given_name,
            family_name=family_name,
            birth_academic_year=2013,
        )
        MembershipFactory(session=session, child=child)
    is_global = request.param == "children:list"
    kwargs = {} if is_global else {"slug": session.slug}
    return reverse(request.param, kwargs=kwargs), "q" if is_global else "name"


def names(shown):
    return [row[0] for row in shown.rows]


def test_the_result_has_an_address_of_its_own_without_the_name(nurse_client, listed):
    address, field = listed
    response = nurse_client.post(address, {field: " Casey ", "page": "1", "sort": ""})
    assert response.status_code == 302
    result = response["Location"]
    assert result.startswith(f"{address}?page=1&search=")
    assert "asey" not in result
    for _again in range(2):  # as going back or reloading does
        shown = page(nurse_client.get(result))
        assert names(shown) == ["Casey Poole"]
        assert shown.values[field] == "Casey"
    assert "asey" not in " ".join(shown.links.values())


def test_filters_alone_make_an_address_to_share(nurse_client, listed):
    address, field = listed
    response = nurse_client.post(address, {field: "", "page": "1", "state": ["a", "b"]})
    assert response["Location"] == f"{address}?page=1&state=a&state=b"
    assert nurse_client.post(address, {field: "  "})["Location"] == address


def test_a_name_in_the_address_is_not_searched_for(nurse_client, listed):
    address, field = listed
    assert len(names(page(nurse_client.get(address, {field: "casey"})))) == 2


def test_the_address_tells_nobody_else_the_name(nurse_client, listed, organisation):
    address, field = listed
    result = nurse_client.post(address, {field: "casey"})["Location"]
    colleague = signed_in(UserFactory(organisation=organisation))
    shown = page(colleague.get(result))
    assert shown.banner == LOST
    assert shown.values[field] == ""
    assert len(names(shown)) == 2


def test_two_tabs_keep_a_search_each_and_the_same_words_one_address(nurse_client, listed):
    address, field = listed
    first = nurse_client.post(address, {field: "casey"})["Location"]
    second = nurse_client.post(address, {field: "blair"})["Location"]
    assert names(page(nurse_client.get(first))) == ["Casey Poole"]
    assert names(page(nurse_client.get(second))) == ["Blair Young"]
    assert nurse_client.post(address, {field: "casey"})["Location"] == first


def test_only_the_last_searches_are_kept(nurse_client, listed):
    address, field = listed
    results = [
        nurse_client.post(address, {field: f"casey {n}"})["Location"] for n in range(MOST_KEPT + 1)
    ]
    assert page(nurse_client.get(results[0])).banner == LOST
    assert page(nurse_client.get(results[1])).values[field] == "casey 1"
    assert page(nurse_client.get(results[-1])).values[field] == f"casey {MOST_KEPT}"
