"""One child in a session: everything its page shows of consent."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from calendars.clock import london_day
from calendars.rules import age_on
from cohorts.models import Child, ParentRelationship
from consent import doses, health_answers, rules, status_rules
from consent.decisions import DOUBLES
from consent.facts import rule_inputs
from consent.models import ConsentRequest, ConsentResponse, GillickAssessment, Triage
from consent.request_outlook import RequestOutlook
from consent.selectors.facts import child_facts
from consent.selectors.gillick import day_to_assess, newest_by_programme
from consent.selectors.lists import reason_of
from consent.selectors.request_outlooks import request_outlooks
from consent.selectors.requests import latest_request
from consent.selectors.triage import triages_of
from programmes.together import name_in_address
from sessions_app import invitations
from sessions_app.choices import TriageStatus
from sessions_app.invitations import Outlook
from sessions_app.models import Session


@dataclass(frozen=True)
class ShownResponse:
    """A row of the table of responses."""

    public_id: UUID
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
class ProgrammeConsent:
    """The consent of a child for one programme."""

    key: str
    name: str
    standing: rules.Standing
    responses: Sequence[ShownResponse]
    health_answers: health_answers.Merged
    answered_by: str
    assessment: GillickAssessment | None
    may_be_assessed: bool
    triages: Sequence[Triage]
    triage: str
    earlier_doses: str
    why_no_response: str
    why_no_triage: str
    request: RequestOutlook | None


@dataclass(frozen=True)
class ChildInSession:
    """What the page of a child in a session shows. Parents are none where hidden."""

    outlook: Outlook | None
    programmes: Sequence[ProgrammeConsent]
    latest_request: ConsentRequest | None
    why_no_request: str
    parents: Sequence[ParentRelationship]
    age: int

    @property
    def together(self) -> dict[str, str] | None:
        """Two programmes given together that one response may be about; None if not both may."""
        both = [one for one in self.programmes if one.key in DOUBLES and not one.why_no_response]
        if len(both) != len(DOUBLES):
            return None
        return {"key": name_in_address(DOUBLES), "names": " and ".join(one.name for one in both)}


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
    triages = defaultdict(list)
    for triage in triages_of(child, session.academic_year):
        triages[triage.programme_id].append(triage)
    assessments = newest_by_programme(child, session)
    histories = doses.partial_histories(
        [child.pk],
        [programme.key for programme in facts.programmes if programme.key in DOUBLES],
        session.academic_year,
    )
    requests = request_outlooks(
        session, [child.pk], [programme.key for programme in facts.programmes], now=now
    )
    return ChildInSession(
        outlook=_outlook(child, session, now),
        programmes=[
            _programme_consent(
                programme,
                facts,
                responses[programme.key],
                triages[programme.key],
                assessments.get(programme.key),
                session,
                today=today,
                request=requests.get((child.pk, programme.key)),
                history=histories.get((child.pk, programme.key)),
            )
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
    triages: Sequence[Triage],
    assessment: GillickAssessment | None,
    session: Session,
    *,
    today: date,
    request: RequestOutlook | None,
    history: doses.PartialHistory | None,
) -> ProgrammeConsent:
    counted = {
        response.order
        for response in status_rules.counted_responses(
            rule_inputs(responses),
            programme=programme.key,
            academic_year=session.academic_year,
        )
    }
    given = [
        health_answers.of_response(one)
        for one in responses
        if one.pk in counted
        and one.decision == ConsentResponse.Decision.GIVEN
        and not one.withdrawn_at
    ]
    why_no_response = rules.why_no_response(facts, programme)
    return ProgrammeConsent(
        key=programme.key,
        name=programme.name,
        standing=programme.standing,
        responses=[_shown(response, counted) for response in responses],
        health_answers=health_answers.merged(
            given, is_triage_needed=programme.triage == TriageStatus.NEEDED
        ),
        answered_by=health_answers.only_one(given),
        assessment=assessment,
        may_be_assessed=programme.is_in_year_group
        and not (facts.is_session_closed or facts.is_deceased)
        and day_to_assess(session, assessment, today=today) is not None,
        triages=triages,
        triage=programme.triage,
        earlier_doses=doses.in_words(history) if history else "",
        why_no_response=why_no_response,
        why_no_triage=rules.why_no_triage(facts, programme),
        request=request,
    )


def _shown(response: ConsentResponse, counted: set[int]) -> ShownResponse:
    is_refusal = response.decision == ConsentResponse.Decision.REFUSED
    return ShownResponse(
        public_id=response.public_id,
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
