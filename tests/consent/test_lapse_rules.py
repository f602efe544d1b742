"""What ends by itself, as tables. Source: consent §11."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from consent import lapse_rules
from consent.status_rules import CHILD, end_of
from tests.consent.test_status_rules import MONDAY, MUM, SCOPE, answer, decided

EARLIER, SAFE = decided("delay_vaccination", days=1), decided("safe", days=3)
OTHERS = [replace(SAFE, programme="hpv"), replace(SAFE, academic_year=2025)]
VOID = replace(EARLIER, is_invalid=True)


@pytest.mark.parametrize(
    ("decisions", "since", "lapse"),
    [
        ([], None, []),
        ([SAFE], None, [SAFE]),
        ([EARLIER, SAFE, VOID, *OTHERS], None, [EARLIER, SAFE]),
        ([EARLIER, SAFE], SAFE.performed_at, [SAFE]),
        ([EARLIER, SAFE], EARLIER.performed_at, [EARLIER, SAFE]),
        ([SAFE, replace(EARLIER, performed_at=MONDAY + timedelta(days=5))], None, []),
        ([replace(SAFE, is_invalid=True)], None, []),
    ],
)
def test_what_was_found_safe_lapses_with_what_it_replaced(decisions, since, lapse):
    assert lapse_rules.lapsing(decisions, since=since, **SCOPE) == lapse


def test_what_was_decided_once_it_was_over_was_decided_on_something_else():
    midnight = MONDAY + timedelta(days=4)
    late = decided("safe", days=4)
    decisions = [EARLIER, SAFE, late]
    assert lapse_rules.lapsing(decisions, until=midnight, **SCOPE) == decisions[:2]
    assert lapse_rules.lapsing([EARLIER, late], until=midnight, **SCOPE) == []


TODAY = MONDAY.date()
TOMORROW = TODAY + timedelta(days=1)
OWN = answer(CHILD, "given", good_on=TODAY)


@pytest.mark.parametrize(
    ("change", "today", "expected"),
    [
        ({}, TODAY, False),
        ({}, TOMORROW, True),
        ({"is_competent": False}, TOMORROW, True),
        ({"good_on": None}, TOMORROW, False),
        ({"withdrawn_at": MONDAY}, TOMORROW, False),
        ({"is_invalid": True}, TOMORROW, False),
        ({"decision": "refused"}, TOMORROW, False),
    ],
)
def test_consent_11_an_own_consent_is_over_once_its_day_is(change, today, expected):
    assert lapse_rules.is_over(replace(OWN, **change), today=today) is expected


ON_IT, AGAIN = decided("safe", days=0), replace(decided("safe", days=0), order=7)
BEFORE = decided("keep", days=-1)
NEXT_DAY = decided("safe", days=1)
MUMS = answer(MUM, "given")


@pytest.mark.parametrize(
    ("decisions", "left"),
    [
        ([], []),
        ([BEFORE], [BEFORE]),
        ([BEFORE, ON_IT, AGAIN], [BEFORE]),
        ([BEFORE, ON_IT, NEXT_DAY], [BEFORE, NEXT_DAY]),
        ([ON_IT, replace(decided("do_not_vaccinate", days=0), order=1)], None),
        ([replace(ON_IT, programme="hpv")], None),
    ],
)
def test_consent_11_with_it_goes_what_was_found_safe_on_it(decisions, left):
    expected = decisions if left is None else left
    found = lapse_rules.as_of([OWN, MUMS], decisions, today=TOMORROW, **SCOPE)
    assert found == ([MUMS], expected)
    same_day = lapse_rules.as_of([OWN, MUMS], decisions, today=TODAY, **SCOPE)
    assert same_day == ([OWN, MUMS], decisions)


def test_consent_11_each_day_ends_by_itself():
    """Of two days that no job ended, what the second decided against is not the first one's."""
    second = replace(OWN, responded_at=MONDAY + timedelta(days=1), good_on=TOMORROW, order=1)
    first_safe, second_no = decided("safe", days=0), decided("do_not_vaccinate", days=1)
    found = lapse_rules.as_of(
        [OWN, second], [first_safe, second_no], today=TODAY + timedelta(days=5), **SCOPE
    )
    assert found == ([], [second_no])


def test_a_day_ends_at_midnight_in_london():
    assert end_of(date(2027, 3, 27)) == datetime(2027, 3, 28, tzinfo=UTC)
    assert end_of(date(2027, 3, 28)) == datetime(2027, 3, 28, 23, tzinfo=UTC)
