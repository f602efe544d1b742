"""One response that was kept, with everything that happened to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from cohorts.models import Child
from consent import change_rules, status_rules
from consent.choices import Decision
from consent.decisions import Agreement, in_words
from consent.facts import rule_inputs
from consent.models import ConsentResponse, OnlineResponse, ResponseChange
from sessions_app.models import Session


@dataclass(frozen=True)
class KeptResponse:
    """A response with its history, and what may be done about it."""

    response: ConsentResponse
    kept: change_rules.Kept
    changes: Sequence[ResponseChange]
    later: ConsentResponse | None

    @property
    def state(self) -> str:
        return change_rules.state_of(self.kept)

    @property
    def is_struck_out(self) -> bool:
        return change_rules.is_struck_out(self.kept)

    @property
    def may_withdraw(self) -> bool:
        return not change_rules.why_no_withdrawal(self.kept)

    @property
    def may_invalidate(self) -> bool:
        return not change_rules.why_no_invalidation(self.kept)

    @property
    def may_follow_up(self) -> bool:
        return not change_rules.why_no_follow_up(self.kept)

    @property
    def is_about_another(self) -> bool:
        """Whether it was found to be about another child, whose parent gave it."""
        return any(one.kind == ResponseChange.Kind.UNMATCHED for one in self.changes)

    @property
    def online(self) -> OnlineResponse | None:
        """What the parent answered online, as long as it is matched with this child."""
        decision = getattr(self.response, "online_decision", None)
        return decision.response if decision else None

    @property
    def agreed_to(self) -> str:
        return agreed_to(self.response)


def agreed_to(response: ConsentResponse) -> str:
    """What consent was given to, where there was a choice; else empty."""
    if response.decision != Decision.GIVEN:
        return ""
    agreement = Agreement(tuple(response.methods), response.without_gelatine)
    return in_words(response.programme_id, agreement)


@dataclass(frozen=True)
class Weighed:
    """A response beside the others about the same child, programme and year."""

    response: ConsentResponse
    seen: status_rules.Response
    kept: change_rules.Kept

    @property
    def is_last_word(self) -> bool:
        """Whether it is the person's decision now: in force, or in force but for the child's."""
        kept = self.kept
        is_decision = kept.decision != Decision.NOT_PROVIDED
        return is_decision and not (kept.is_invalid or kept.is_superseded or kept.is_incompetent)

    @property
    def counts(self) -> bool:
        """Whether the consent of the child depends on it."""
        return self.is_last_word and not self.kept.is_overruled


def weigh(responses: Sequence[ConsentResponse]) -> list[Weighed]:
    """What is in force of all responses about one child, programme and year, in their order.

    At most two queries, whatever their number.
    """
    seen = rule_inputs(responses)
    last = change_rules.last_words(seen)
    return [
        Weighed(response, one, _kept(response, one, last))
        for response, one in zip(responses, seen, strict=True)
    ]


def _kept(
    response: ConsentResponse,
    seen: status_rules.Response,
    last: Mapping[int, status_rules.Response],
) -> change_rules.Kept:
    is_decision = seen.decision != Decision.NOT_PROVIDED
    is_stale = is_decision and last.get(seen.responder) != seen
    return replace(
        kept_of(response, is_superseded=is_stale and seen.is_competent),
        is_overruled=change_rules.is_overruled(seen, last),
        is_incompetent=is_stale and not seen.is_competent,
    )


def kept_response(child: Child, session: Session, response_id: UUID) -> KeptResponse | None:
    """A response about the child in the year of a session; None if there is none. At most six
    queries.
    """
    response = (
        ConsentResponse.objects.filter(
            public_id=response_id,
            child=child,
            organisation=session.organisation_id,
            academic_year=session.academic_year,
        )
        .select_related(
            "child", "programme", "parent", "recorded_by", "online_decision__response__session"
        )
        .first()
    )
    if response is None:
        return None
    others = ConsentResponse.objects.filter(
        child=child, programme=response.programme_id, academic_year=response.academic_year
    ).exclude(pk=response.pk)
    [weighed, *_] = weigh([response, *others])
    return KeptResponse(
        response=response,
        kept=weighed.kept,
        changes=list(response.changes.select_related("by")),
        later=later_answer(response),
    )


def kept_of(response: ConsentResponse, *, is_superseded: bool) -> change_rules.Kept:
    """A stored response as the rules of its changes see it."""
    return change_rules.Kept(
        decision=response.decision,
        is_withdrawn=response.withdrawn_at is not None,
        is_invalid=response.invalidated_at is not None,
        is_superseded=is_superseded,
        wants_follow_up=response.wants_follow_up,
        is_followed_up=bool(response.follow_up_outcome),
    )


def later_answer(response: ConsentResponse) -> ConsentResponse | None:
    """The valid answer of the same person that counts instead of a response, if there is one."""
    of_the_same = ConsentResponse.objects.filter(
        child=response.child_id,
        programme=response.programme_id,
        academic_year=response.academic_year,
        parent=response.parent_id,
    )
    later = [other for other in of_the_same if other.replaces(response)]
    return max(later, key=lambda other: (other.last_word_at, other.pk), default=None)
