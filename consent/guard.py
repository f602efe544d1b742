"""The last look before a request leaves: what was right when it was sent off may not be now.

Source: design §4.4; sessions and clinics E13, E28, E38.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from calendars.clock import london_day
from cohorts.models import Child, Contact
from consent.facts import exclusion_facts
from consent.models import ConsentRequest
from consent.selectors.sessions import is_open_to_parents
from notifications.models import Message
from sessions_app import statuses
from sessions_app.choices import ConsentStatus, Exclusion, VaccinationStatus
from sessions_app.models import Membership, Session

CALLED_BACK = "The request was called back"
DECEASED = "The child has died"
INVALID = "The record is flagged as invalid"
RESTRICTED = "The record is flagged as sensitive"
CLOSED = "Responses are closed"
LEFT_SESSION = "The child is no longer in the session"
ANSWERED = "A response was recorded meanwhile"
VACCINATED = "The child was vaccinated meanwhile"
CONTACT_CHANGED = "The contact details have changed"


def guard(messages: Sequence[Message], *, now: datetime) -> dict[int, str]:
    """Message id → why it must not be sent any more, for those that must not.

    A constant number of queries for a batch of one academic year.
    """
    requests: dict[UUID, list[ConsentRequest]] = defaultdict(list)
    for request in ConsentRequest.objects.filter(
        letter__in={message.letter for message in messages}, withheld_at__isnull=True
    ):
        requests[request.letter].append(request)
    facts = _Facts(messages, [one for some in requests.values() for one in some], london_day(now))
    reasons = {
        message.pk: facts.why_not(message, requests.get(message.letter, [])) for message in messages
    }
    return {message_id: reason for message_id, reason in reasons.items() if reason}


def forbidden_by_record(child: Child) -> str:
    """Why nobody may be written to about a child, whatever it is about; empty when they may."""
    if child.date_of_death is not None:
        return DECEASED
    if child.invalidated_at is not None:
        return INVALID
    return RESTRICTED if child.is_restricted else ""


class _Facts:
    """What is true now of the children and sessions of a batch of requests."""

    def __init__(self, messages: Sequence[Message], requests: list[ConsentRequest], today: date):
        self.today = today
        child_ids = {message.child_id for message in messages}
        self.children = Child.objects.in_bulk(child_ids)
        sessions = Session.objects.filter(pk__in={request.session_id for request in requests})
        self.sessions = {session.pk: session for session in sessions.with_days()}
        self.members = set(
            Membership.objects.filter(
                child_id__in=child_ids, session__in=self.sessions, left_at__isnull=True
            ).values_list("session_id", "child_id")
        )
        self.contacts = set(
            Contact.objects.filter(child_id__in=child_ids).values_list(
                "child_id", "channel", "recipient"
            )
        )
        years = {session.academic_year for session in self.sessions.values()}
        self.statuses = {
            (status.child_id, status.programme_id, status.academic_year): status
            for year in years
            for status in statuses.compute(sorted(child_ids), year, today=today)
        }
        # Not from the statuses: theirs name one reason only, and "already vaccinated" goes before.
        self.kept = {
            (*pair, year)
            for year in years
            for pair, reason in exclusion_facts(child_ids, year, today).items()
            if reason == Exclusion.CHILD_DECIDED
        }

    def why_not(self, message: Message, requests: list[ConsentRequest]) -> str:
        """Why the message must not go; empty when it may."""
        if not requests:
            return CALLED_BACK
        child = self.children[message.child_id]
        session = self.sessions[requests[0].session_id]
        if reason := forbidden_by_record(child):
            return reason
        if not is_open_to_parents(session, today=self.today):
            return CLOSED
        if (session.pk, child.pk) not in self.members:
            return LEFT_SESSION
        if (child.pk, message.channel, message.recipient) not in self.contacts:
            return CONTACT_CHANGED
        return self._settled(requests, session.academic_year)

    def _settled(self, requests: list[ConsentRequest], academic_year: int) -> str:
        """Why no programme of the letter is open any more; empty while one is.

        A letter that names what the child keeps from their parents never goes (I9).
        """
        named = [(request.child_id, request.programme_id, academic_year) for request in requests]
        if not self.kept.isdisjoint(named):
            return str(Exclusion.CHILD_DECIDED.label)
        reasons = []
        for each in named:
            status = self.statuses.get(each)
            if status is None:
                reasons.append(CALLED_BACK)
            elif status.vaccination == VaccinationStatus.VACCINATED:
                reasons.append(VACCINATED)
            elif status.consent != ConsentStatus.NO_RESPONSE:
                reasons.append(ANSWERED)
            else:
                return ""
        return reasons[0]
