"""Adding a parent to a child's record. Source: cohorts and imports §10, consent §3.

Whoever is a parent of a brother or sister already is one person, shared by their records, but only
where nothing that was typed gets lost by it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction

from accounts.models import User
from activity import services as activity
from activity.models import Entry
from cohorts.models import Child, Parent, ParentRelationship
from cohorts.parent_rules import is_same_person
from cohorts.signals import children_changed
from consent.services import vouching
from records.parents import ParentDetails, details_of


class OnRecordOtherwise(Exception):
    """The person is on record already, and not as typed.

    `relationship` is that on record, of this child or of a brother or sister; `differing` says
    what differs, by the keys of `parents.LABELS`.
    """

    def __init__(self, relationship: ParentRelationship, differing: Collection[str]) -> None:
        super().__init__(", ".join(differing))
        self.relationship = relationship
        self.differing = differing


@transaction.atomic
def add_parent(*, child: Child, details: ParentDetails, by: User, now: datetime) -> bool:
    """Add a parent to a child's record; whether it did not have them as typed yet.

    A parent of another child of the organisation with that very name and address is the same
    person, and shared. Raises OnRecordOtherwise if texts or contact needs differ, or what a parent
    of this child has. Who is no child's parent any more comes back as typed. An address that
    failed and is given again is tried again.
    """
    candidates = Parent.objects.shareable(child.organisation_id).filter(email=details.email)
    family = ParentRelationship.objects.filter(parent__in=candidates) if details.email else []
    Child.objects.lock_all({child.pk, *(one.child_id for one in family)})
    child = Child.objects.get(pk=child.pk)
    if _has_already(child, details):
        return False
    sharing = list(candidates.lock().order_by("pk")) if details.email else []
    same = [one for one in sharing if is_same_person(one, details, is_of_child=False)]
    parent = _shared(same, child, details) or Parent.objects.create(
        organisation_id=child.organisation_id, **details.of_the_person
    )
    siblings = _tried_again(parent, by=by, now=now)
    relationship = ParentRelationship.objects.create(
        child=child, parent=parent, kind=details.kind, other_name=details.other_name
    )
    activity.record(
        child_id=child.pk,
        organisation_id=child.organisation_id,
        kind=Entry.Kind.RECORD,
        title=f"Parent or guardian added: {parent.display_name} ({relationship.label})",
        by=by,
        now=now,
    )
    children_changed.send(Parent, child_ids=sorted({child.pk, *siblings}), by=by, now=now)
    return True


def _has_already(child: Child, details: ParentDetails) -> bool:
    """Whether the record has the person just so, whom this vouches for.

    Raises OnRecordOtherwise.
    """
    known = [
        one
        for one in child.relationships.select_related("parent", "child")
        if is_same_person(one.parent, details, is_of_child=True)
    ]
    differing = [_lost(details, details_of(one)) for one in known]
    if known and all(differing):
        raise OnRecordOtherwise(known[0], differing[0])
    for one in known:
        vouching.vouch(one)
    return bool(known)


def _lost(typed: ParentDetails, stored: ParentDetails) -> list[str]:
    """What the record would not say as it was typed."""
    new, old = typed.in_words(), stored.in_words()
    filled = [key for key in ("email", "phone") if new[key] and new[key] != old[key]]
    if typed.full_name and not stored.full_name:
        filled.insert(0, "full_name")
    if new["relationship"] != old["relationship"]:
        filled.append("relationship")
    # Both belong to a number, and nothing was said of them without one.
    about_phone = ("texts", "needs") if typed.phone else ()
    return filled + [key for key in about_phone if new[key] != old[key]]


def _shared(same: Sequence[Parent], child: Child, details: ParentDetails) -> Parent | None:
    """Of those who are the same person, who agrees in all that was typed. Raises OnRecordOtherwise
    if nobody does.
    """
    seen = (
        ParentRelationship.objects.filter(
            parent__in=same,
            child__organisation=child.organisation_id,
            child__restricted_at__isnull=True,
        )
        .select_related("parent", "child")
        .order_by("pk")
    )
    refused = None
    for relationship in seen:
        stored = details_of(relationship)
        differing = [key for key in _lost(details, stored) if key != "relationship"]
        if not differing:
            return next(one for one in same if one.pk == relationship.parent_id)
        refused = refused or OnRecordOtherwise(relationship, differing)
    if refused:
        raise refused
    if not same:
        return None
    same[0].correct(**details.of_the_person)
    return same[0]


def _tried_again(parent: Parent, *, by: User, now: datetime) -> list[int]:
    """Take an address that was given again for a good one; the children whom that concerns."""
    given_again = [
        address
        for address, failed_at in (
            (parent.email, parent.email_failed_at),
            (parent.phone, parent.phone_failed_at),
        )
        if failed_at
    ]
    if not given_again:
        return []
    parent.email_failed_at = parent.phone_failed_at = None
    parent.save(update_fields=["email_failed_at", "phone_failed_at"])
    children = list(Child.objects.filter(relationships__parent=parent).order_by("pk"))
    activity.record_all(
        activity.entry(
            child_id=child.pk,
            organisation_id=child.organisation_id,
            kind=Entry.Kind.RECORD,
            title="Messages to a parent or guardian are tried again",
            body=f"{parent.display_name} gave the same details again: {', '.join(given_again)}",
            is_contact_detail=True,
            by=by,
            now=now,
        )
        for child in children
    )
    return [child.pk for child in children]
