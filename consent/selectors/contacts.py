"""The people who may answer for a child, and where they get updates."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from cohorts.models import Child, Contact, Parent, ParentRelationship
from cohorts.parent_rules import strangers
from consent.models import ConsentResponse, ResponseChange
from notifications.models import Channel

# Who answers, besides the contacts that are known by their id.
NEW_CONTACT = "new"
CHILD = "child"
CHILD_LABEL = "Child (Gillick competent)"


@dataclass(frozen=True)
class KnownContact:
    """A parent of a child, or somebody who answered for the child before."""

    parent: Parent
    relationship: str


def known_contacts(child: Child) -> list[KnownContact]:
    """The child's parents, then earlier responders who are none any more; two queries.

    Only those whom the child's present organisation holds: after a move, who answered before is
    the other organisation's contact, and theirs alone to read and to change. Who answered for
    another child, as was found out, is no contact of this one.
    """
    ours = {"child": child, "parent__organisation": child.organisation_id}
    contacts = {
        relationship.parent_id: KnownContact(relationship.parent, relationship.label)
        for relationship in ParentRelationship.objects.filter(**ours).select_related("parent")
    }
    for response in (
        ConsentResponse.objects.filter(**ours)
        .exclude(parent__in=contacts)
        .exclude(changes__kind=ResponseChange.Kind.UNMATCHED)
        .select_related("parent")
        .order_by("-responded_at", "-pk")
    ):
        contacts.setdefault(
            response.parent_id, KnownContact(response.parent, response.relationship)
        )
    return list(contacts.values())


def strangers_of(child: Child) -> set[int]:
    """The ids of the parents whom nobody vouches for, see `parent_rules.strangers`; one query."""
    on_record = list(ParentRelationship.objects.filter(child=child).select_related("parent"))
    return {one.parent_id for one in strangers(on_record)}


def contacts_for_updates(child_ids: Collection[int]) -> QuerySet[Contact]:
    """Where parents read what is neither an invitation nor a request: by email, and by text if
    they asked for updates that way.

    Source: consent §12; sessions and clinics §6.4.
    """
    return Contact.objects.filter(
        ~Q(channel=Channel.TEXT) | Q(parent__wants_text_updates=True), child__in=child_ids
    ).order_by("child_id", "channel", "recipient", "parent_id")
