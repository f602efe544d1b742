"""A response about a child whom another organisation has: it asks that one whether they move.

Nothing is matched across organisations. Once a person there confirms the move, the child is here,
and the response finds them by itself. Until then neither side sees more than its share: here the
response waits like any other, there a school move does. Source: consent §5 and §15; decision 0043.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from cohorts.models import Child, SchoolMove
from cohorts.services import school_moves
from consent.models import OnlineResponse
from consent.selectors.matching import children_elsewhere


def may_move_here(
    responses: Sequence[OnlineResponse], meant: Mapping[int, int | None]
) -> dict[int, Child]:
    """By response that means no child here, the child elsewhere who may move to the school it
    names, if that is the organisation's own. At most one query.
    """
    lost = [
        response
        for response in responses
        if meant.get(response.pk) is None
        and response.looked_for_at is None
        and _is_at_own_school(response)
    ]
    return children_elsewhere(lost)


def _is_at_own_school(response: OnlineResponse) -> bool:
    team = response.school.team if response.school else None
    return team is not None and team.organisation_id == response.organisation_id


def ask_whether_they_move(response: OnlineResponse, child: Child, *, now: datetime) -> None:
    """Raise a school move with the organisation that has the child, who is locked.

    What that organisation already has to decide about the child stays: somebody whom it does not
    know replaces nothing there.
    """
    target = school_moves.schooling_of(response)
    if target == school_moves.schooling_of(child) or child.school_moves.waiting().exists():
        return
    proposal = school_moves.Proposal(child, target)
    school_moves.propose([proposal], source=SchoolMove.Source.CONSENT, now=now)
