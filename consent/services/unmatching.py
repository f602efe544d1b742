"""Undoing a match: an online response was taken for another child's. Source: consent §3, §4 and §7.

Nothing is forgotten: what the match made of the response stays at the child it is not about, and
no longer counts. docs/decisions/0062-undoing-a-match.md says what stays, and why.
"""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from activity import services as activity
from activity.models import Entry
from calendars.clock import london_day
from calendars.rules import first_day_of
from cohorts.models import Child
from cohorts.services import school_moves
from consent.models import OnlineDecision, OnlineResponse, ResponseChange, UndoneMatch
from consent.selectors.undoing import Hanging, hanging_on
from consent.services import voiding
from consent.services.attaching import match_of
from consent.services.online_replies import unlink_from_child
from sessions_app import invitations, statuses

NOT_ABOUT_CHILD = "The consent it rested on is about another child"


class NotMatched(Exception):
    """The response is not matched with this child any more."""


@transaction.atomic
def undo_match(*, response_id: int, child: Child, reason: str, by: User, now: datetime) -> Hanging:
    """Take a response from a child whom it is not about: it waits for a person again.

    Its consents no longer count, and what was found safe on them. The parent whom it added leaves
    the record, unless something else ties them to the child; guards hold back what waits for them.
    If that is another matched response, they leave with the last one.
    What hung on the match is returned. Raises NotMatched.
    """
    child = Child.objects.lock(child.pk)
    response = _lock_or_refuse(response_id, child)
    found = hanging_on(response, child, today=london_day(now))
    _tell(found, child, reason, now=now, by=by)
    OnlineDecision.objects.filter(response=response).update(consent=None)
    voiding.void_responses(
        found.consents, because=reason, kind=ResponseChange.Kind.UNMATCHED, now=now, by=by
    )
    voiding.void_triages(found.lost, because=NOT_ABOUT_CHILD, now=now, by=by)
    if found.leaving is not None:
        found.leaving.delete()
    elif found.other is not None and response.added_relationship_id is not None:
        OnlineResponse.objects.filter(pk=found.other.pk).update(
            added_relationship=response.added_relationship_id
        )
    if found.move is not None:
        school_moves.take_back(found.move.pk, now=now)
    unlink_from_child(response, child)
    _let_wait(response, child, reason, now=now, by=by)
    # In August the session may be of the coming school year, whose status it then is.
    today = london_day(now)
    for day in {today, max(today, first_day_of(response.session.academic_year))}:
        statuses.refresh([child.pk], today=day)
    invitations.catch_up([child.pk], now=now, by=by)
    return found


def _lock_or_refuse(response_id: int, child: Child) -> OnlineResponse:
    """The response, matched with the child, for whom nobody else decides meanwhile."""
    response = (
        OnlineResponse.objects.filter(pk=response_id, child=child)
        .select_related("session")
        .select_for_update(of=("self",), no_key=True)
        .first()
    )
    if response is None:
        raise NotMatched
    return response


def _let_wait(
    response: OnlineResponse, child: Child, reason: str, *, now: datetime, by: User
) -> None:
    UndoneMatch.objects.create(
        response=response,
        child=child,
        matched_at=response.matched_at,
        matched_by_id=response.matched_by_id,
        reason=reason,
        undone_at=now,
        undone_by=by,
    )
    response.child, response.matched_at, response.matched_by = None, None, None
    response.added_relationship, response.made_record = None, False
    response.save(
        update_fields=["child", "matched_at", "matched_by", "added_relationship", "made_record"]
    )


def _tell(found: Hanging, child: Child, reason: str, *, now: datetime, by: User) -> None:
    response = found.response
    assert response.matched_at is not None
    about = {
        "child_id": child.pk,
        "organisation_id": response.organisation_id,
        "session_id": response.session_id,
        "now": now,
        "by": by,
    }
    stays = [f"{name}: the vaccination record stays" for name in found.vaccinated]
    stays += [
        f"{triage.programme.name}: the triage outcome “{triage.get_outcome_display()}” stays"
        for triage in found.standing
    ]
    stays += [
        f"{triage.programme.name}: the triage outcome “{triage.get_outcome_display()}”, which "
        "ended with the match, does not come back"
        for triage in found.ended
    ]
    activity.record(
        kind=Entry.Kind.CONSENT,
        title="Match with a consent response undone: it is about another child",
        body="\n".join([f"{found.programmes}, from {response.parent_name}", reason, *stays]),
        subject=match_of(response, matched_at=response.matched_at),
        voids="Undone",
        **about,
    )
    if child.organisation_id not in (None, response.organisation_id):
        # Their log shows what is theirs: they had the response listed, and what it led to changes.
        about |= {"organisation_id": child.organisation_id, "session_id": None}
        activity.record(
            kind=Entry.Kind.CONSENT,
            title="A consent response to another organisation is about another child",
            body="\n".join([f"{found.programmes}, from {response.parent_name}", *stays]),
            **about,
        )
    if found.leaving is not None:
        activity.record(
            kind=Entry.Kind.RECORD,
            title=f"Parent or guardian removed: {found.leaving.parent.display_name} "
            f"({found.leaving.label})",
            body="They were added by the match that was undone",
            **about,
        )
