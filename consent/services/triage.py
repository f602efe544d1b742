"""Deciding on whether it is safe to vaccinate a child. Source: consent §10."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from activity import services as activity
from activity.models import Entry
from calendars.clock import london_day
from calendars.rules import first_day_of
from cohorts.models import Child
from consent import rules, status_rules, triage_options
from consent.choices import TriageOutcome
from consent.models import Triage
from consent.selectors.facts import child_facts
from consent.selectors.triage import basis_now, counted_responses
from consent.services import telling
from sessions_app import invitations, memberships, statuses
from sessions_app.clinic import community_clinic
from sessions_app.models import Membership, Session

NOT_OFFERED = "This vaccination is no longer offered in this session."
OUTDATED = (
    "Health answers or the triage outcome have changed since you looked. Check them, then save "
    "your outcome again."
)
TO_CLINIC = (TriageOutcome.DELAY, TriageOutcome.INVITE_TO_CLINIC)


class TriageNotPossible(Exception):
    """No decision may be made now; the message is a sentence for the page."""


class TriageOutdated(TriageNotPossible):
    """Answers or decisions came in since those that the nurse saw."""


@dataclass(frozen=True)
class Verdict:
    """What the nurse decided; `basis` is what they saw of it, as `basis_now` tells it."""

    option: triage_options.Option
    basis: str
    delay_until: date | None = None
    notes: str = ""


@transaction.atomic
def decide_triage(
    *,
    child: Child,
    session: Session,
    programme: str,
    verdict: Verdict,
    form_token: UUID,
    now: datetime,
    by: User,
) -> Triage:
    """Add a decision with its activity entry, its messages and its place in the clinic.

    `session` was fetched `with_days`. One form decides once: the same `form_token` again returns
    what the first did. Every condition is looked at anew. Parents are written to as `telling` says.
    Raises TriageNotPossible, or TriageOutdated where it was made on other answers or decisions than
    there are now.
    """
    child = Child.objects.lock(child.pk)
    if done := Triage.objects.filter(form_token=form_token, child=child).first():
        return done
    check_basis(child, session, programme, verdict, today=london_day(now))
    return add_triage(
        child=child,
        session=session,
        programme=programme,
        verdict=verdict,
        form_token=form_token,
        now=now,
        by=by,
    )


def check_basis(
    child: Child, session: Session, programme: str, verdict: Verdict, *, today: date
) -> None:
    """Raise TriageOutdated unless a verdict about a locked child was made on what is so now."""
    if verdict.basis != basis_now(child, programme, session.academic_year, today=today):
        raise TriageOutdated(OUTDATED)


def add_triage(
    *,
    child: Child,
    session: Session,
    programme: str,
    verdict: Verdict,
    form_token: UUID,
    now: datetime,
    by: User,
) -> Triage:
    """Like `decide_triage`, of a child whom the caller has locked, and whose verdict it has checked
    before it added the response that was triaged with it.
    """
    facts = child_facts(child, session, today=london_day(now))
    standing = next((found for found in facts.programmes if found.key == programme), None)
    if standing is None:
        raise TriageNotPossible(NOT_OFFERED)
    if reason := rules.why_no_triage(facts, standing):
        raise TriageNotPossible(reason)
    counted = counted_responses(child, programme, session.academic_year, today=london_day(now))
    agreement = status_rules.agreed([seen for seen, _ in counted])
    offered = triage_options.options(programme, agreement, is_at_clinic=session.is_clinic)
    if agreement is None or verdict.option not in offered:
        raise TriageNotPossible("Consent has changed. Look at the responses and decide again.")
    triage = Triage.objects.create(
        child=child,
        programme_id=programme,
        organisation_id=session.organisation_id,
        session=session,
        academic_year=session.academic_year,
        outcome=verdict.option.outcome,
        method=verdict.option.method,
        without_gelatine=verdict.option.without_gelatine,
        delay_until=verdict.delay_until,
        notes=verdict.notes,
        performed_by=by,
        performed_at=now,
        form_token=form_token,
    )
    activity.record(
        child_id=child.pk,
        kind=Entry.Kind.TRIAGE,
        title=f"Triaged decision: {triage.get_outcome_display()}",
        body="\n".join(filter(None, [triage.programme.name, verdict.notes])),
        organisation_id=session.organisation_id,
        session_id=session.pk,
        subject=triage.form_token,
        now=now,
        by=by,
    )
    # In August a session may be of the coming school year, whose status it then is.
    statuses.refresh([child.pk], today=max(london_day(now), first_day_of(session.academic_year)))
    if triage.outcome in TO_CLINIC:
        clinic = community_clinic(
            session.organisation, now=now, academic_year=session.academic_year
        )
        memberships.join(clinic, [child.pk], reason=Membership.Reason.TRIAGE, now=now, by=by)
    invitations.catch_up([child.pk], now=now, by=by)
    telling.tell(triage, [response for _, response in counted], now=now, by=by)
    return triage
