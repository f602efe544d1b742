"""Following up a refusal whose parent asked to talk about it. Source: consent §7."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from accounts.models import User
from activity import services as activity
from activity.models import Entry
from calendars.clock import london_day
from calendars.rules import first_day_of
from consent import change_rules
from consent.choices import Decision, FollowUp
from consent.models import ConsentResponse, ResponseChange
from consent.selectors.responses import kept_of
from consent.services import voiding
from consent.services.changes import ChangeNotPossible, locked
from consent.services.replies import confirm_refusal
from sessions_app import invitations, statuses
from sessions_app.models import Session

Kind = ResponseChange.Kind
KINDS = {FollowUp.CONFIRMED: Kind.FOLLOW_UP_CONFIRMED, FollowUp.WITHDRAWN: Kind.FOLLOW_UP_WITHDRAWN}
TITLES = {
    FollowUp.CONFIRMED: "Follow-up: the refusal of {name} ({relationship}) stands",
    FollowUp.WITHDRAWN: "Follow-up: the refusal of {name} ({relationship}) does not stand",
}


@transaction.atomic
def confirm_that_it_stands(
    *, response: ConsentResponse, session: Session, notes: str, now: datetime, by: User
) -> ResponseChange:
    """The parent still refuses: a refusal like any other, confirmed to them by message.

    `session` was fetched `with_days`. Raises ChangeNotPossible.
    """
    response, kept = locked(response)
    if refusal := change_rules.why_no_follow_up(kept):
        raise ChangeNotPossible(refusal)
    change = _resolve(response, FollowUp.CONFIRMED, notes=notes, now=now, by=by)
    today = max(london_day(now), first_day_of(response.academic_year))
    statuses.refresh([response.child_id], today=today)
    invitations.catch_up([response.child_id], now=now, by=by)
    confirm_refusal(change.response, session, now=now, by=by)
    return change


def resolve_by_answer(
    refusal: ConsentResponse, answers: Iterable[ConsentResponse], *, now: datetime, by: User
) -> None:
    """Resolve a refusal by what the same parent answers now; anybody else's answer leaves it open,
    and so does one that was given before it.

    Runs in the transaction that keeps the answer, which has locked the child and refreshes what is
    derived. Where somebody else resolved it meanwhile, the answer counts all the same.
    """
    found = ConsentResponse.objects.select_related("programme", "child", "parent").get(
        pk=refusal.pk
    )
    # The answer, which was kept by now, is what replaces it.
    if change_rules.why_no_follow_up(kept_of(found, is_superseded=False)):
        return
    answer = next((one for one in answers if one.replaces(found)), None)
    if answer is not None:
        given = answer.decision == Decision.GIVEN
        outcome = FollowUp.WITHDRAWN if given else FollowUp.CONFIRMED
        _resolve(found, outcome, notes="", now=now, by=by)


def _resolve(
    refusal: ConsentResponse, outcome: FollowUp, *, notes: str, now: datetime, by: User
) -> ResponseChange:
    """`refusal` waits for it, and belongs to a child who is locked."""
    refusal.follow_up_outcome = outcome
    refusal.follow_up_resolved_at = now
    refusal.save(update_fields=["follow_up_outcome", "follow_up_resolved_at"])
    change = ResponseChange.objects.create(
        response=refusal, kind=KINDS[outcome], notes=notes, at=now, by=by
    )
    activity.record(
        child_id=refusal.child_id,
        kind=Entry.Kind.CONSENT,
        title=TITLES[outcome].format(name=refusal.parent_name, relationship=refusal.relationship),
        body="\n".join(filter(None, [refusal.programme.name, notes])),
        **voiding.in_log_of(refusal, refusal.child.organisation_id),
        subject=refusal.public_id,
        voids=voiding.INVALID if outcome == FollowUp.WITHDRAWN else "",
        now=now,
        by=by,
    )
    return change
