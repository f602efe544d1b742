"""The last look before an invitation leaves: what was right when it was planned may not be now.

Everything is computed anew from the facts, not read from stored statuses. Where a part of what a
letter names fell away, its messages that are left go on with the rest.
Source: design §4.4; sessions and clinics E13, E38.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from calendars.clock import london_day
from cohorts.models import Contact
from notifications.models import Message
from notifications.readdressing import CONTACT_CHANGED
from notifications.rewording import Rewording
from programmes.models import Programme
from sessions_app import rules, statuses
from sessions_app.choices import ConsentStatus, Exclusion
from sessions_app.models import Invitation, Membership, SessionDate

CALLED_BACK = "The invitation was called back"
LEFT_CLINIC = "The child is no longer in the community clinic cohort"
CLOSED = "The session is closed"
NO_DATE = "No clinic date is left to book"
CONSENT_GIVEN = "Consent was given meanwhile"
NOT_OFFERED = "No longer offered"
PLANNED_ANEW = "The family is invited to it anew"


def guard(messages: Sequence[Message], *, now: datetime) -> dict[int, str | Rewording]:
    """Message id → why it must not be sent any more, for those that must not, or what it says
    instead, for those that name too much.

    A constant number of queries for a batch.
    """
    invitations: dict[UUID, list[Invitation]] = defaultdict(list)
    for invitation in (
        Invitation.objects.filter(letter__in={message.letter for message in messages})
        .select_related("session__location", "programme")
        .order_by("programme__name", "programme__key")
    ):
        invitations[invitation.letter].append(invitation)
    child_ids = {message.child_id for message in messages}
    sessions = {one.session_id: one.session for some in invitations.values() for one in some}
    dates = defaultdict(list)
    for session_id, value in SessionDate.objects.filter(
        session__in=sessions, removed_at__isnull=True
    ).values_list("session_id", "value"):
        dates[session_id].append(value)
    members = set(
        Membership.objects.filter(
            child_id__in=child_ids, session__in=sessions, left_at__isnull=True
        ).values_list("session_id", "child_id")
    )
    contacts = set(
        Contact.objects.filter(child_id__in=child_ids).values_list(
            "child_id", "channel", "recipient"
        )
    )
    present = {
        (status.child_id, status.programme_id, status.academic_year): status
        for year in {session.academic_year for session in sessions.values()}
        for status in statuses.compute(sorted(child_ids), year, today=london_day(now))
    }
    answers: dict[int, str | Rewording] = {}
    for message in messages:
        about = invitations.get(message.letter, [])
        if not any(each.is_standing for each in about):
            answers[message.pk] = CALLED_BACK
            continue
        session = about[0].session
        named = {
            each.programme: _why_not(each, present)
            for each in about
            if each.programme_id not in (message.left_out or ())
        }
        answer = what_is_left(message, named)
        if session.is_closed:
            answers[message.pk] = CLOSED
        elif (session.pk, message.child_id) not in members:
            answers[message.pk] = LEFT_CLINIC
        elif rules.next_bookable(dates[session.pk], london_day(now)) is None:
            answers[message.pk] = NO_DATE
        elif isinstance(answer, str):
            answers[message.pk] = answer
        elif (message.child_id, message.channel, message.recipient) not in contacts:
            answers[message.pk] = CONTACT_CHANGED
        elif answer:
            answers[message.pk] = answer
    return answers


def what_is_left(message: Message, named: Mapping[Programme, str]) -> str | Rewording | None:
    """Why nothing may be said of all that a message names; else what it says of the rest, or None
    if that is all. `named` has for each programme why it must not be offered any more, or "".

    What was left out once stays out of this message, even if it comes to be due again: whether
    anybody else was told of it decides whether it is planned anew.
    """
    left = [programme for programme, reason in named.items() if not reason]
    fallen = {programme: reason for programme, reason in named.items() if reason}
    if not left:
        return next(iter(fallen.values()), CALLED_BACK)
    if not fallen:
        return None
    vaccination = rules.vaccination_named([programme.name for programme in left])
    why = "; ".join(f"{programme.name}: {reason}" for programme, reason in fallen.items())
    return Rewording(
        personalisation=message.personalisation | {"vaccination": vaccination},
        note=f"written without {why}",
        left_out=frozenset(message.left_out or ()) | {programme.key for programme in fallen},
    )


def _why_not(invitation: Invitation, present: dict) -> str:
    """Why the programme of an invitation must not be offered any more; empty while it may."""
    if not invitation.is_standing:
        return PLANNED_ANEW
    status = present.get(
        (invitation.child_id, invitation.programme_id, invitation.session.academic_year)
    )
    if status is None:
        return NOT_OFFERED
    if status.exclusion:
        return Exclusion(status.exclusion).label
    if invitation.session_date_id and status.consent == ConsentStatus.GIVEN:
        return CONSENT_GIVEN
    return ""
