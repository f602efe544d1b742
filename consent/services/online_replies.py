"""Confirming an online answer to who gave it, once, whatever happens twice.

Source: consent §2.7, §12 and §15.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from cohorts.formats import UK_MOBILE
from cohorts.models import Child
from consent import online_replies, replies
from consent.models import OnlineResponse
from consent.selectors.online import online_outcome
from heartbeats import faults
from notifications import linking, outbox
from notifications.models import Channel, Lane, Message
from sessions_app.models import Session

logger = logging.getLogger(__name__)

# A family answers for some children, on some forms. More within a day to one address is abuse.
MOST_A_DAY = 20
_DAY = timedelta(days=1)
# How late a reply that was overlooked still makes sense.
LATEST = timedelta(days=7)


@transaction.atomic
def confirm(response_id: int, *, now: datetime) -> int:
    """Queue the replies to an online answer, unless that was done; how many messages.

    They go to the address that the parent typed, and as texts if they wanted those, whether or
    not the child was found: to those whose record is sensitive or who died, too (consent §15).
    """
    response = (
        OnlineResponse.objects.select_for_update(of=("self",), no_key=True)
        .select_related("school")
        .prefetch_related("decisions__programme")
        .get(pk=response_id)
    )
    if response.confirmation_sent_at is not None:
        return 0
    sessions = Session.objects.select_related("organisation", "location__team")
    response.session = sessions.get(pk=response.session_id)
    outcome = online_outcome(response)
    sorted_decisions = online_replies.sorted_by_reply(list(response.decisions.all()), outcome)
    messages = [
        Message(
            letter=replies.letter_of(response.public_id, template),
            template=template,
            channel=channel,
            recipient=recipient,
            personalisation=online_replies.personalisation(
                template, response, decisions, channel=channel
            ),
            organisation_id=response.organisation_id,
            child_id=response.child_id,
            session_id=response.session_id,
            lane=Lane.URGENT,
            due_at=now,
        )
        for template, decisions in sorted_decisions.items()
        for channel, recipient in _typed_addresses(response)
        if channel == Channel.EMAIL or template in replies.TEXTED
    ]
    queued = outbox.queue_all(messages, now=now)
    response.confirmation_sent_at = now
    response.save(update_fields=["confirmation_sent_at"])
    return queued


def confirm_overlooked(*, before: datetime, now: datetime) -> int:
    """Confirm the answers recorded before an instant that nobody confirmed yet; how many messages.

    A fault of one keeps no other waiting; SomeFailed is raised at the end.
    """
    overlooked = OnlineResponse.objects.filter(
        confirmation_sent_at__isnull=True, recorded_at__lt=before, recorded_at__gt=now - LATEST
    )
    return faults.each(
        list(overlooked.order_by("pk").values_list("pk", flat=True)),
        lambda response_id: confirm(response_id, now=now),
        what="Confirming online response",
    )


def link_with_child(response: OnlineResponse) -> int:
    """Have the replies to a matched answer told in the log of its child; how many there were."""
    assert response.child_id is not None
    return linking.link(letters_of(response), child_id=response.child_id)


def unlink_from_child(response: OnlineResponse, child: Child) -> int:
    """Take the replies to an answer from a child whom it is not about; how many there were."""
    return linking.unlink(letters_of(response), child_id=child.pk)


def letters_of(response: OnlineResponse) -> list[UUID]:
    """The occasions of all the replies that an answer may have got."""
    return [replies.letter_of(response.public_id, name) for name in replies.TEMPLATES]


def _typed_addresses(response: OnlineResponse) -> list[tuple[str, str]]:
    """The channel and address of each way to reply, without those written to all day long."""
    addresses = []
    if not _is_flooded(response, email=response.email):
        addresses.append((Channel.EMAIL, response.email))
    if (
        response.wants_text_updates
        and UK_MOBILE.fullmatch(response.phone)
        and response.contact_method != OnlineResponse.ContactMethod.VOICE
        and not _is_flooded(response, phone=response.phone)
    ):
        addresses.append((Channel.TEXT, response.phone))
    return addresses


def _is_flooded(response: OnlineResponse, **address: str) -> bool:
    """Whether so many answers came in from an address within a day that somebody plays."""
    earlier = OnlineResponse.objects.filter(
        **address,
        recorded_at__gt=response.recorded_at - _DAY,
        recorded_at__lte=response.recorded_at,
        pk__lt=response.pk,
    )
    is_flooded = earlier.count() >= MOST_A_DAY
    if is_flooded:
        logger.warning("Online response %s: too many today to reply by it", response.pk)
    return is_flooded
