"""One child in a session: everything its page shows of consent."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from calendars.clock import london_day
from calendars.rules import age_on
from cohorts.models import Child, ParentRelationship
from consent import rules, status_rules
from consent.facts import rule_inputs
from consent.models import ConsentRequest, ConsentResponse
from consent.selectors.facts import child_facts
from consent.selectors.lists import reason_of
from consent.selectors.requests import latest_request
from sessions_app import invitations
from sessions_app.invitations import Outlook
from sessions_app.models import Session


@dataclass(frozen=True)
class ShownResponse:
    """A row of the table of responses."""

    name: str
    relationship: str
    responded_at: datetime
    decision: str
    route: str
    reason: str
    notes: str
    recorded_by: str
    state: str


@dataclass(frozen=True)
class ShownAnswer:
    """What one person, or all of them, answered to one health question."""

    who: str
    yes: bool
    details: str
    calls_for_triage: bool


@dataclass(frozen=True)
class ProgrammeConsent:
    """The consent of a child for one programme."""

    key: str
    name: str
    standing: rules.Standing
    responses: Sequence[ShownResponse]
    health_answers: Sequence[tuple[str, Sequence[ShownAnswer]]]
    why_no_response: str


@dataclass(frozen=True)
class ChildInSession:
    """What the page of a child in a session shows. Parents are none where hidden."""

    outlook: Outlook | None
    programmes: Sequence[ProgrammeConsent]
    latest_request: ConsentRequest | None
    why_no_request: str
    parents: Sequence[ParentRelationship]
    age: int


def child_in_session(child: Child, session: Session, *, now: datetime) -> ChildInSession:
    """Everything about consent of a child in a session, fetched `with_days`.

    A constant number of queries, whatever the number of parents and responses.
    Source: sessions and clinics §9.2.
    """
    today = london_day(now)
    facts = child_facts(child, session, today=today)
    responses = defaultdict(list)
    for response in (
        ConsentResponse.objects.filter(child=child, academic_year=session.academic_year)
        .select_related("recorded_by")
        .order_by("-responded_at", "-pk")
    ):
        responses[response.programme_id].append(response)
    return ChildInSession(
        outlook=_outlook(child, session, now),
        programmes=[
            _programme_consent(programme, facts, responses[programme.key], session)
            for programme in facts.programmes
        ],
        latest_request=latest_request(child),
        why_no_request=rules.why_no_request(facts, today=today),
        parents=_parents(child),
        age=age_on(child.date_of_birth, today),
    )


def _outlook(child: Child, session: Session, now: datetime) -> Outlook | None:
    """What became of the clinic invitation; none in a school session."""
    if not session.is_clinic:
        return None
    return invitations.outlooks(session, [child.pk], now=now).get(child.pk)


def _parents(child: Child) -> Sequence[ParentRelationship]:
    if child.is_restricted:
        return []
    return list(ParentRelationship.objects.filter(child=child).select_related("parent"))


def _programme_consent(
    programme: rules.ProgrammeFacts,
    facts: rules.ChildFacts,
    responses: Sequence[ConsentResponse],
    session: Session,
) -> ProgrammeConsent:
    counted = {
        response.order
        for response in status_rules.counted_responses(
            rule_inputs(responses),
            programme=programme.key,
            academic_year=session.academic_year,
        )
    }
    why_no_response = rules.why_no_response(facts, programme)
    return ProgrammeConsent(
        key=programme.key,
        name=programme.name,
        standing=programme.standing,
        responses=[_shown(response, counted) for response in responses],
        health_answers=_health_answers([one for one in responses if one.pk in counted]),
        why_no_response=why_no_response,
    )


def _shown(response: ConsentResponse, counted: set[int]) -> ShownResponse:
    is_refusal = response.decision == ConsentResponse.Decision.REFUSED
    return ShownResponse(
        name=response.parent_name,
        relationship=response.relationship,
        responded_at=response.responded_at,
        decision=response.get_decision_display(),
        route=response.get_route_display(),
        reason=reason_of(response) if is_refusal else "",
        notes=response.notes,
        recorded_by=response.recorded_by.full_name if response.recorded_by else "",
        state=_state(response, counted),
    )


def _state(response: ConsentResponse, counted: set[int]) -> str:
    """Why a response is no longer the one in force; empty where it is."""
    if response.invalidated_at:
        return "Invalid"
    if response.withdrawn_at:
        return "Withdrawn"
    is_decision = response.decision != ConsentResponse.Decision.NOT_PROVIDED
    return "Superseded" if is_decision and response.pk not in counted else ""


def _health_answers(
    responses: Sequence[ConsentResponse],
) -> list[tuple[str, list[ShownAnswer]]]:
    """The answers of all who consented, merged by question: one line where all say the same.

    Source: consent §10.
    """
    given = [
        response
        for response in responses
        if response.decision == ConsentResponse.Decision.GIVEN and not response.withdrawn_at
    ]
    by_question: dict[str, list[tuple[str, dict]]] = defaultdict(list)
    for response in reversed(given):
        who = f"{response.parent_name} ({response.relationship})"
        for answer in response.health_answers:
            by_question[answer["text"]].append((who, answer))
    return [(text, _merged(answers, len(given))) for text, answers in by_question.items()]


def _merged(answers: Sequence[tuple[str, dict]], people: int) -> list[ShownAnswer]:
    distinct = {(answer["yes"], answer["details"]) for _, answer in answers}
    if len(distinct) == 1 and len(answers) == people and people > 1:
        answers = [("All", answers[0][1])]
    return [
        ShownAnswer(
            who=who,
            yes=answer["yes"],
            details=answer["details"],
            calls_for_triage=answer["yes"] and answer["calls_for_triage"],
        )
        for who, answer in answers
    ]
