"""Requests that were sent, and whom a new one would reach."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from cohorts.models import Child, Contact, Parent, ParentRelationship
from cohorts.parent_rules import strangers
from consent.models import ConsentRequest
from notifications.models import Channel

NEW = "A new contact, whom nobody has confirmed yet"


def latest_request(child: Child) -> ConsentRequest | None:
    """The last request whose messages were not all held back, for whichever session."""
    return _sent(child).filter(kind=ConsentRequest.Kind.REQUEST).first()


def latest_letter(child: Child) -> ConsentRequest | None:
    """The last request or reminder."""
    return _sent(child).first()


def _sent(child: Child) -> QuerySet[ConsentRequest]:
    return (
        ConsentRequest.objects.filter(child=child, withheld_at__isnull=True)
        .select_related("requested_by")
        .order_by("-requested_at", "-pk")
    )


@dataclass(frozen=True)
class Address:
    """One way to write to a parent; `value` is empty where it must not be seen."""

    channel: str
    value: str

    @property
    def label(self) -> str:
        return Channel(self.channel).label


@dataclass(frozen=True)
class Recipient:
    """A parent, and how a request reaches them: not at all where there are no addresses, be it that
    they are `new` and others are asked.
    """

    name: str
    relationship: str
    addresses: Sequence[Address]
    is_new: bool
    why_not: str


def recipients(child: Child) -> list[Recipient]:
    """Each parent of a child with the addresses a request goes to; two queries. It goes to nobody
    whom nobody vouches for, as long as it reaches somebody else.
    """
    addresses: dict[int, list[Address]] = {}
    for contact in Contact.objects.filter(child=child, is_asked=True).order_by("channel"):
        value = "" if child.is_restricted else contact.recipient
        addresses.setdefault(contact.parent_id, []).append(Address(contact.channel, value))
    on_record = list(ParentRelationship.objects.filter(child=child).select_related("parent"))
    others_are_asked = any(one.is_vouched_for and one.parent_id in addresses for one in on_record)
    new = strangers(on_record) if others_are_asked else []
    return [
        Recipient(
            name=relationship.parent.display_name,
            relationship=relationship.label,
            addresses=addresses.get(relationship.parent_id, []),
            is_new=relationship in new,
            why_not=NEW if relationship in new else _why_not(relationship.parent),
        )
        for relationship in on_record
    ]


def _why_not(parent: Parent) -> str:
    """Why a parent without a usable address has none."""
    if not parent.email and not parent.phone:
        return "No contact details"
    if parent.email_failed_at or parent.phone_failed_at:
        return "Earlier messages could not be delivered"
    if parent.contact_method == Parent.ContactMethod.VOICE:
        return "Can only receive voice calls"
    return "The phone number cannot receive texts"
