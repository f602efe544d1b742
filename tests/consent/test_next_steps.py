"""What is to be done next, by where the child stands and who looks."""

import pytest

from consent.next_steps import NextStep, next_steps
from consent.rules import Standing

ANYTHING = {
    "may_respond": True,
    "may_be_triaged": True,
    "may_be_assessed": True,
    "may_decide": False,
    "is_nurse": True,
}


@pytest.mark.parametrize(
    ("standing", "steps"),
    [
        (Standing.NO_RESPONSE, [NextStep.ASK, NextStep.ASSESS]),
        (Standing.CONFLICTS, [NextStep.AGREE, NextStep.ASSESS]),
        (Standing.FOLLOW_UP, [NextStep.FOLLOW_UP, NextStep.ASSESS]),
        (Standing.REFUSED, [NextStep.ASSESS]),
        (Standing.NEEDS_TRIAGE, [NextStep.TRIAGE]),
        (Standing.READY, []),
        (Standing.SAFE, []),
        (Standing.DO_NOT_VACCINATE, []),
        (Standing.DELAYED, []),
        (Standing.INVITED_TO_CLINIC, []),
        (Standing.NOT_OFFERED, []),
        (Standing.VACCINATED, []),
    ],
)
def test_steps_lead_on_from_where_the_child_stands(standing, steps):
    assert next_steps(standing, **ANYTHING) == steps


@pytest.mark.parametrize(
    ("standing", "but", "steps"),
    [
        (Standing.NO_RESPONSE, {"may_respond": False, "may_be_assessed": False}, []),
        (Standing.NO_RESPONSE, {"may_be_assessed": False}, [NextStep.ASK]),
        (Standing.NO_RESPONSE, {"is_nurse": False}, [NextStep.ASK]),
        (Standing.NEEDS_TRIAGE, {"is_nurse": False}, []),
        (Standing.NEEDS_TRIAGE, {"may_be_triaged": False}, []),
        (Standing.REFUSED, {"is_nurse": False}, []),
    ],
)
def test_no_step_is_named_that_is_not_possible_for_who_looks(standing, but, steps):
    assert next_steps(standing, **ANYTHING | but) == steps


COMPETENT = {"may_be_assessed": False, "may_decide": True}


@pytest.mark.parametrize(
    ("standing", "but", "steps"),
    [
        (Standing.NO_RESPONSE, {}, [NextStep.DECIDE, NextStep.ASK]),
        (Standing.CONFLICTS, {"is_nurse": False}, [NextStep.DECIDE, NextStep.AGREE]),
        (Standing.REFUSED, {}, [NextStep.DECIDE]),
        (Standing.REFUSED, {"may_respond": False}, []),
        (Standing.READY, {}, []),
    ],
)
def test_what_a_competent_child_decides_is_recorded_first(standing, but, steps):
    assert next_steps(standing, **ANYTHING | COMPETENT | but) == steps
