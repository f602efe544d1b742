"""Answers of two contacts who turn out to be one person. Decision 0070."""

from cohorts.models import Parent, ParentRelationship
from consent.models import ConsentResponse, OnlineResponse


def follow(*, stays: Parent, goes: Parent) -> None:
    """Let what one of them answered count as the other's; the details given then stay with it.

    Those about a child whom another organisation has now are not ours to count otherwise. Runs in
    the transaction that has locked the children of both. Source: consent §9.3.
    """
    ours = ConsentResponse.objects.filter(child__organisation=stays.organisation_id)
    ours.filter(parent=goes).update(parent=stays)


def keep_marks(kept: ParentRelationship, other: ParentRelationship) -> None:
    """That a match added a parent holds for the one person only if matches added both: else they
    were known otherwise, and undoing the match must not take them from the child. Who vouches for
    one of them does for the one person.
    """
    if other.is_vouched_for:
        kept.vouch()
    marked = OnlineResponse.objects.filter(added_relationship__in=[kept, other])
    if set(marked.values_list("added_relationship", flat=True)) != {kept.pk, other.pk}:
        marked.update(added_relationship=None)
