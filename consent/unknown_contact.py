"""Telling the parents on record that somebody with other contact details answered.

Source: consent §3 and §12, `Unknown contact details`; lessons I24.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from cohorts.models import Child, Contact
from consent import messages
from consent.guard import CONTACT_CHANGED, forbidden_by_record
from consent.models import OnlineResponse
from consent.selectors.contacts import contacts_for_updates
from notifications import outbox
from notifications.models import Lane, Message
from sessions_app.rules import when_jobs_write

logger = logging.getLogger(__name__)

TEMPLATE = "consent_unknown_contact"
# Warned so often, parents have phoned, or want to be left in peace.
MOST_A_DAY = 3
_DAY = timedelta(days=1)
ABOUT_ANOTHER = "The response turned out to be about another child"


def letter_of(response: OnlineResponse) -> UUID:
    """The one occasion of a warning about a response."""
    return uuid5(response.public_id, TEMPLATE)


def contacts_of(child: Child) -> list[Contact]:
    """Where the parents on record are warned, each address once: by email, and by text if they
    asked for updates that way. Nowhere if they must not be written to: about who died, or whose
    record is sensitive or invalid.
    """
    if forbidden_by_record(child):
        return []
    contacts = {
        (contact.channel, contact.recipient): contact
        for contact in contacts_for_updates([child.pk]).filter(is_asked=True).order_by("-parent_id")
    }
    return list(contacts.values())


def warn(
    contacts: Sequence[Contact], response: OnlineResponse, child: Child, *, now: datetime
) -> None:
    """Queue one warning to each of the contacts, however often asked for; at night for nine.

    None where they have been warned so often within a day that somebody plays: staff see every
    answer, and the record marks who gave it. Source: consent §15.
    """
    if _is_flooded(child, response, now=now):
        logger.warning("Online response %s: too many today to warn of it", response.pk)
        return
    programmes = sorted(
        (decision.programme for decision in response.decisions.all()), key=lambda one: one.name
    )
    values = messages.about(child, response.session, programmes)
    outbox.queue_all(
        [
            Message(
                letter=letter_of(response),
                template=TEMPLATE,
                channel=contact.channel,
                recipient=contact.recipient,
                personalisation=values,
                organisation_id=response.organisation_id,
                child=child,
                parent_id=contact.parent_id,
                session_id=response.session_id,
                lane=Lane.URGENT,
                due_at=when_jobs_write(now),
            )
            for contact in contacts
        ],
        now=now,
    )


def _is_flooded(child: Child, response: OnlineResponse, *, now: datetime) -> bool:
    lately = Message.objects.filter(child=child, template=TEMPLATE, created_at__gt=now - _DAY)
    earlier = lately.exclude(letter=letter_of(response)).order_by()
    return earlier.values("letter").distinct().count() >= MOST_A_DAY


def guard(queued: Sequence[Message], *, now: datetime) -> dict[int, str]:
    """Message id → why it must not be sent any more: three queries for a batch."""
    child_ids = {message.child_id for message in queued}
    children = Child.objects.in_bulk(child_ids)
    matched = {
        (response.child_id, letter_of(response))
        for response in OnlineResponse.objects.filter(child__in=child_ids)
    }
    present = set(contacts_for_updates(child_ids).values_list("child_id", "channel", "recipient"))
    reasons = {}
    for message in queued:
        reason = forbidden_by_record(children[message.child_id])
        if not reason and (message.child_id, message.letter) not in matched:
            reason = ABOUT_ANOTHER
        if not reason and (message.child_id, message.channel, message.recipient) not in present:
            reason = CONTACT_CHANGED
        if reason:
            reasons[message.pk] = reason
    return reasons
