"""How responses read on the page of a child: as rows, and whose health answers are listed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from consent import change_rules, health_answers
from consent.choices import Decision, Route
from consent.models import ConsentResponse
from consent.selectors.lists import reason_of
from consent.selectors.responses import Weighed, agreed_to


@dataclass(frozen=True)
class ShownResponse:
    """A row of the table of responses.

    `is_struck_out`: the person no longer says so. `is_foreign`: it was given to another
    organisation than the one that looks; a child who moved brings along what was answered.
    `is_of_stranger`: it came in online from somebody whom nobody vouches for.
    """

    public_id: UUID
    name: str
    relationship: str
    responded_at: datetime
    decision: str
    agreed_to: str
    route: str
    reason: str
    notes: str
    recorded_by: str
    state: str
    is_struck_out: bool
    is_foreign: bool
    is_of_stranger: bool


def shown(
    weighed: Weighed,
    *,
    organisation_id: int,
    theirs: Collection[int],
    strangers: Collection[int],
) -> ShownResponse:
    """A response as a row, for people of an organisation. Of `theirs`, another organisation found
    that they are about another child: why somebody refused is not told. Nobody vouches for the
    parents who are `strangers`.
    """
    response = weighed.response
    is_theirs = response.pk in theirs
    is_refusal = response.decision == Decision.REFUSED and not is_theirs
    return ShownResponse(
        public_id=response.public_id,
        name=response.parent_name,
        relationship=response.relationship,
        responded_at=response.responded_at,
        decision=response.get_decision_display(),
        agreed_to=agreed_to(response),
        route=response.get_route_display(),
        reason=reason_of(response) if is_refusal else "",
        notes="" if is_theirs else response.notes,
        recorded_by=response.recorded_by.full_name if response.recorded_by else "",
        state=change_rules.state_of(weighed.kept),
        is_struck_out=change_rules.is_struck_out(weighed.kept),
        is_foreign=response.organisation_id != organisation_id,
        is_of_stranger=response.route == Route.ONLINE and response.parent_id in strangers,
    )


THE_CHILD = "the child (Gillick competent)"


def who_refused(weighed: Sequence[Weighed]) -> list[str]:
    """Who refuses, or withdrew consent, of those whose response counts, in words, in order."""
    return [
        THE_CHILD
        if one.response.is_self_consent
        else health_answers.named(one.response.parent_name, one.response.relationship)
        for one in weighed
        if one.counts and (one.kept.decision == Decision.REFUSED or one.kept.is_withdrawn)
    ]


def differs_from_the_child(weighed: Sequence[Weighed]) -> bool:
    """Whether a parent's decision or health answers, which stand but do not count, are others
    than those of the child who decided. Source: consent §9.3, rule 3.
    """
    last = [one.response for one in weighed if one.is_last_word]
    own = next((one for one in last if one.is_self_consent), None)
    return own is not None and any(_view(one) != _view(own) for one in last)


def _view(response: ConsentResponse) -> tuple:
    decision = Decision.REFUSED.value if response.withdrawn_at else response.decision
    yes = {answer["question"] for answer in response.health_answers if answer["yes"]}
    return decision, yes if decision == Decision.GIVEN else set()


def answers_in_sight(weighed: Sequence[Weighed]) -> list[health_answers.Answered]:
    """The newest health answers of each who consented, the newest first: those of parents too
    where the child decided, with why they do not count. Source: consent §9.3, rule 3.
    """
    return [
        health_answers.of_response(one.response, state=change_rules.state_of(one.kept))
        for one in weighed
        if one.is_last_word and one.kept.decision == Decision.GIVEN and not one.kept.is_withdrawn
    ]
