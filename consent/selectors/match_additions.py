"""What a match added to a child's record: the parent who answered, or the record itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from activity.models import Entry
from cohorts.models import Child, ParentRelationship
from consent.models import ConsentResponse, OnlineResponse, UndoneMatch
from consent.services.attaching import PARENT_ADDED
from consent.services.matching import RECORD_SOURCE


@dataclass(frozen=True)
class Tie:
    """What ties the parent who gave a response to the child.

    `is_added`: the match added them; `is_leaving`: they leave with it. `other`: the oldest other
    response of theirs that is matched with the child and counts.
    """

    relationship: ParentRelationship
    is_added: bool
    is_leaving: bool
    other: OnlineResponse | None


def tie_of(
    response: OnlineResponse, child: Child, consents: Sequence[ConsentResponse]
) -> Tie | None:
    """The parent of the child who gave the response, if they are on record. They leave with its
    match if that added them, and nothing else that still counts says that they are a parent of
    this child. At most three queries.
    """
    relationship = (
        ParentRelationship.objects.filter(
            child=child, parent__in={consent.parent_id for consent in consents}
        )
        .select_related("parent")
        .first()
    )
    if relationship is None:
        return None
    others = ConsentResponse.objects.filter(
        child=child, parent=relationship.parent_id, invalidated_at__isnull=True
    ).exclude(pk__in=[consent.pk for consent in consents])
    is_added = relationship.pk == response.added_relationship_id
    other = OnlineResponse.objects.filter(child=child, decisions__consent__in=others)
    return Tie(
        relationship,
        is_added=is_added,
        is_leaving=is_added and not others.exists(),
        other=other.order_by("matched_at", "pk").first(),
    )


@dataclass(frozen=True)
class Logged:
    """Whether the activity log says that a match with the child added the parent who gave a
    response, and that the match of that response made the record.
    """

    parent: bool
    record: bool


def logged_of(response: OnlineResponse, child: Child) -> Logged:
    """What the activity log knows where a response does not say it of itself: it was matched before
    that was kept, or the parent was removed since, and came back. One query.
    """
    undone = UndoneMatch.objects.filter(child=child).values("matched_at")
    entries = list(
        child.activity.filter(kind=Entry.Kind.RECORD)
        .filter(Q(at=response.matched_at) | Q(at__in=undone))
        .values_list("title", "body", "at")
    )
    added = f"{PARENT_ADDED}{response.parent_name} (".casefold()
    return Logged(
        parent=any(title.casefold().startswith(added) for title, _, _ in entries),
        record=any(body == RECORD_SOURCE and at == response.matched_at for _, body, at in entries),
    )
