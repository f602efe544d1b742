"""What a search for children means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohorts.search import fold
from cohorts.search_terms import MOST_TERMS, Term, search_terms


def texts(question: str) -> list[str]:
    return [term.text for term in search_terms(fold(question))]


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("", []),
        ("   ", []),
        ("cas", ["cas"]),
        ("Poole Ravi", ["poole", "ravi"]),
        ("Ravi ravi", ["ravi"]),
        ("O’Hara Zoë", ["ohara", "zoe"]),
        ("999 471 2209", ["9994712209"]),
        ("999-471-2209", ["9994712209"]),
        ("9994712209", ["9994712209"]),
        ("ravi 999 471 2209", ["ravi", "9994712209"]),
        ("471 2209", ["471", "2209"]),
        ("CV1 2AB", ["cv12ab"]),
        ("cv12ab", ["cv12ab"]),
        ("CV1", ["cv1"]),
        ("4/3/2013", ["04/03/2013"]),
        ("04/03/2013", ["04/03/2013"]),
        ("03/2013", ["03/2013"]),
        ("01/10/2013", ["01/10/2013"]),
        ("1.10.2013", ["01/10/2013"]),
        ("1-10-2013", ["01/10/2013"]),
        ("1 10 2013", ["01/10/2013"]),
        ("1/10/13", ["01/10/2013"]),
        ("2013-10-01", ["01/10/2013"]),
        ("1 October 2013", ["01/10/2013"]),
        ("1st of October 2013", ["01/10/2013"]),
        ("01 OCT 2013", ["01/10/2013"]),
        ("1-Oct-2013", ["01/10/2013"]),
        ("3 Sept. 2013", ["03/09/2013"]),
        ("October 1, 2013", ["01/10/2013"]),
        ("casey 1 May 2013 poole", ["casey", "01/05/2013", "poole"]),
        ("May 2013", ["may", "2013"]),
        ("1/10.2013", ["1/10.2013"]),
        ("31/10", ["31/10"]),
    ],
)
def test_a_question_becomes_terms(question, terms):
    assert texts(question) == terms


@pytest.mark.parametrize(
    ("question", "starts_word"), [("a", True), ("aa", True), ("cas", False), ("12", False)]
)
def test_a30_one_or_two_letters_begin_a_name(question, starts_word):
    assert search_terms(question) == [Term(question, starts_word)]


@given(st.text(max_size=300))
def test_any_text_becomes_a_few_terms_without_spaces(question):
    terms = texts(question)
    assert len(terms) <= MOST_TERMS
    assert all(term and " " not in term for term in terms)
