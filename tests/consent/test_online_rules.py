"""The rules of the parents' form: until when, what comes next, what the last page says."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import online_rules, online_walk
from consent.decisions import OPTIONS
from consent.online_rules import Decided, Outcome, may_finish, name_in_messages
from programmes.together import forms_for, named_in_address
from tests.sessions_app.conftest import at

NOON = datetime(2027, 1, 12, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("begun", "closed", "now", "expected"),
    [
        # Closed at noon: a form begun before has until two, one begun in the last minute too.
        (NOON - HOUR, NOON, NOON + 2 * HOUR - timedelta(seconds=1), True),
        (NOON - HOUR, NOON, NOON + 2 * HOUR, False),
        (NOON - 11 * HOUR, NOON, NOON + HOUR, True),
        # The programme was removed: nobody knows when, so the form has two hours in all.
        (NOON, NOON + 100 * HOUR, NOON + HOUR, True),
        (NOON, NOON + 100 * HOUR, NOON + 2 * HOUR, False),
        (NOON, None, NOON + HOUR, True),
        (NOON, None, NOON + 2 * HOUR, False),
        # The dates were moved, so that responses had closed before the form was begun.
        (NOON, NOON - 24 * HOUR, NOON + HOUR, True),
        (NOON, NOON - 24 * HOUR, NOON + 2 * HOUR, False),
    ],
)
def test_how_long_a_form_may_be_finished_once_responses_are_closed(begun, closed, now, expected):
    assert may_finish(is_open=False, begun_at=begun, closed_at=closed, now=now) is expected
    assert may_finish(is_open=True, begun_at=begun, closed_at=closed, now=now)


def test_two_hours_are_two_hours_when_the_clocks_go_forward():
    closed = at("2027-03-28T00:00")
    moments = {"2027-03-28T00:59": True, "2027-03-28T02:59": True, "2027-03-28T03:01": False}
    for now, expected in moments.items():
        found = may_finish(is_open=False, begun_at=closed - HOUR, closed_at=closed, now=at(now))
        assert found is expected, now


GIVEN = Decided("menacwy", is_given=True)
TRIAGE = Decided("td_ipv", is_given=True, calls_for_triage=True)
REFUSED = Decided("td_ipv", is_given=False)


@pytest.mark.parametrize(
    ("decided", "is_vaccinated_at_school", "expected"),
    [
        ([REFUSED], True, Outcome.REFUSED),
        ([GIVEN, REFUSED], True, Outcome.GIVEN),
        ([GIVEN, TRIAGE], True, Outcome.TRIAGE),
        ([GIVEN, TRIAGE], False, Outcome.TRIAGE),
        ([GIVEN], False, Outcome.CLINIC),
        ([GIVEN], True, Outcome.GIVEN),
    ],
)
def test_what_the_last_page_says(decided, is_vaccinated_at_school, expected):
    found = online_rules.outcome(decided, is_vaccinated_at_school=is_vaccinated_at_school)
    assert found == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ada Smith", "Ada Smith"),
        ("J. R. O'Brien", "J. R. O'Brien"),
        ("evil.example.com", "evil. example. com"),
        ("Click https://evil.example", "Click https evil. example"),
        ("*Ada* _Smith_ #1 [x](y)", "Ada Smith 1 x y"),
        ("Ada\u202e\nSmith", "Ada Smith"),
        ("a@b.example", "a b. example"),
        ("x" * 400, "x" * 400),
    ],
)
def test_nothing_in_a_name_becomes_a_link_or_markdown(name, expected):
    assert name_in_messages(name) == expected


def test_a_name_is_cut_where_a_text_has_no_room():
    assert name_in_messages("x" * 400, longest=40) == "x" * 39 + "…"
    assert name_in_messages("x" * 40, longest=40) == "x" * 40


def test_programmes_given_together_share_a_form():
    assert forms_for(["hpv", "menacwy", "flu", "td_ipv"]) == [
        ("hpv",),
        ("menacwy", "td_ipv"),
        ("flu",),
    ]
    assert forms_for(["td_ipv", "hpv"]) == [("td_ipv",), ("hpv",)]
    assert named_in_address("menacwy-td_ipv") == ("menacwy", "td_ipv")
    assert named_in_address("td_ipv-menacwy") == named_in_address("hpv-flu") == ()


FORMS = [*((key,) for key in OPTIONS), ("menacwy", "td_ipv")]


def offered(programmes, step, narrowing):
    """The answers that a page of the form could be given, as the draft keeps them."""
    if step == "decision":
        if len(programmes) > 1:
            return [
                {"decision": "both", "chosen": ""},
                {"decision": "refused", "chosen": ""},
                *({"decision": "one", "chosen": key} for key in programmes),
            ]
        keys = [choice.key for choice in OPTIONS[programmes[0]].choices]
        return [{"decision": key} for key in [*keys, "refused"]]
    if step == "narrowing":
        return [{"answer": choice.key} for choice in narrowing.choices]
    return {
        "confirm-school": [{"is_school": "yes"}, {"is_school": "no"}],
        "education": [{"education": key} for key in ("home", "school", "none")],
        "about-you": [{"phone": ""}, {"phone": "+447400123456"}],
        "reason": [{"reason": key} for key in ("medical", "personal", "elsewhere")],
    }.get(step, [{"answer": "yes"}, {"answer": "no"}])


@given(st.sampled_from(FORMS), st.booleans(), st.data())
def test_the_form_always_ends_and_keeps_only_what_it_asks(programmes, is_clinic, data):
    walk = online_walk.walk(programmes, is_clinic=is_clinic)
    answers = {}
    for _ in range(40):
        step = walk.first_unanswered(answers)
        if step is None:
            break
        narrowing = online_walk.narrowing(programmes, answers)
        answer = data.draw(st.sampled_from(offered(programmes, step, narrowing)))
        answers = walk.tidied({**answers, step: answer})
    assert walk.first_unanswered(answers) is None
    assert set(answers) == set(walk.path(answers))
    agreed = online_walk.given(programmes, answers)
    refused = online_walk.refused(programmes, answers)
    assert sorted([*agreed, *refused]) == sorted(programmes)
    assert ("address" in answers) is bool(agreed)
    assert ("reason" in answers) is bool(refused)
    assert any(step.startswith("health-") for step in answers) is bool(agreed)


@given(st.sampled_from(FORMS), st.data())
def test_a_changed_decision_keeps_the_answers_that_still_apply(programmes, data):
    walk = online_walk.walk(programmes, is_clinic=False)
    everything = {
        step: {"answer": "no", "is_school": "yes"} for step in walk.names if step != "decision"
    }
    decisions = offered(programmes, "decision", None)
    first, second = (data.draw(st.sampled_from(decisions)) for _ in range(2))
    before = walk.tidied({**everything, "narrowing": {"answer": ""}, "decision": first})
    after = walk.tidied({**before, "decision": second})
    direct = walk.tidied({**everything, "narrowing": {"answer": ""}, "decision": second})
    assert set(after) == set(before) & set(direct) | {"decision"}
