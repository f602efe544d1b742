"""The way through a journey, as a table and as properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govuk.wizard import Step, Walk


def answered(name, value):
    return lambda answers: answers.get(name, {}).get("value") == value


WALK = Walk(
    [
        Step("decision"),
        Step("reason", answered("decision", "no")),
        Step("notes", answered("reason", "other")),
        Step("health", answered("decision", "yes")),
    ]
)
NO = {"decision": {"value": "no"}}
OTHER = NO | {"reason": {"value": "other"}}


@pytest.mark.parametrize(
    ("answers", "path", "next_page"),
    [
        ({}, ["decision"], "decision"),
        ({"decision": {"value": "yes"}}, ["decision", "health"], "health"),
        (NO, ["decision", "reason"], "reason"),
        (OTHER, ["decision", "reason", "notes"], "notes"),
        (OTHER | {"notes": {}}, ["decision", "reason", "notes"], None),
    ],
)
def test_the_way_follows_the_answers(answers, path, next_page):
    assert WALK.path(answers) == path
    assert WALK.first_unanswered(answers) == next_page


def test_a_change_drops_what_is_no_longer_asked_and_asks_what_now_is():
    changed = OTHER | {"notes": {"value": "x"}, "decision": {"value": "yes"}}
    assert WALK.tidied(changed) == {"decision": {"value": "yes"}}
    assert WALK.first_unanswered(changed) == "health"


@pytest.mark.parametrize(
    ("name", "before"), [("decision", None), ("reason", "decision"), ("health", None)]
)
def test_the_page_before(name, before):
    assert WALK.before(name, NO) == before


pages = st.sampled_from(["decision", "reason", "notes", "health"])
values = st.fixed_dictionaries({"value": st.sampled_from(["yes", "no", "other"])})


@given(st.dictionaries(pages, values))
def test_tidying_twice_changes_nothing_and_the_way_stays(answers):
    tidied = WALK.tidied(answers)
    assert WALK.tidied(tidied) == tidied
    assert WALK.path(tidied) == WALK.path(answers)


@given(st.dictionaries(pages, values), st.lists(values, min_size=4, max_size=4))
def test_answering_page_after_page_always_ends(answers, replies):
    for reply in replies:
        page = WALK.first_unanswered(answers)
        if page is None:
            break
        answers = WALK.tidied(answers | {page: reply})
    assert WALK.first_unanswered(answers) is None
