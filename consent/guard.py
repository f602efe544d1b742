"""The last look before a request leaves: what was right when it was sent off may not be now.

One that names what the child keeps from their parents asks about the rest alone.
Source: design §4.4; sessions and clinics E13, E28, E38; decisions 0064 and 0067.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from calendars.clock import london_day
from cohorts.models import Child, Contact
from consent.facts import exclusion_facts
from consent.messages import about_vaccination, consent_links
from consent.models import ConsentRequest
from consent.selectors.sessions import is_open_to_parents
from notifications.models import Message
from notifications.readdressing import CONTACT_CHANGED
from notifications.rewording import Rewording
from programmes.models import Programme
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
KEPT = str(Exclusion.CHILD_DECIDED.label)


def guard(messages: Sequence[Message], *, now: datetime) -> dict[int, str | Rewording]:
    """Message id → why it must not be sent any more, for those that must not, or what it says
    instead, for those that name what the child keeps from their parents.

    A constant number of queries for a batch of one academic year.
    """
    requests: dict[UUID, list[ConsentRequest]] = defaultdict(list)
    for request in ConsentRequest.objects.filter(
        letter__in={message.letter for message in messages}
    ):
        requests[request.letter].append(request)
    facts = _Facts(messages, [one for some in requests.values() for one in some], london_day(now))
    answers = {
        message.pk: facts.answer(message, requests.get(message.letter, [])) for message in messages
    }
    return {message_id: answer for message_id, answer in answers.items() if answer}


def what_is_left(
    message: Message, session: Session, named: Mapping[Programme, str]
) -> str | Rewording:
    """Why nothing that a message names may be asked about; else what it says instead, or empty if
    it may go as it is. `named` has for each programme why it is not open any more, or "".

    While one is open, it goes with all it names. But what the child keeps from their parents is
    never named (I9): then it asks about those alone that are open, as a request that were written
    now would, and tells nothing of the others.
    """
    left = [programme for programme, reason in named.items() if not reason]
    fallen = {programme: reason for programme, reason in named.items() if reason}
    is_kept = KEPT in fallen.values()
    if not left:
        return KEPT if is_kept else next(iter(fallen.values()), CALLED_BACK)
    if not is_kept:
        return ""
    why = "; ".join(f"{programme.name}: {reason}" for programme, reason in fallen.items())
    return Rewording(
        personalisation=message.personalisation
        | about_vaccination(left)
        | {"consent_link": consent_links(session, left)},
        note=f"written without {why}",
        left_out=frozenset(message.left_out or ()) | {programme.key for programme in fallen},
    )


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
        self.programmes = {one.key: one for one in Programme.objects.order_by("name")}
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

    def answer(self, message: Message, requests: list[ConsentRequest]) -> str | Rewording:
        """Why the message must not go, or what it says instead; empty when it may as it is."""
        if all(request.withheld_at for request in requests):
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
        asked = {request.programme_id: request for request in requests}
        named = {
            programme: self._why_not(asked[key], session.academic_year)
            for key, programme in self.programmes.items()
            if key in asked and key not in (message.left_out or ())
        }
        return what_is_left(message, session, named)

    def _why_not(self, request: ConsentRequest, academic_year: int) -> str:
        """Why a programme is not open any more; empty while it is."""
        about = (request.child_id, request.programme_id, academic_year)
        if about in self.kept:
            return KEPT
        status = self.statuses.get(about)
        if request.withheld_at or status is None:
            return CALLED_BACK
        if status.vaccination == VaccinationStatus.VACCINATED:
            return VACCINATED
        return "" if status.consent == ConsentStatus.NO_RESPONSE else ANSWERED
