"""Recording what a parent answered by phone, on paper or in person. Source: consent §6."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from activity import services as activity
from activity.models import Entry
from calendars.clock import london_day
from calendars.rules import first_day_of
from cohorts.models import Child, ParentRelationship
from consent import rules
from consent.decisions import Agreement
from consent.models import ConsentResponse, ResponseDraft
from consent.selectors.contacts import known_contacts
from consent.selectors.facts import child_facts
from consent.services.contacts import NewContact, contact_of
from sessions_app import invitations, statuses
from sessions_app.models import Session

DECISION_TITLES = {
    ConsentResponse.Decision.GIVEN: "Consent given by",
    ConsentResponse.Decision.REFUSED: "Consent refused by",
    ConsentResponse.Decision.NOT_PROVIDED: "No response from",
}


class DraftGone(Exception):
    """The draft was confirmed or thrown away, and nothing was recorded from it."""


class ResponseNotPossible(Exception):
    """No response may be recorded now; the message is a sentence for the page."""


class ContactGone(Exception):
    """The chosen contact is no longer one of the child's."""


@dataclass(frozen=True)
class Answer:
    """What was answered, and how. Only a refusal has a reason; only consent has an agreement and
    health answers.
    """

    route: str
    decision: str
    reason: str = ""
    notes: str = ""
    agreement: Agreement | None = None
    health_answers: list[dict] = field(default_factory=list)


@dataclass(frozen=True)
class _Responder:
    parent_id: int
    name: str
    relationship: str


@transaction.atomic
def record_response(
    *, draft_id: UUID, contact: int | NewContact, answer: Answer, now: datetime, by: User
) -> ConsentResponse:
    """Keep the answer of a draft: response, contact, status and activity entry together.

    `contact` is the id of a known one. The response takes the draft's id, so that a draft
    confirmed twice records once: the second call returns what the first recorded. Raises
    DraftGone, ResponseNotPossible (E31) or ContactGone.
    """
    draft = ResponseDraft.objects.select_for_update().filter(pk=draft_id, owner=by).first()
    if draft is None:
        recorded = ConsentResponse.objects.filter(public_id=draft_id, recorded_by=by).first()
        if recorded is None:
            raise DraftGone
        return recorded
    child = Child.objects.lock(draft.child_id)
    session = Session.objects.with_days().select_related("location").get(pk=draft.session_id)
    _check_possible(child, session, draft.programme_id, now)
    responder = _responder(child, session, contact, now=now, by=by)
    response = ConsentResponse.objects.create(
        public_id=draft.pk,
        child=child,
        programme_id=draft.programme_id,
        organisation_id=session.organisation_id,
        session=session,
        academic_year=session.academic_year,
        parent_id=responder.parent_id,
        parent_name=responder.name,
        relationship=responder.relationship,
        decision=answer.decision,
        route=answer.route,
        reason=answer.reason,
        notes=answer.notes,
        methods=list(answer.agreement.methods) if answer.agreement else [],
        without_gelatine=answer.agreement is not None and answer.agreement.without_gelatine,
        health_answers=answer.health_answers,
        recorded_by=by,
        responded_at=now,
    )
    activity.record(
        child_id=child.pk,
        kind=Entry.Kind.CONSENT,
        title=f"{DECISION_TITLES[answer.decision]} {responder.name} ({responder.relationship})",
        body=f"{response.programme.name}, {response.get_route_display().lower()}",
        organisation_id=session.organisation_id,
        session_id=session.pk,
        now=now,
        by=by,
    )
    draft.delete()
    _spread(child, responder, session, now=now, by=by)
    return response


def _check_possible(child: Child, session: Session, programme: str, now: datetime) -> None:
    facts = child_facts(child, session, today=london_day(now))
    standing = next((found for found in facts.programmes if found.key == programme), None)
    if standing is None:
        raise ResponseNotPossible("This vaccination is no longer offered in this session.")
    if reason := rules.why_no_response(facts, standing):
        raise ResponseNotPossible(reason)


def _responder(
    child: Child, session: Session, contact: int | NewContact, *, now: datetime, by: User
) -> _Responder:
    if isinstance(contact, NewContact):
        relationship, is_new = contact_of(child, contact)
        responder = _Responder(
            relationship.parent_id, relationship.parent.display_name, relationship.label
        )
        if is_new:
            activity.record(
                child_id=child.pk,
                kind=Entry.Kind.RECORD,
                title=f"Parent or guardian added: {responder.name} ({responder.relationship})",
                organisation_id=session.organisation_id,
                session_id=session.pk,
                now=now,
                by=by,
            )
        return responder
    for known in known_contacts(child):
        if known.parent.pk == contact:
            return _Responder(known.parent.pk, known.parent.display_name, known.relationship)
    raise ContactGone


def _spread(
    child: Child, responder: _Responder, session: Session, *, now: datetime, by: User
) -> None:
    """Refresh what is derived, also for siblings: a contact may have become reachable."""
    child_ids = {child.pk} | set(
        ParentRelationship.objects.filter(parent_id=responder.parent_id).values_list(
            "child_id", flat=True
        )
    )
    # In August a session may be of the coming school year, whose status it then is.
    statuses.refresh(child_ids, today=max(london_day(now), first_day_of(session.academic_year)))
    invitations.catch_up(child_ids, now=now, by=by)


def forget_drafts(*, before: datetime) -> int:
    """Delete the drafts that nobody touched since; they hold personal data. Returns how many."""
    return ResponseDraft.objects.filter(updated_at__lt=before).delete()[0]
