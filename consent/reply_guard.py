"""The last look at a reply before it leaves. Source: design §4.4."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from cohorts.models import Child, Contact, Parent, ParentRelationship
from consent.guard import CALLED_BACK, CONTACT_CHANGED, forbidden_by_record
from consent.models import ConsentResponse
from consent.replies import TEMPLATES, WITHDRAWN, letter_of
from notifications.models import Channel, Message

ContactMethod = Parent.ContactMethod
MARKED_INVALID = "The response was marked as invalid meanwhile"
IS_WITHDRAWN = "The consent was withdrawn meanwhile"
ANSWERED_AGAIN = "The same person answered again meanwhile"


def guard(about: Sequence[Message], *, now: datetime) -> dict[int, str]:
    """Message id → why it must not be sent any more, for those that must not. Four queries.

    Nothing holds back the reply to an online answer: it goes to the address that was typed, to no
    parent on record, whether or not a child was found. Source: consent §15.
    """
    about = [message for message in about if message.child_id is not None]
    child_ids = {message.child_id for message in about}
    children = Child.objects.in_bulk(child_ids)
    responses = list(ConsentResponse.objects.filter(child_id__in=child_ids))
    by_letter = _by_letter(responses)
    methods = {
        (child_id, parent_id): method
        for child_id, parent_id, method in ParentRelationship.objects.filter(
            child__in=child_ids
        ).values_list("child_id", "parent_id", "parent__contact_method")
    }
    contacts = set(
        Contact.objects.filter(child__in=child_ids).values_list("child_id", "channel", "recipient")
    )
    reasons = {}
    for message in about:
        response = by_letter.get(message.letter)
        reason = _why_not(message, children[message.child_id], response, responses)
        if response and not reason and not _still_reaches(message, response, methods, contacts):
            reason = CONTACT_CHANGED
        reasons[message.pk] = reason
    return {message_id: reason for message_id, reason in reasons.items() if reason}


def goes_where_it_was_given(about: Sequence[Message]) -> set[int]:
    """The ids of the replies that go to an address given with the very answer. One query."""
    child_ids = {message.child_id for message in about}
    by_letter = _by_letter(ConsentResponse.objects.filter(child_id__in=child_ids))
    return {
        message.pk
        for message in about
        if message.letter in by_letter and _was_given(message, by_letter[message.letter])
    }


def _by_letter(responses: Iterable[ConsentResponse]) -> dict[UUID, ConsentResponse]:
    return {
        letter_of(response.public_id, template): response
        for response in responses
        for template in TEMPLATES
    }


def _was_given(message: Message, response: ConsentResponse) -> bool:
    return message.recipient in (response.email, response.phone)


def _why_not(
    message: Message,
    child: Child,
    response: ConsentResponse | None,
    others: Sequence[ConsentResponse],
) -> str:
    if response is None:
        return CALLED_BACK if message.parent_id is not None else ""
    if reason := forbidden_by_record(child):
        return reason
    if response.invalidated_at is not None:
        return MARKED_INVALID
    if message.template != WITHDRAWN and response.withdrawn_at is not None:
        return IS_WITHDRAWN
    return ANSWERED_AGAIN if any(other.replaces(response) for other in others) else ""


def _still_reaches(
    message: Message,
    response: ConsentResponse,
    methods: Mapping[tuple[int | None, int | None], str],
    contacts: Collection[tuple[int, str, str]],
) -> bool:
    """Whether it goes to a parent of the child, where they can be written to, or as they just
    said. Nothing is texted to whom only a voice reaches.
    """
    method = methods.get((message.child_id, response.parent_id))
    if method is None or (message.channel == Channel.TEXT and method == ContactMethod.VOICE):
        return False
    return (
        _was_given(message, response)
        or (message.child_id, message.channel, message.recipient) in contacts
    )
