"""Asking a child's parents for consent by hand. Source: consent §8.2; sessions and clinics §7."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction

from accounts.models import User
from calendars.clock import london_day
from cohorts.models import Child, Contact
from consent import messages, rules
from consent.models import ConsentRequest
from consent.selectors.facts import child_facts
from consent.selectors.requests import latest_letter
from consent.selectors.sessions import programmes_of
from notifications import outbox
from notifications.models import Channel, Lane, Message
from programmes.models import Programme
from sessions_app.models import Session

JUST_SENT = "A request was sent less than a minute ago. Nothing more was sent."


class RequestNotPossible(Exception):
    """No request may be sent now; the message is a sentence for the page."""


class RepeatNotConfirmed(Exception):
    """A request went less than a day ago, and nobody said that another one is wanted."""


@dataclass(frozen=True)
class Asked:
    """What a request came to."""

    parents: int
    messages: int


@transaction.atomic
def send_request(
    *,
    child: Child,
    session: Session,
    form_token: UUID,
    is_repeat_confirmed: bool,
    now: datetime,
    by: User,
) -> Asked:
    """Ask every parent who can be written to about each programme nobody has answered for.

    `session` was fetched `with_days`. One form asks once: the same `form_token` again, as after
    a double click, changes nothing and returns what the first did. Every condition is looked at
    anew. Raises RequestNotPossible or RepeatNotConfirmed (E28, E29).
    """
    child = Child.objects.lock(child.pk)
    letter = uuid5(form_token, f"{session.pk}/{child.pk}")
    if ConsentRequest.objects.filter(letter=letter).exists():
        return _asked(Message.objects.filter(letter=letter))
    today = london_day(now)
    facts = child_facts(child, session, today=today)
    if reason := rules.why_no_request(facts, today=today):
        raise RequestNotPossible(reason)
    last = latest_letter(child)
    last_at = last.requested_at if last else None
    if rules.is_double_click(latest_request_at=last_at, now=now):
        raise RequestNotPossible(JUST_SENT)
    if not is_repeat_confirmed and rules.is_repeat(latest_request_at=last_at, now=now):
        raise RepeatNotConfirmed
    wanted = {programme.key for programme in facts.to_be_asked}
    programmes = [found for found in programmes_of(session) if found.key in wanted]
    ConsentRequest.objects.bulk_create(
        ConsentRequest(
            letter=letter,
            child=child,
            programme=programme,
            session=session,
            requested_at=now,
            requested_by=by,
        )
        for programme in programmes
    )
    letters = _letters(child, session, programmes, letter=letter, now=now, by=by)
    outbox.queue_all(letters, now=now)
    return _asked(letters)


def _letters(
    child: Child,
    session: Session,
    programmes: list[Programme],
    *,
    letter: UUID,
    now: datetime,
    by: User,
) -> list[Message]:
    """One message to each address; parents who share one get one. Source: §6.4 and E7."""
    values = {
        str(channel): messages.personalisation(
            child, session, programmes, today=messages.read_on(channel, now)
        )
        for channel in Channel
    }
    contacts = {
        (contact.channel, contact.recipient): contact
        for contact in Contact.objects.filter(child=child, is_asked=True).order_by("-parent_id")
    }
    return [
        Message(
            letter=letter,
            template=messages.template_for(session),
            channel=contact.channel,
            recipient=contact.recipient,
            personalisation=values[contact.channel],
            organisation_id=session.organisation_id,
            child=child,
            parent_id=contact.parent_id,
            session_id=session.pk,
            sent_by=by,
            lane=Lane.URGENT,
            due_at=now,
        )
        for contact in contacts.values()
    ]


def _asked(sent: Iterable[Message]) -> Asked:
    parents = [message.parent_id for message in sent]
    return Asked(parents=len(set(parents)), messages=len(parents))
