"""The last look before an email about triage leaves: it must still be what was decided, and only
those whose consent counts hear of it. Source: design §4.4; consent §10.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from calendars.clock import london_day
from cohorts.models import Child, Contact
from consent.facts import who_gave
from consent.guard import CALLED_BACK, CONTACT_CHANGED, forbidden_by_record
from consent.models import Triage
from consent.selectors.triage import newest_of
from notifications.models import Message

DECIDED_OTHERWISE = "Triage was decided otherwise meanwhile"
NO_LONGER_GIVEN = "The parent's consent no longer counts"


def triage_guard(messages: Sequence[Message], *, now: datetime) -> dict[int, str]:
    """Message id → why it must not be sent any more, for those that must not.

    A constant number of queries for a batch of one academic year.
    """
    facts = _Facts(messages, now=now)
    reasons = {message.pk: facts.why_not(message) for message in messages}
    return {message_id: reason for message_id, reason in reasons.items() if reason}


class _Facts:
    """What decides whether messages about triage may go, read for all of them at once."""

    def __init__(self, messages: Sequence[Message], *, now: datetime) -> None:
        child_ids = {message.child_id for message in messages if message.child_id}
        self.children = Child.objects.in_bulk(child_ids)
        self.contacts = set(
            Contact.objects.filter(child__in=child_ids).values_list(
                "child_id", "channel", "recipient"
            )
        )
        self.triages: dict[tuple[int, int], list[Triage]] = defaultdict(list)
        for triage in Triage.objects.filter(child__in=child_ids):
            self.triages[triage.child_id, triage.academic_year].append(triage)
        letters = {message.letter for message in messages}
        self.decided = {
            one.form_token: one
            for some in self.triages.values()
            for one in some
            if one.form_token in letters
        }
        self.gave = {
            year: who_gave(child_ids, year, london_day(now))
            for year in {triage.academic_year for triage in self.decided.values()}
        }

    def why_not(self, message: Message) -> str:
        """Why a message must not go; empty when it may."""
        triage = self.decided.get(message.letter)
        if triage is None:
            return CALLED_BACK
        if reason := forbidden_by_record(self.children[triage.child_id]):
            return reason
        about = (triage.child_id, triage.academic_year)
        newest = newest_of(self.triages[about], triage.programme_id, triage.academic_year)
        if newest is None or newest.said != triage.said:
            return DECIDED_OTHERWISE
        gave = self.gave[triage.academic_year].get((triage.child_id, triage.programme_id), set())
        if message.parent_id not in gave:
            return NO_LONGER_GIVEN
        is_known = (triage.child_id, message.channel, message.recipient) in self.contacts
        return "" if is_known else CONTACT_CHANGED
