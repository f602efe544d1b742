"""The last look before an invitation leaves: what was right when it was planned may not be now.

Everything is computed anew from the facts, not read from stored statuses.
Source: design §4.4; sessions and clinics E13, E38.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from calendars.clock import london_day
from cohorts.models import Contact
from notifications.models import Message
from sessions_app import rules, statuses
from sessions_app.choices import ConsentStatus, Exclusion
from sessions_app.models import Invitation, Membership, SessionDate

CALLED_BACK = "The invitation was called back"
LEFT_CLINIC = "The child is no longer in the community clinic cohort"
CLOSED = "The session is closed"
NO_DATE = "No clinic date is left to book"
CONTACT_CHANGED = "The contact details have changed"
CONSENT_GIVEN = "Consent was given meanwhile"


def guard(messages: Sequence[Message], *, now: datetime) -> dict[int, str]:
    """Message id → why it must not be sent any more, for those that must not.

    A constant number of queries for a batch.
    """
    invitations: dict[UUID, list[Invitation]] = defaultdict(list)
    for invitation in (
        Invitation.objects.standing()
        .filter(letter__in={message.letter for message in messages})
        .select_related("session__location", "programme")
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
    reasons = {}
    for message in messages:
        about = invitations.get(message.letter, [])
        if not about:
            reasons[message.pk] = CALLED_BACK
            continue
        session = about[0].session
        if session.is_closed:
            reasons[message.pk] = CLOSED
        elif (session.pk, message.child_id) not in members:
            reasons[message.pk] = LEFT_CLINIC
        elif rules.next_bookable(dates[session.pk], london_day(now)) is None:
            reasons[message.pk] = NO_DATE
        elif reason := _excluded(about, present):
            reasons[message.pk] = reason
        elif (message.child_id, message.channel, message.recipient) not in contacts:
            reasons[message.pk] = CONTACT_CHANGED
    return reasons


def _excluded(invitations: list[Invitation], present: dict) -> str:
    """Why one of the programmes that the letter names must not be offered any more.

    The text names them all, so one is enough; what remains due is planned again.
    """
    for invitation in invitations:
        status = present.get(
            (invitation.child_id, invitation.programme_id, invitation.session.academic_year)
        )
        if status is None:
            return f"{invitation.programme.name} is no longer offered"
        if status.exclusion:
            return Exclusion(status.exclusion).label
        if invitation.session_date_id and status.consent == ConsentStatus.GIVEN:
            return CONSENT_GIVEN
    return ""
