"""Recording what somebody answered by phone, on paper or in person. Source: consent §6."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID, uuid5

from django.db import transaction

from accounts.models import User
from accounts.permissions import is_nurse
from activity import services as activity
from activity.models import Entry
from calendars.clock import london_day
from calendars.rules import first_day_of
from cohorts.models import Child
from consent import rules, status_rules
from consent.choices import Decision, Route
from consent.decisions import Agreement
from consent.models import ConsentResponse, ResponseDraft, response_id
from consent.selectors.facts import child_facts
from consent.services.attaching import reopen_triage
from consent.services.follow_ups import resolve_by_answer
from consent.services.replies import confirm_answers
from consent.services.telling import tell, tell_what_stands
from consent.services.triage import Verdict, add_triage, check_basis
from consent.services.who_answers import (
    Parental,
    Responder,
    concerned,
    responder_of,
    spread,
    vouch_for,
)
from govuk.filters import govuk_date
from sessions_app import invitations, statuses
from sessions_app.models import Session

DECISION_TITLES = {
    Decision.GIVEN: "Consent given by",
    Decision.REFUSED: "Consent refused by",
    Decision.NOT_PROVIDED: "Consent not provided by",
}


class DraftGone(Exception):
    """The draft was confirmed or thrown away, and nothing was recorded from it."""


class DraftChanged(Exception):
    """The answers changed since they were shown for confirmation."""


class ResponseNotPossible(Exception):
    """No response may be recorded now; the message is a sentence for the page."""


@dataclass(frozen=True)
class Answer:
    """What was answered about one programme.

    Only a refusal has a reason; only consent has an agreement, health answers and triage.
    """

    programme: str
    decision: str
    reason: str = ""
    notes: str = ""
    agreement: Agreement | None = None
    health_answers: list[dict] = field(default_factory=list)
    triage: Verdict | None = None


@dataclass(frozen=True)
class Given:
    """One person's answers, given together. `who` is a parent, or None for the child.

    `signed_on` is the day of a form on paper, which counts, not the day that it is typed in.
    `notify_parents` is what a child who consents wants; `confirms_refusal` whether the parent gets
    a message that says they refused.
    """

    who: Parental | None
    route: str
    answers: Sequence[Answer]
    signed_on: date | None = None
    notify_parents: bool | None = None
    confirms_refusal: bool = True


@transaction.atomic
def record_response(
    *, draft_id: UUID, given: Given, now: datetime, by: User, seen: datetime | None = None
) -> ConsentResponse:
    """Keep the answers of a draft: responses, contact, triage, status, activity and messages.

    The first response takes the draft's id, so that a draft confirmed twice records once: the
    second call returns what the first recorded. `seen` is when the answers shown for confirmation
    were last changed. Raises DraftGone, DraftChanged, ResponseNotPossible (E31), ContactGone,
    NotCompetent or TriageNotPossible; nothing is kept then.
    """
    draft = ResponseDraft.objects.select_for_update().filter(pk=draft_id, owner=by).first()
    if draft is None:
        recorded = ConsentResponse.objects.filter(public_id=draft_id, recorded_by=by).first()
        if recorded is None:
            raise DraftGone
        return recorded
    if seen is not None and draft.updated_at != seen:
        raise DraftChanged
    Child.objects.lock_all(concerned(draft.child_id, given.who))
    child = Child.objects.get(pk=draft.child_id)
    session = (
        Session.objects.with_days()
        .select_related("location__team", "organisation")
        .get(pk=draft.session_id)
    )
    for answer in given.answers:
        _check_possible(child, session, answer.programme, now)
        if answer.triage is not None:
            check_basis(child, session, answer.programme, answer.triage, today=london_day(now))
    responder = responder_of(
        child,
        session,
        given.who,
        programmes=[answer.programme for answer in given.answers],
        now=now,
        by=by,
    )
    responses = [
        _store(draft, child, session, responder, given, answer, now=now, by=by)
        for answer in given.answers
    ]
    if any(answer.decision != Decision.NOT_PROVIDED for answer in given.answers):
        vouch_for(child, responder)
    if draft.follows_up_id is not None:
        resolve_by_answer(draft.follows_up, responses, now=now, by=by)
    draft.delete()
    touched = spread(child, responder)
    # In August a session may be of the coming school year, whose status it then is.
    statuses.refresh(touched, today=max(london_day(now), first_day_of(session.academic_year)))
    invitations.catch_up(touched, now=now, by=by)
    undecided = _triage(child, session, given, responses, now=now, by=by)
    if given.route != Route.SELF:
        confirm_answers(
            undecided,
            session,
            responder.details,
            confirms_refusal=given.confirms_refusal,
            now=now,
            by=by,
        )
        tell_what_stands(undecided, now=now, by=by)
    return responses[0]


def _check_possible(child: Child, session: Session, programme: str, now: datetime) -> None:
    facts = child_facts(child, session, today=london_day(now))
    standing = next((found for found in facts.programmes if found.key == programme), None)
    if standing is None:
        raise ResponseNotPossible("This vaccination is no longer offered in this session.")
    if reason := rules.why_no_response(facts, standing):
        raise ResponseNotPossible(reason)


def _store(
    draft: ResponseDraft,
    child: Child,
    session: Session,
    responder: Responder,
    given: Given,
    answer: Answer,
    *,
    now: datetime,
    by: User,
) -> ConsentResponse:
    is_first = answer.programme == draft.programme_id
    response = ConsentResponse.objects.create(
        public_id=draft.pk if is_first else response_id(draft.pk, answer.programme),
        child=child,
        programme_id=answer.programme,
        organisation_id=session.organisation_id,
        session=session,
        academic_year=session.academic_year,
        parent=responder.parent,
        parent_name=responder.name,
        relationship=responder.relationship,
        email=responder.details.email,
        phone=responder.details.phone,
        assessment=responder.assessments.get(answer.programme),
        notify_parents=given.notify_parents if answer.decision == Decision.GIVEN else None,
        decision=answer.decision,
        route=given.route,
        reason=answer.reason,
        notes=answer.notes,
        methods=list(answer.agreement.methods) if answer.agreement else [],
        without_gelatine=answer.agreement is not None and answer.agreement.without_gelatine,
        health_answers=answer.health_answers,
        recorded_by=by,
        responded_at=(
            now
            if given.signed_on is None
            else status_rules.counts_from(given.signed_on, answer.decision, recorded_at=now)
        ),
    )
    if given.signed_on is not None:
        reopen_triage(response, now=now, by=by)
    how = f"{response.programme.name}, {response.get_route_display().lower()}"
    dated = f"Date on the form: {govuk_date(given.signed_on)}" if given.signed_on else ""
    activity.record(
        child_id=child.pk,
        kind=Entry.Kind.CONSENT,
        title=f"{DECISION_TITLES[Decision(answer.decision)]} "
        f"{responder.name} ({responder.relationship})",
        body="\n".join(filter(None, [how, dated])),
        organisation_id=session.organisation_id,
        session_id=session.pk,
        subject=response.public_id,
        now=now,
        by=by,
    )
    return response


def _triage(
    child: Child,
    session: Session,
    given: Given,
    responses: Sequence[ConsentResponse],
    *,
    now: datetime,
    by: User,
) -> list[ConsentResponse]:
    """Make the decisions that a nurse took at once; returns the responses without one.

    A parent hears of the decision even if it is the one made before, of which others heard.
    """
    undecided = []
    for response, answer in zip(responses, given.answers, strict=True):
        if answer.triage is None or not is_nurse(by):
            undecided.append(response)
            continue
        triage = add_triage(
            child=child,
            session=session,
            programme=answer.programme,
            verdict=answer.triage,
            form_token=uuid5(response.public_id, "triage"),
            now=now,
            by=by,
        )
        tell(triage, [response], now=now, by=by)
    return undecided


def forget_drafts(*, before: datetime) -> int:
    """Delete the drafts that nobody touched since; they hold personal data. Returns how many."""
    return ResponseDraft.objects.filter(updated_at__lt=before).delete()[0]
