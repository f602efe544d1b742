"""What a child is found by."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohorts.search import fold
from tests.factories import ChildFactory


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Zoë", "zoe"),
        ("Zoe\u0308", "zoe"),
        ("O’Hara", "ohara"),
        ("O'Hara", "ohara"),
        ("O´Hara", "ohara"),
        ("ℌarry", "harry"),
        ("Anne-Marie  de la\u00a0Cruz", "anne-marie de la cruz"),
        ("Łukasz Straße Søren", "lukasz strasse soren"),
        (" CV1 2AB ", "cv1 2ab"),
        ("", ""),
    ],
)
def test_case_accents_apostrophes_and_spaces_are_folded(text, folded):
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_changes_nothing_more(text):
    assert fold(fold(text)) == fold(text)


def test_search_text_holds_all_that_finds_a_child(db):
    child = ChildFactory(
        given_name="Zoë",
        family_name="O'Hara",
        preferred_given_name="Zizi",
        nhs_number="9994712209",
        date_of_birth=date(2013, 3, 4),
        postcode="CV1 2AB",
    )
    child.refresh_from_db()
    assert child.search_text == "zoe ohara zizi 9994712209 04/03/2013 cv1 2ab cv12ab"


def test_search_text_follows_the_details(db):
    child = ChildFactory(family_name="Poole")
    child.family_name = "Marsh"
    child.save(update_fields=["family_name"])
    child.refresh_from_db()
    assert "marsh" in child.search_text
    assert "poole" not in child.search_text


def test_a_sensitive_record_is_not_found_by_its_postcode(db):
    child = ChildFactory(postcode="CV1 2AB", restricted_at=datetime(2026, 9, 1, tzinfo=UTC))
    assert "cv1" not in child.search_text
