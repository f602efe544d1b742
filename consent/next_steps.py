"""What a nurse or an administrator does next about a child and a programme: plain values in and
out. Whether it is possible is decided elsewhere. Source: sessions and clinics §9.2.
"""

from enum import Enum

from consent.rules import Standing


class NextStep(Enum):
    """What to do, as a link's words."""

    DECIDE = "Record what the child decides"
    ASK = "Ask a parent for consent"
    AGREE = "Read the responses that differ"
    FOLLOW_UP = "Talk to the person who refused"
    TRIAGE = "Decide whether it is safe to vaccinate"
    ASSESS = "Assess whether the child can decide"


BY_RESPONSE = {
    Standing.NO_RESPONSE: NextStep.ASK,
    Standing.CONFLICTS: NextStep.AGREE,
    Standing.FOLLOW_UP: NextStep.FOLLOW_UP,
}
CHILD_MAY_DECIDE = {*BY_RESPONSE, Standing.REFUSED}


def next_steps(
    standing: Standing,
    *,
    may_respond: bool,
    may_be_triaged: bool,
    may_be_assessed: bool,
    may_decide: bool,
    is_nurse: bool,
) -> list[NextStep]:
    """The steps that lead on from where a child stands, the likeliest first; none where nothing is
    left to do, or where it is a nurse's and another person looks.

    `may_be_assessed`: as Gillick competent, who was not assessed yet. `may_decide`: who was found
    competent today, and has not decided yet.
    """
    steps = []
    if may_respond and may_decide and standing in CHILD_MAY_DECIDE:
        steps.append(NextStep.DECIDE)
    if may_respond and standing in BY_RESPONSE:
        steps.append(BY_RESPONSE[standing])
    if is_nurse and may_be_triaged and standing == Standing.NEEDS_TRIAGE:
        steps.append(NextStep.TRIAGE)
    if is_nurse and may_be_assessed and standing in CHILD_MAY_DECIDE:
        steps.append(NextStep.ASSESS)
    return steps
