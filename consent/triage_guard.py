"""The last look before an email about triage leaves: it must still be what was decided, and only
those whose consent counts hear of it. Source: design §4.4; consent §10.
"""

from collections.abc import Sequence
from datetime import date, datetime

from calendars.clock import london_day
from cohorts.models import Child, Contact
from consent.guard import CALLED_BACK, CONTACT_CHANGED, forbidden_by_record
from consent.models import Triage
from consent.selectors.triage import counted_responses, newest_triage
from notifications.models import Message

DECIDED_OTHERWISE = "Triage was decided otherwise meanwhile"
NO_LONGER_GIVEN = "The parent's consent no longer counts"


def triage_guard(messages: Sequence[Message], *, now: datetime) -> dict[int, str]:
    """Message id → why it must not be sent any more, for those that must not.

    A few queries for each message: they are written one child at a time, as a nurse decides.
    """
    triages = {
        triage.form_token: triage
        for triage in Triage.objects.filter(form_token__in={one.letter for one in messages})
    }
    today = london_day(now)
    reasons = {
        message.pk: _why_not(message, triages.get(message.letter), today) for message in messages
    }
    return {message_id: reason for message_id, reason in reasons.items() if reason}


def _why_not(message: Message, triage: Triage | None, today: date) -> str:
    if triage is None:
        return CALLED_BACK
    child = Child.objects.get(pk=message.child_id)
    if reason := forbidden_by_record(child):
        return reason
    newest = newest_triage(child, triage.programme_id, triage.academic_year)
    if newest is None or newest.said != triage.said:
        return DECIDED_OTHERWISE
    counted = counted_responses(child, triage.programme_id, triage.academic_year, today=today)
    if not any(one.is_given and one.responder == message.parent_id for one, _ in counted):
        return NO_LONGER_GIVEN
    is_known = Contact.objects.filter(
        child=child, channel=message.channel, recipient=message.recipient
    ).exists()
    return "" if is_known else CONTACT_CHANGED
