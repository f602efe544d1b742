"""What follows once it is known which child an online response means. Source: consent §3 and §5."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid5

from accounts.models import User
from activity import services as activity
from activity.models import Entry
from calendars.clock import london_day
from calendars.rules import first_day_of
from cohorts.models import Child, ParentRelationship, SchoolMove
from cohorts.services import school_moves
from consent import questions, unknown_contact
from consent.models import ConsentResponse, OnlineDecision, OnlineResponse, Triage
from consent.selectors.responses import later_answer
from consent.selectors.triage import lapsing_of
from consent.services import voiding
from consent.services.responders import acquaintance, responder_of
from consent.services.telling import tell_what_stands
from consent.signals import response_considered
from govuk.filters import govuk_date
from sessions_app import invitations, statuses
from sessions_app.choices import VaccinationStatus
from sessions_app.models import ProgrammeStatus

PARENT_ADDED = "Parent or guardian added: "
NEW_ANSWERS = "Answers to health questions came in that it did not take into account"
TITLES = {
    OnlineDecision.Decision.GIVEN: "Consent given by",
    OnlineDecision.Decision.REFUSED: "Consent refused by",
}


@dataclass(frozen=True)
class Attached:
    """A response that has found its child, the consents it became, whether nothing was announced of
    it before, and whether a person or the address it came from vouches for who answered.
    """

    response: OnlineResponse
    consents: list[ConsentResponse]
    is_first: bool
    is_trusted: bool


def match_of(response: OnlineResponse, *, matched_at: datetime) -> UUID:
    """What names a match in the activity log, so that undoing it strikes it through."""
    return uuid5(response.public_id, f"matched {matched_at.timestamp()}")


def families_of(child_ids: Collection[int]) -> set[int]:
    """The children and all who share a parent with one: whose statuses a new number may change."""
    siblings = ParentRelationship.objects.filter(parent__relationships__child__in=child_ids)
    return {*child_ids, *siblings.values_list("child_id", flat=True)}


def attach(
    response: OnlineResponse, child: Child, *, now: datetime, by: User | None = None
) -> Attached:
    """Make consents of a response: parent, school move, log and warning with them.

    The caller's transaction has locked the child and who shares a parent, then the response, which
    waits; and calls `finish`. `by` is who matched it; without, it matched by itself.
    """
    known = acquaintance(child, response)
    contacts = unknown_contact.contacts_of(child) if by is None and known.is_newcomer else []
    relationship, is_new = responder_of(child, response)
    if by is not None:
        relationship.vouch()
    elif is_new and not known.is_vouched_for:
        relationship.is_vouched_for = False
        relationship.save(update_fields=["is_vouched_for"])
    if is_new:
        _log(
            response,
            child,
            kind=Entry.Kind.RECORD,
            title=f"{PARENT_ADDED}{response.parent_name} ({response.relationship_label})",
            now=now,
            by=by,
        )
    if by is not None:
        title = "Consent response manually matched with this record"
        subject = match_of(response, matched_at=now)
        _log(
            response,
            child,
            kind=Entry.Kind.CONSENT,
            title=title,
            subject=subject,
            now=now,
            by=by,
        )
    consents = _consents(response, child, relationship, now=now)
    _propose_move(response, child, now=now)
    is_first = response.looked_for_at is None
    response.child, response.matched_at, response.matched_by = child, now, by
    response.looked_for_at = response.looked_for_at or now
    response.added_relationship = relationship if is_new else None
    response.save(
        update_fields=["child", "matched_at", "matched_by", "looked_for_at", "added_relationship"]
    )
    if contacts:
        unknown_contact.warn(contacts, response, child, now=now)
    return Attached(response, consents, is_first, by is not None or known.is_trusted)


def finish(
    attached: Collection[Attached],
    family: Collection[int],
    *,
    now: datetime,
    by: User | None = None,
) -> None:
    """Refresh once what follows for the locked children of the `family`, and announce each."""
    # In August a session may be of the coming school year, whose status it then is.
    first_days = {first_day_of(each.response.session.academic_year) for each in attached}
    for today in {max(london_day(now), day) for day in first_days}:
        statuses.refresh(family, today=today)
    if attached:
        invitations.catch_up(family, now=now, by=by)
    for each in attached:
        response_considered.send(
            OnlineResponse,
            response=each.response,
            consents=each.consents,
            is_first=each.is_first,
            by=by,
            now=now,
        )
        # What was decided is no matter for somebody whom nobody knows.
        if each.is_trusted:
            is_replied_to = each.response.confirmation_sent_at is not None
            tell_what_stands(each.consents, now=now, by=by, is_replied_to=is_replied_to)


def _consents(
    response: OnlineResponse, child: Child, relationship: ParentRelationship, *, now: datetime
) -> list[ConsentResponse]:
    """A consent for each programme, as of when the parent answered (lessons I22)."""
    vaccinated = set(
        ProgrammeStatus.objects.filter(
            child=child,
            academic_year=response.session.academic_year,
            vaccination=VaccinationStatus.VACCINATED,
        ).values_list("programme_id", flat=True)
    )
    consents = []
    for decision in response.decisions.all():
        consent = ConsentResponse.objects.create(
            child=child,
            programme_id=decision.programme_id,
            organisation_id=response.organisation_id,
            session_id=response.session_id,
            academic_year=response.session.academic_year,
            parent_id=relationship.parent_id,
            parent_name=response.parent_name,
            relationship=response.relationship_label,
            email=response.email,
            phone=response.phone,
            decision=decision.decision,
            route=ConsentResponse.Route.ONLINE,
            reason=decision.reason,
            notes=decision.reason_details,
            methods=decision.methods,
            without_gelatine=decision.without_gelatine,
            health_answers=decision.health_answers,
            wants_follow_up=decision.wants_follow_up,
            responded_at=response.recorded_at,
        )
        decision.consent = consent
        decision.save(update_fields=["consent"])
        reopen_triage(consent, now=now)
        _log(
            response,
            child,
            kind=Entry.Kind.CONSENT,
            title=f"{TITLES[decision.decision]} {response.parent_name} "
            f"({response.relationship_label})",
            body=_told(response, decision, london_day(now), decision.programme_id in vaccinated),
            subject=consent.public_id,
            now=now,
        )
        consents.append(consent)
    return consents


def _told(
    response: OnlineResponse, decision: OnlineDecision, today: date, is_vaccinated: bool
) -> str:
    lines = [f"{decision.programme.name}, online"]
    answered_on = london_day(response.recorded_at)
    if answered_on != today:
        lines.append(f"Answered on {govuk_date(answered_on)}")
    if is_vaccinated:
        lines.append("The child was vaccinated already")
    return "\n".join(lines)


def reopen_triage(consent: ConsentResponse, *, now: datetime, by: User | None = None) -> None:
    """Have answers triaged that whoever triaged could not see: they had no child yet, or were on
    paper that nobody had typed in.

    What was decided before they were given, the status rule reopens. An answer that something the
    same parent said later replaces reopens nothing; "no" and "not yet" stand until a nurse decides
    again (decision 0045).
    """
    if not questions.call_for_triage(consent.health_answers):
        return
    if later_answer(consent) is not None:
        return
    decided = Triage.objects.filter(
        child=consent.child,
        programme=consent.programme_id,
        academic_year=consent.academic_year,
        invalidated_at__isnull=True,
    )
    unaware = lapsing_of(
        decided.select_related("programme"),
        consent.programme_id,
        consent.academic_year,
        since=consent.responded_at,
    )
    voiding.void_triages(unaware, because=NEW_ANSWERS, now=now, by=by)


def _propose_move(response: OnlineResponse, child: Child, *, now: datetime) -> None:
    """Ask a person to review the school the parent named, if it is news. Source: consent §5."""
    target = school_moves.schooling_of(response)
    if target == school_moves.schooling_of(child):
        return
    if child.date_of_death is not None or child.invalidated_at is not None:
        return
    later = OnlineResponse.objects.filter(child=child, recorded_at__gt=response.recorded_at)
    if not later.exists():
        proposal = school_moves.Proposal(child, target)
        school_moves.propose([proposal], source=SchoolMove.Source.CONSENT, now=now)


def _log(
    response: OnlineResponse,
    child: Child,
    *,
    kind: str,
    title: str,
    now: datetime,
    body: str = "",
    subject: UUID | None = None,
    by: User | None = None,
) -> None:
    activity.record(
        child_id=child.pk,
        kind=kind,
        title=title,
        body=body,
        organisation_id=response.organisation_id,
        session_id=response.session_id,
        subject=subject,
        now=now,
        by=by,
    )
