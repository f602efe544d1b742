"""One response that was kept, with everything that happened to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from cohorts.models import Child
from consent import change_rules, lapse_rules, status_rules
from consent.choices import Decision
from consent.decisions import Agreement, in_words
from consent.facts import inputs_on
from consent.models import ConsentResponse, OnlineResponse, ResponseChange
from sessions_app.models import Session


@dataclass(frozen=True)
class KeptResponse:
    """A response with its history, and what may be done about it.

    `is_foreign`: it was given to another organisation, before the child moved here. It counts, so
    its decision and health answers are seen here; the details of the family are that organisation's
    alone, and so is whom it is about, if that is another child.
    """

    response: ConsentResponse
    kept: change_rules.Kept
    changes: Sequence[ResponseChange]
    later: ConsentResponse | None
    is_foreign: bool

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
    def why_no_follow_up(self) -> str:
        """Why a refusal cannot be followed up, as a sentence; empty if it waits for that."""
        if refusal := change_rules.why_no_follow_up(self.kept):
            return refusal
        return "" if self.is_by_contact else change_rules.OUT_OF_REACH

    @property
    def is_by_contact(self) -> bool:
        """Whether who gave it is a contact of the organisation that has the child now."""
        parent = self.response.parent
        return parent is None or parent.organisation_id == self.response.child.organisation_id

    @property
    def is_about_another(self) -> bool:
        """Whether it was found to be about another child, whose parent gave it."""
        return any(one.kind == ResponseChange.Kind.UNMATCHED for one in self.changes)

    @property
    def online(self) -> OnlineResponse | None:
        """What the parent answered online, as long as it is matched with this child; none where
        that is another organisation's.
        """
        if self.is_foreign:
            return None
        decision = getattr(self.response, "online_decision", None)
        return decision.response if decision else None

    @property
    def agreed_to(self) -> str:
        return agreed_to(self.response)

    @property
    def is_theirs(self) -> bool:
        """Whether it is about another organisation's child: then nothing of what was said is ours
        to see.
        """
        return self.is_foreign and self.is_about_another

    @property
    def health_answers(self) -> Sequence[dict]:
        """What was answered about health, as far as it may be seen."""
        return [] if self.is_theirs else self.response.health_answers

    @property
    def reason(self) -> str:
        """Why they refused, as far as it may be seen; empty if they did not."""
        may_be_seen = self.response.reason and not self.is_theirs
        return self.response.get_reason_display() if may_be_seen else ""

    @property
    def notes(self) -> str:
        """The details of the reason, as far as they may be seen."""
        return "" if self.is_theirs else self.response.notes

    @property
    def why_no_details(self) -> str:
        """Why contact details and address are hidden, in words; empty where they are not."""
        if self.response.child.is_restricted:
            return "Hidden because this record is flagged as sensitive"
        if self.is_about_another:
            return "Hidden because the response is about another child"
        if self.is_foreign:
            return "Hidden because the response was given to another organisation"
        return ""

    def notes_on(self, change: ResponseChange) -> str:
        """What was noted on a change; how another organisation knows whom it is about is theirs."""
        is_theirs = self.is_foreign and change.kind == ResponseChange.Kind.UNMATCHED
        return "" if is_theirs else change.notes


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
        is_undone = kept.is_invalid or kept.is_superseded or kept.is_incompetent or kept.is_over
        return is_decision and not is_undone

    @property
    def counts(self) -> bool:
        """Whether the consent of the child depends on it."""
        return self.is_last_word and not self.kept.is_overruled


def weigh(responses: Sequence[ConsentResponse], *, today: date) -> list[Weighed]:
    """What is in force today of all responses about one child, programme and year, loaded with
    their assessments; in their order.

    At most three queries, whatever their number.
    """
    seen = inputs_on(responses, today)
    over = [one for one in seen if lapse_rules.is_over(one, today=today)]
    last = change_rules.last_words([one for one in seen if one not in over])
    return [
        Weighed(response, one, _kept(response, one, last, is_over=one in over))
        for response, one in zip(responses, seen, strict=True)
    ]


def _kept(
    response: ConsentResponse,
    seen: status_rules.Response,
    last: Mapping[int, status_rules.Response],
    *,
    is_over: bool,
) -> change_rules.Kept:
    is_decision = seen.decision != Decision.NOT_PROVIDED
    is_stale = is_decision and last.get(seen.responder) != seen
    return replace(
        kept_of(response, is_superseded=is_stale and seen.is_competent and not is_over),
        is_overruled=change_rules.is_overruled(seen, last),
        is_incompetent=is_stale and not seen.is_competent,
        is_over=is_over,
    )


def kept_response(
    child: Child, session: Session, response_id: UUID, *, today: date
) -> KeptResponse | None:
    """A response about the child in the year of a session, whichever organisation it was given to:
    they all count. None if there is none. At most seven queries.

    The child is one of the session's organisation now.
    """
    response = (
        ConsentResponse.objects.filter(
            public_id=response_id,
            child=child,
            academic_year=session.academic_year,
        )
        .select_related(
            "child",
            "programme",
            "parent",
            "recorded_by",
            "assessment",
            "online_decision__response__session",
            "online_decision__response__school",
        )
        .first()
    )
    if response is None:
        return None
    others = ConsentResponse.objects.filter(
        child=child, programme=response.programme_id, academic_year=response.academic_year
    ).exclude(pk=response.pk)
    [weighed, *_] = weigh([response, *others.select_related("assessment")], today=today)
    return KeptResponse(
        response=response,
        kept=weighed.kept,
        changes=list(response.changes.select_related("by")),
        later=later_answer(response),
        is_foreign=response.organisation_id != session.organisation_id,
    )


def about_children_elsewhere(child: Child, session: Session) -> set[int]:
    """The ids of the child's responses of which another organisation than the session's found that
    they are about another child. One query.
    """
    undone = ResponseChange.objects.filter(
        kind=ResponseChange.Kind.UNMATCHED, response__child=child
    )
    theirs = undone.exclude(response__organisation=session.organisation_id)
    return set(theirs.values_list("response_id", flat=True))


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
