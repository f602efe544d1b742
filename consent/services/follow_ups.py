"""Following up a refusal whose parent asked to talk about it. Source: consent §7."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from accounts.models import User
from activity import services as activity
from activity.models import Entry
from calendars.clock import london_day
from calendars.rules import first_day_of
from cohorts.models import Child
from consent.choices import Decision, FollowUp
from consent.models import ConsentResponse, ResponseChange
from consent.services import voiding
from consent.services.changes import ChangeNotPossible
from consent.services.replies import confirm_refusal
from sessions_app import invitations, statuses
from sessions_app.models import Session

Kind = ResponseChange.Kind
KINDS = {FollowUp.CONFIRMED: Kind.FOLLOW_UP_CONFIRMED, FollowUp.WITHDRAWN: Kind.FOLLOW_UP_WITHDRAWN}
TITLES = {
    FollowUp.CONFIRMED: "Follow-up: the refusal of {name} ({relationship}) stands",
    FollowUp.WITHDRAWN: "Follow-up: the refusal of {name} ({relationship}) does not stand",
}
RESOLVED = "This refusal has already been followed up."


@transaction.atomic
def confirm_that_it_stands(
    *, response: ConsentResponse, session: Session, notes: str, now: datetime, by: User
) -> ResponseChange:
    """The parent still refuses: a refusal like any other, confirmed to them by message.

    `session` was fetched `with_days`. Raises ChangeNotPossible.
    """
    Child.objects.lock(response.child_id)
    change = _resolve(response, FollowUp.CONFIRMED, notes=notes, now=now, by=by)
    today = max(london_day(now), first_day_of(response.academic_year))
    statuses.refresh([response.child_id], today=today)
    invitations.catch_up([response.child_id], now=now, by=by)
    confirm_refusal(change.response, session, now=now, by=by)
    return change


def resolve_by_answer(
    refusal: ConsentResponse, answers: Iterable[ConsentResponse], *, now: datetime, by: User
) -> None:
    """Resolve a refusal by what the same parent answers now; anybody else's answer leaves it open.

    Runs in the transaction that keeps the answer, which refreshes what is derived.
    """
    for answer in answers:
        is_theirs = (answer.parent_id, answer.programme_id) == (
            refusal.parent_id,
            refusal.programme_id,
        )
        if not is_theirs or answer.decision == Decision.NOT_PROVIDED:
            continue
        given = answer.decision == Decision.GIVEN
        outcome = FollowUp.WITHDRAWN if given else FollowUp.CONFIRMED
        try:
            _resolve(refusal, outcome, notes="", now=now, by=by)
        except ChangeNotPossible:
            return  # somebody else resolved it meanwhile; the answer counts all the same


def _resolve(
    response: ConsentResponse, outcome: FollowUp, *, notes: str, now: datetime, by: User
) -> ResponseChange:
    """`response` belongs to a child who is locked."""
    found = ConsentResponse.objects.select_related("programme", "child", "parent").get(
        pk=response.pk
    )
    if found.invalidated_at is not None:
        raise ChangeNotPossible("This response has already been marked as invalid.")
    if not found.wants_follow_up:
        raise ChangeNotPossible("Nobody asked for this response to be followed up.")
    if found.follow_up_outcome:
        raise ChangeNotPossible(RESOLVED)
    found.follow_up_outcome = outcome
    found.follow_up_resolved_at = now
    found.save(update_fields=["follow_up_outcome", "follow_up_resolved_at"])
    change = ResponseChange.objects.create(
        response=found, kind=KINDS[outcome], notes=notes, at=now, by=by
    )
    activity.record(
        child_id=found.child_id,
        kind=Entry.Kind.CONSENT,
        title=TITLES[outcome].format(name=found.parent_name, relationship=found.relationship),
        body="\n".join(filter(None, [found.programme.name, notes])),
        organisation_id=found.organisation_id,
        session_id=found.session_id,
        subject=found.public_id,
        voids=voiding.INVALID if outcome == FollowUp.WITHDRAWN else "",
        now=now,
        by=by,
    )
    return change
