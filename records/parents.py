"""Correcting and removing a parent on a child's record. Source: cohorts and imports §10.

Whoever writes to parents hears of it by `children_changed`: what waits follows to a corrected
address, guards hold back what waits for a removed one, and what is due to a new one is planned.
"""

import json
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from hashlib import sha256

from django.db import transaction

from accounts.models import User
from activity import services as activity
from activity.models import Entry
from cohorts.models import Child, Parent, ParentRelationship
from cohorts.signals import children_changed
from consent.services import vouching
from govuk.filters import phone as phone_as_written
from notifications import readdressing

LABELS = {
    "full_name": "Full name",
    "relationship": "Relationship",
    "email": "Email address",
    "phone": "Phone number",
    "texts": "Text updates",
    "needs": "Contact needs",
}


class ParentGone(Exception):
    """The parent was removed from the child meanwhile."""


class ChangedMeanwhile(Exception):
    """Somebody else changed the parent since the page was opened."""


@dataclass(frozen=True)
class ParentDetails:
    """A parent as the record of a child has them, in the stored form."""

    full_name: str
    kind: str
    other_name: str
    email: str
    phone: str
    wants_text_updates: bool
    contact_method: str
    contact_method_details: str

    def in_words(self) -> dict[str, str]:
        """What people read of it, by what it is."""
        relationship = ParentRelationship(kind=self.kind, other_name=self.other_name)
        method = Parent(contact_method=self.contact_method).get_contact_method_display()
        return {
            "full_name": self.full_name,
            "relationship": relationship.label,
            "email": self.email,
            "phone": phone_as_written(self.phone) if self.phone else "",
            "texts": "Yes" if self.wants_text_updates else "No",
            "needs": ": ".join(filter(None, [method, self.contact_method_details])),
        }

    def has(self, key: str) -> bool:
        """Whether anything is known of it; texts and needs belong to a number."""
        return bool(self.phone) if key in ("texts", "needs") else bool(self.in_words()[key])

    @property
    def of_the_person(self) -> dict[str, str | bool]:
        """What is the same for all their children, by field of the parent."""
        values = asdict(self)
        return {name: values[name] for name in values if name not in ("kind", "other_name")}

    @property
    def fingerprint(self) -> str:
        """Changes as soon as anything of it does: what a form carries of what it showed."""
        return sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


def details_of(relationship: ParentRelationship) -> ParentDetails:
    """What the record says of a parent, fetched with the relationship."""
    parent = relationship.parent
    own = {"kind": relationship.kind, "other_name": relationship.other_name}
    return ParentDetails(
        **{
            field.name: own[field.name] if field.name in own else getattr(parent, field.name)
            for field in fields(ParentDetails)
        }
    )


@transaction.atomic
def change_parent(
    *,
    relationship: ParentRelationship,
    details: ParentDetails,
    seen: str,
    by: User,
    now: datetime,
) -> bool:
    """Put other details on record; whether they differed.

    Name, address and number change for all children of the parent, the relationship for this one.
    `seen` is the fingerprint of what the person was shown. Raises ParentGone or ChangedMeanwhile.
    """
    stored = _locked(relationship)
    before = details_of(stored)
    if before == details:
        return False
    if before.fingerprint != seen:
        raise ChangedMeanwhile
    parent = stored.parent
    parent.correct(**details.of_the_person)
    readdressing.follow_correction(parent, email=before.email, phone=before.phone, now=now)
    stored.kind, stored.other_name = details.kind, details.other_name
    stored.save(update_fields=["kind", "other_name"])
    children = _children_of(parent)
    _tell_change(before, details, stored, children, by=by, now=now)
    child_ids = sorted(child.pk for child in children)
    children_changed.send(Parent, child_ids=child_ids, by=by, now=now)
    return True


@transaction.atomic
def confirm_parent(*, relationship: ParentRelationship, by: User, now: datetime) -> bool:
    """Vouch for who came by an online response alone: from now on they are asked and invited like
    the others, and stay if that response turns out to be about another child. Whether nobody had.
    Raises ParentGone. Decision 0071.
    """
    stored = _locked(relationship)
    if not vouching.vouch(stored):
        return False
    activity.record(
        child_id=stored.child_id,
        organisation_id=stored.child.organisation_id,
        kind=Entry.Kind.RECORD,
        title=f"Confirmed as parent or guardian: {stored.parent.display_name} ({stored.label})",
        by=by,
        now=now,
    )
    return True


@transaction.atomic
def remove_parent(*, relationship: ParentRelationship, by: User, now: datetime) -> None:
    """Take a parent off a child's record. What they were sent and answered keeps naming them, and
    their answers count. Raises ParentGone.
    """
    stored = _locked(relationship)
    parent, child = stored.parent, stored.child
    stored.delete()
    activity.record(
        child_id=child.pk,
        organisation_id=child.organisation_id,
        kind=Entry.Kind.RECORD,
        title=f"Parent or guardian removed: {parent.display_name} ({stored.label})",
        by=by,
        now=now,
    )
    children_changed.send(Parent, child_ids=[child.pk], by=by, now=now)


def _locked(relationship: ParentRelationship) -> ParentRelationship:
    """The relationship as it is now; all children of the parent are locked, then the parent."""
    children = Child.objects.filter(relationships__parent=relationship.parent_id)
    Child.objects.lock_all(children.values_list("pk", flat=True))
    stored = (
        ParentRelationship.objects.filter(pk=relationship.pk, child=relationship.child_id)
        .select_related("child")
        .first()
    )
    if stored is None:
        raise ParentGone
    stored.parent = Parent.objects.lock().get(pk=stored.parent_id)
    return stored


def _children_of(parent: Parent) -> list[Child]:
    return list(Child.objects.filter(relationships__parent=parent).order_by("pk"))


def _tell_change(
    before: ParentDetails,
    after: ParentDetails,
    relationship: ParentRelationship,
    children: list[Child],
    *,
    by: User,
    now: datetime,
) -> None:
    """The child's log gets all that changed; that of a brother or sister not the relationship, and
    no name where the record is sensitive: its parents are hidden.
    """
    old, new = before.in_words(), after.in_words()
    changed = [key for key in LABELS if old[key] != new[key]]
    name = before.full_name or after.full_name or relationship.parent.display_name
    activity.record_all(
        activity.entry(
            child_id=child.pk,
            organisation_id=child.organisation_id,
            kind=Entry.Kind.RECORD,
            title="Parent or guardian changed" + ("" if child.is_restricted else f": {name}"),
            body="\n".join(
                f"{LABELS[key]}: {old[key] or 'none'} → {new[key] or 'none'}" for key in told
            ),
            is_contact_detail=True,
            by=by,
            now=now,
        )
        for child in children
        if (
            told := [
                key for key in changed if key != "relationship" or child.pk == relationship.child_id
            ]
        )
    )
