"""Whose parents were told of a visit that does not take place on that day any more, and where.

The number of queries does not depend on how many children a school has.
"""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from cohorts.models import Child, Contact
from consent.facts import exclusion_facts
from consent.guard import CONTACT_CHANGED, LEFT_SESSION, forbidden_by_record
from consent.models import SessionReminder
from notifications.models import Message
from sessions_app.choices import Exclusion
from sessions_app.models import Membership, Session

# What was not sent: held back, and what waits, whose guard looks once more.
UNSENT = (Message.Status.WAITING, Message.Status.WITHHELD)
# What nobody has read.
UNREAD = (Message.Status.WAITING, *Message.REACHED_NOBODY)


class Told(NamedTuple):
    """That a parent was told of a day at an address, and of which vaccination."""

    reminder_id: int
    date: date
    child_id: int
    channel: str
    recipient: str
    parent_id: int | None
    vaccination: str


def corrections_that_wait(session: Session, *, today: date) -> QuerySet[SessionReminder]:
    """The reminders of today or later that a message takes back of which nothing was sent yet."""
    sent = Message.objects.filter(letter=OuterRef("correction")).exclude(status__in=UNSENT)
    again = SessionReminder.objects.standing().filter(
        child=OuterRef("child"), date=OuterRef("date")
    )
    return SessionReminder.objects.filter(
        ~Exists(sent),
        ~Exists(again),
        session=session,
        date__gte=today,
        withheld_at=None,
        correction__isnull=False,
    )


def told_in_vain(session: Session, days: Collection[date], *, today: date) -> list[Told]:
    """Where parents were told of a day, today's or a later one, that is not among these, and may be
    told that it is off. In the order of the children; each address once for a day.
    """
    of_session = SessionReminder.objects.filter(session=session, date__gte=today)
    waiting = corrections_that_wait(session, today=today).values("pk")
    reminders = {
        reminder.letter: reminder
        for reminder in (of_session.standing() | of_session.filter(pk__in=waiting)).exclude(
            date__in=days
        )
    }
    messages = Message.objects.filter(letter__in=reminders).exclude(status__in=UNREAD)
    may_be_told = MayBeTold({one.child_id for one in reminders.values()}, [session], today=today)
    told: dict[tuple, Told] = {}
    for message in messages.order_by("child_id", "pk"):
        reminder = reminders[message.letter]
        if not may_be_told.why_not(reminder, session, message):
            address = (reminder.pk, message.channel, message.recipient)
            told.setdefault(
                address,
                Told(
                    reminder.pk,
                    reminder.date,
                    reminder.child_id,
                    message.channel,
                    message.recipient,
                    message.parent_id,
                    message.personalisation["vaccination"],
                ),
            )
    return list(told.values())


class MayBeTold:
    """Who among these children's parents may be told that a visit of these sessions is off."""

    def __init__(self, child_ids: Collection[int], sessions: Collection[Session], *, today: date):
        self.children = Child.objects.in_bulk(sorted(child_ids))
        self.members = set(
            Membership.objects.filter(
                child__in=child_ids, session__in=sessions, left_at__isnull=True
            ).values_list("session_id", "child_id")
        )
        self.contacts = set(
            Contact.objects.filter(child__in=child_ids).values_list(
                "child_id", "channel", "recipient"
            )
        )
        self.kept = {
            (*pair, year)
            for year in {session.academic_year for session in sessions}
            for pair, reason in exclusion_facts(child_ids, year, today).items()
            if reason == Exclusion.CHILD_DECIDED
        }

    def why_not(self, reminder: SessionReminder, session: Session, message: Message) -> str:
        """Why nobody is told at the address of a message; empty where they may."""
        child_id = reminder.child_id
        if reason := forbidden_by_record(self.children[child_id]):
            return reason
        if (session.pk, child_id) not in self.members:
            return LEFT_SESSION
        if (child_id, message.channel, message.recipient) not in self.contacts:
            return CONTACT_CHANGED
        year = session.academic_year
        # A letter that names what the child keeps from their parents never goes (I9).
        if any((child_id, key, year) in self.kept for key in reminder.programmes):
            return str(Exclusion.CHILD_DECIDED.label)
        return ""
