"""One child in a session: everything its page shows of consent."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from calendars.clock import london_day
from calendars.rules import age_on
from cohorts.models import Child, ParentRelationship
from consent import doses, health_answers, rules, status_rules
from consent.decisions import DOUBLES, Agreement, in_words
from consent.models import ConsentRequest, ConsentResponse, GillickAssessment, Triage
from consent.next_steps import NextStep, next_steps
from consent.request_outlook import RequestOutlook
from consent.selectors.contacts import strangers_of
from consent.selectors.facts import child_facts
from consent.selectors.gillick import day_to_assess, newest_by_programme
from consent.selectors.request_outlooks import request_outlooks
from consent.selectors.requests import latest_request
from consent.selectors.responses import Weighed, about_children_elsewhere, weigh
from consent.selectors.shown import (
    ShownResponse,
    answers_in_sight,
    differs_from_the_child,
    shown,
    who_refused,
)
from consent.selectors.triage import newest_of, triages_of
from govuk.filters import govuk_date
from programmes.together import name_in_address
from sessions_app import invitations
from sessions_app.choices import TriageStatus
from sessions_app.invitations import Outlook
from sessions_app.models import Session


@dataclass(frozen=True)
class ProgrammeConsent:
    """The consent of a child for one programme.

    `is_overruled`: the child decided, and a parent answered otherwise. `vaccine`: what may be
    given, where there was a choice; empty as long as nothing may. `may_decide`: the child, who was
    found competent today and has not decided. `refused_by`: who refused, while
    nothing but refusals counts; nobody on a sensitive record. `delayed_until`: the first day on
    which a delayed vaccination may be given.
    """

    key: str
    name: str
    standing: rules.Standing
    responses: Sequence[ShownResponse]
    health_answers: health_answers.Merged
    answered_by: str
    refused_by: Sequence[str]
    delayed_until: date | None
    is_overruled: bool
    vaccine: str
    assessment: GillickAssessment | None
    may_be_assessed: bool
    may_decide: bool
    triages: Sequence[Triage]
    triage: str
    earlier_doses: str
    why_no_response: str
    why_no_triage: str
    request: RequestOutlook | None

    def next_steps(self, *, is_nurse: bool) -> list[NextStep]:
        """What a person does next, the likeliest first."""
        return next_steps(
            self.standing,
            may_respond=not self.why_no_response,
            may_be_triaged=not self.why_no_triage,
            may_be_assessed=self.may_be_assessed and self.assessment is None,
            may_decide=self.may_decide,
            is_nurse=is_nurse,
        )

    @property
    def explanation(self) -> str:
        """Why the child stands there, as a sentence."""
        if self.standing == rules.Standing.NO_RESPONSE and self.responses:
            return rules.NONE_COUNTS
        if self.standing == rules.Standing.REFUSED and self.refused_by:
            return rules.refused_by(self.refused_by)
        if self.standing == rules.Standing.DELAYED and self.delayed_until:
            until = govuk_date(self.delayed_until)
            return f"Triage decided to delay the vaccination until {until}."
        return self.standing.explanation


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
        .select_related("recorded_by", "assessment")
        .order_by("-responded_at", "-pk")
    ):
        responses[response.programme_id].append(response)
    theirs, strangers = about_children_elsewhere(child, session), strangers_of(child)
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
                theirs,
                strangers,
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
    theirs: Collection[int],
    strangers: Collection[int],
    triages: Sequence[Triage],
    assessment: GillickAssessment | None,
    session: Session,
    *,
    today: date,
    request: RequestOutlook | None,
    history: doses.PartialHistory | None,
) -> ProgrammeConsent:
    weighed = weigh(responses, today=today)
    given = answers_in_sight(weighed)
    why_no_response = rules.why_no_response(facts, programme)
    decided = newest_of(triages, programme.key, session.academic_year)
    return ProgrammeConsent(
        key=programme.key,
        name=programme.name,
        standing=programme.standing,
        responses=[
            shown(one, organisation_id=session.organisation_id, theirs=theirs, strangers=strangers)
            for one in weighed
        ],
        health_answers=health_answers.merged(
            given, is_triage_needed=programme.triage == TriageStatus.NEEDED
        ),
        answered_by=health_answers.only_one(given),
        refused_by=[] if facts.is_restricted else who_refused(weighed),
        delayed_until=decided.delay_until if decided else None,
        is_overruled=differs_from_the_child(weighed),
        vaccine=_vaccine(programme, weighed, triages, session.academic_year),
        assessment=assessment,
        may_be_assessed=programme.is_in_year_group
        and not (facts.is_session_closed or facts.is_deceased)
        and day_to_assess(session, assessment, today=today) is not None,
        may_decide=assessment is not None
        and assessment.is_competent
        and assessment.assessed_on == today
        and not any(one.is_last_word and one.response.is_self_consent for one in weighed),
        triages=triages,
        triage=programme.triage,
        earlier_doses=doses.in_words(history) if history else "",
        why_no_response=why_no_response,
        why_no_triage=rules.why_no_triage(facts, programme),
        request=request,
    )


def _vaccine(
    programme: rules.ProgrammeFacts,
    weighed: Sequence[Weighed],
    triages: Sequence[Triage],
    academic_year: int,
) -> str:
    """What may be given, in words: what all agreed to, as far as triage found it safe."""
    if programme.standing not in (rules.Standing.READY, rules.Standing.SAFE):
        return ""
    agreement = status_rules.agreed([one.seen for one in weighed if one.counts])
    if agreement is None:
        return ""
    safe = newest_of(triages, programme.key, academic_year)
    if safe is not None and programme.standing == rules.Standing.SAFE:
        agreement = Agreement(
            (safe.method,) if safe.method else agreement.methods,
            without_gelatine=agreement.without_gelatine or safe.without_gelatine,
        )
    return in_words(programme.key, agreement)
