"""The last look before a reminder of a session leaves: it must still be tomorrow's, the child still
ready, and its reader still one who agreed. It names what is true then. Source: design §4.4; I7.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from calendars.clock import london_day
from cohorts.models import Child
from consent.guard import (
    CALLED_BACK,
    CONTACT_CHANGED,
    LEFT_SESSION,
    VACCINATED,
    forbidden_by_record,
)
from consent.messages import about_vaccination
from consent.models import SessionReminder
from consent.selectors.contacts import contacts_for_updates
from consent.selectors.reminding import Address, Addressee, addressees
from consent.status_rules import may_be_vaccinated
from consent.triage_guard import DECIDED_OTHERWISE, NO_LONGER_GIVEN
from notifications.models import Message
from notifications.rewording import Rewording
from programmes.models import Programme
from sessions_app import statuses
from sessions_app.choices import ConsentStatus, Exclusion, VaccinationStatus
from sessions_app.models import Membership, Session
from sessions_app.selectors.lists import days_of
from sessions_app.statuses import Status

SESSION_CLOSED = "The session is closed"
DATE_CHANGED = "The session is no longer on that date"
DAY_HAS_COME = "The day of the session has come"
NOT_OFFERED = "The vaccination is no longer offered"


def reminder_guard(messages: Sequence[Message], *, now: datetime) -> dict[int, str | Rewording]:
    """Message id → why it must not be sent any more, for those that must not, or what it says
    instead, for those that would name other vaccinations now.

    A constant number of queries for a batch of one academic year.
    """
    facts = _Facts(messages, london_day(now))
    answers = {message.pk: facts.answer(message) for message in messages}
    return {message_id: answer for message_id, answer in answers.items() if answer}


class _Facts:
    """What is true now of the children and sessions of a batch of reminders."""

    def __init__(self, messages: Sequence[Message], today: date):
        self.today = today
        child_ids = sorted({message.child_id for message in messages})
        self.reminders = {
            reminder.letter: reminder
            for reminder in SessionReminder.objects.filter(
                letter__in={message.letter for message in messages}, withheld_at__isnull=True
            )
        }
        self.children = Child.objects.in_bulk(child_ids)
        sessions = Session.objects.filter(pk__in={one.session_id for one in self._all()})
        self.sessions = {session.pk: session for session in sessions.with_days()}
        self.members = set(
            Membership.objects.filter(
                child_id__in=child_ids, session__in=self.sessions, left_at__isnull=True
            ).values_list("session_id", "child_id")
        )
        contacts = contacts_for_updates(child_ids)
        self.contacts = set(contacts.values_list("child_id", "channel", "recipient"))
        self.programmes = {one.key: one for one in Programme.objects.order_by("name")}
        self.statuses: dict[tuple[int, str, int], Status] = {}
        self.addressees: dict[tuple[int, Address], Addressee] = {}
        for year in {session.academic_year for session in self.sessions.values()}:
            of_year = statuses.compute(child_ids, year, today=today)
            self.statuses |= {(one.child_id, one.programme_id, year): one for one in of_year}
            ready = [(one.child_id, one.programme_id) for one in of_year if not _unready(one)]
            found = addressees(ready, year, today=today)
            self.addressees |= {(year, address): one for address, one in found.items()}

    def _all(self) -> list[SessionReminder]:
        return list(self.reminders.values())

    def answer(self, message: Message) -> str | Rewording:
        """Why the message must not go, or what it says instead; empty when it may as it is."""
        reminder = self.reminders.get(message.letter)
        if reminder is None:
            return CALLED_BACK
        session = self.sessions[reminder.session_id]
        if reason := forbidden_by_record(self.children[message.child_id]):
            return reason
        if session.is_closed:
            return SESSION_CLOSED
        if reminder.correction or reminder.date not in days_of(session):
            return DATE_CHANGED
        if reminder.date <= self.today:
            return DAY_HAS_COME
        if (session.pk, message.child_id) not in self.members:
            return LEFT_SESSION
        if (message.child_id, message.channel, message.recipient) not in self.contacts:
            return CONTACT_CHANGED
        return self._what_is_left(message, reminder, session.academic_year)

    def _what_is_left(
        self, message: Message, reminder: SessionReminder, year: int
    ) -> str | Rewording:
        """Why the message would name no vaccination now, or other ones in which words; empty when
        it says what is true.
        """
        address = Address(message.child_id, message.channel, message.recipient)
        reader = self.addressees.get((year, address))
        still = reader.programmes & set(reminder.programmes) if reader else set()
        if still:
            vaccination = self._named(still)
            if vaccination == message.personalisation["vaccination"]:
                return ""
            return Rewording(
                personalisation=message.personalisation | {"vaccination": vaccination},
                note=f"written anew: it is about the {vaccination} now",
            )
        for programme in reminder.programmes:
            status = self.statuses.get((message.child_id, programme, year))
            reason = NOT_OFFERED if status is None else _unready(status)
            if reason:
                return reason
        return NO_LONGER_GIVEN

    def _named(self, keys: Collection[str]) -> str:
        named = [one for key, one in self.programmes.items() if key in keys]
        return about_vaccination(named)["vaccination"]


def _unready(status: Status) -> str:
    """Why a child is not ready for a programme; empty when they are."""
    if status.vaccination == VaccinationStatus.VACCINATED:
        return VACCINATED
    if status.consent != ConsentStatus.GIVEN:
        return NO_LONGER_GIVEN
    if not may_be_vaccinated(consent=status.consent, triage=status.triage):
        return DECIDED_OTHERWISE
    return str(Exclusion(status.exclusion).label) if status.exclusion else ""
