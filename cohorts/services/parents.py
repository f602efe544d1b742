"""Writing the parents that rows tell of, with a few queries for thousands of rows.

Which stored parent an uploaded one is, `parent_rules` decides. Source: cohorts and imports §10.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.models import Organisation
from cohorts import search
from cohorts.child_rows import UploadedParent
from cohorts.models import Child, Parent, ParentRelationship
from cohorts.parent_rules import CONTACT_FIELDS, ParentStep, StoredParent, reconcile

BLOCK = 2000


@dataclass
class Relation:
    """A relationship on its way: of a child that may not be saved yet."""

    child: Child
    place: int
    relationship: ParentRelationship


class ParentBook:
    """The parents that a piece of work touches, each held once however often it occurs.

    Load what the rows need, reconcile and take each row's parents, then save once.
    """

    def __init__(self, organisation: Organisation) -> None:
        self._organisation = organisation
        self._parents: list[Parent] = []
        self._places: dict[int, int] = {}
        self._by_email: dict[str, set[int]] = defaultdict(set)
        self._new_by_contact: dict[tuple[str, str], int] = {}
        self._of_child: dict[int, list[Relation]] = defaultdict(list)
        self._new_relations: list[Relation] = []
        self._changed_places: set[int] = set()
        self._changed_relationships: list[ParentRelationship] = []
        self._vouched_for: list[ParentRelationship] = []

    def load(self, children: Iterable[Child], uploaded: Iterable[UploadedParent]) -> None:
        """Fetch the parents of stored children, and those who share an uploaded email address."""
        by_id = {child.pk: child for child in children}
        relationships = ParentRelationship.objects.filter(child__in=by_id).select_related("parent")
        for relationship in relationships:
            place = self._hold(relationship.parent)
            child = by_id[relationship.child_id]
            self._of_child[child.pk].append(Relation(child, place, relationship))
        emails = {person.email for person in uploaded if person.email}
        sharing = Parent.objects.filter(organisation=self._organisation, email__in=emails)
        for parent in sharing.order_by("pk"):
            self._hold(parent)

    def reconcile(
        self, uploaded: Sequence[UploadedParent], child: Child | None
    ) -> list[ParentStep]:
        """What becomes of each uploaded parent of a row; without a child it is a new one."""
        relations = self._of_child[child.pk] if child and child.pk else []
        return reconcile(
            uploaded,
            of_child=[self._as_stored(relation) for relation in relations],
            sharing_contact=self._sharing_contact,
        )

    def take(self, steps: Iterable[ParentStep], child: Child, *, overwrite: bool = False) -> None:
        """Apply the steps to the child: blanks filled, people and relationships added.

        What conflicts stays as it is, unless a person decided to `overwrite` it.
        """
        for step in steps:
            values = {**step.filled, **step.conflicting} if overwrite else step.filled
            if step.stored is None:
                place = self._add(step.uploaded)
            else:
                place = int(step.stored.key)
                self._change(place, values)
            self._relate(step, child, place, overwrite)

    def add_apart(self, steps: Iterable[ParentStep], child: Child) -> None:
        """Apply the steps, but where one conflicts the uploaded parent becomes another person."""
        for step in steps:
            apart = ParentStep(step.uploaded, relationship="new") if step.conflicting else step
            self.take([apart], child)

    def save(self) -> set[int]:
        """Write everything, and return the stored children whose parents are not as before."""
        new = [parent for parent in self._parents if parent.pk is None]
        changed = [self._parents[place] for place in sorted(self._changed_places)]
        changed = [parent for parent in changed if parent.pk is not None]
        Parent.objects.bulk_create(new, batch_size=BLOCK)
        Parent.objects.bulk_update(
            changed, [*CONTACT_FIELDS, "email_failed_at", "phone_failed_at"], batch_size=500
        )
        for relation in self._new_relations:
            relation.relationship.child = relation.child
            relation.relationship.parent = self._parents[relation.place]
        ParentRelationship.objects.bulk_create(
            [relation.relationship for relation in self._new_relations], batch_size=BLOCK
        )
        ParentRelationship.objects.bulk_update(
            self._changed_relationships, ["kind", "other_name"], batch_size=500
        )
        ParentRelationship.objects.bulk_update(
            self._vouched_for, ["is_vouched_for"], batch_size=500
        )
        return (
            {relation.child.pk for relation in self._new_relations}
            | {relationship.child_id for relationship in self._changed_relationships}
            | set(
                ParentRelationship.objects.filter(parent__in=changed).values_list(
                    "child_id", flat=True
                )
            )
        )

    def _hold(self, parent: Parent) -> int:
        """The place of a stored parent, the same for the same person."""
        if parent.pk in self._places:
            return self._places[parent.pk]
        place = self._places[parent.pk] = len(self._parents)
        self._parents.append(parent)
        self._file_email(place)
        return place

    def _add(self, person: UploadedParent) -> int:
        place = len(self._parents)
        self._parents.append(
            Parent(
                organisation=self._organisation,
                full_name=person.full_name,
                email=person.email,
                phone=person.phone,
            )
        )
        self._file_email(place)
        if person.phone and person.full_name:
            self._new_by_contact[person.phone, search.fold(person.full_name)] = place
        return place

    def _file_email(self, place: int) -> None:
        if email := self._parents[place].email:
            self._by_email[email].add(place)

    def _change(self, place: int, values: dict[str, str]) -> None:
        if not values:
            return
        parent = self._parents[place]
        for name, value in values.items():
            setattr(parent, name, value)
            if name != "full_name":
                setattr(parent, f"{name}_failed_at", None)
        self._file_email(place)
        self._changed_places.add(place)

    def _relate(self, step: ParentStep, child: Child, place: int, overwrite: bool) -> None:
        person = step.uploaded
        self._vouch(person, child, place)
        if step.relationship == "new":
            relationship = ParentRelationship(kind=person.kind, other_name=person.other_name)
            relation = Relation(child, place, relationship)
            self._new_relations.append(relation)
            if child.pk:
                self._of_child[child.pk].append(relation)
        elif step.relationship == "filled" or (step.relationship == "conflicting" and overwrite):
            for relation in self._of_child[child.pk]:
                if relation.place == place:
                    relation.relationship.kind = person.kind
                    relation.relationship.other_name = person.other_name
                    self._changed_relationships.append(relation.relationship)

    def _vouch(self, person: UploadedParent, child: Child, place: int) -> None:
        """A file that gives the address or number of somebody on the record vouches for them."""
        parent = self._parents[place]
        pairs = [(person.email, parent.email), (person.phone, parent.phone)]
        if not child.pk or not any(one and one == other for one, other in pairs):
            return
        for relation in self._of_child[child.pk]:
            if relation.place == place and not relation.relationship.is_vouched_for:
                relation.relationship.is_vouched_for = True
                self._vouched_for.append(relation.relationship)

    def _sharing_contact(self, person: UploadedParent) -> list[StoredParent]:
        """Parents elsewhere with this email address; of this work, with this number and name."""
        places: Iterable[int] = ()
        if person.email:
            places = sorted(self._by_email.get(person.email, ()))
        elif person.phone and person.full_name:
            place = self._new_by_contact.get((person.phone, search.fold(person.full_name)))
            places = () if place is None else (place,)
        return [self._stored(place, None, "") for place in places]

    def _as_stored(self, relation: Relation) -> StoredParent:
        relationship = relation.relationship
        return self._stored(relation.place, relationship.kind, relationship.other_name)

    def _stored(self, place: int, kind: str | None, other_name: str) -> StoredParent:
        parent = self._parents[place]
        contacts: dict[str, Any] = {name: getattr(parent, name) for name in CONTACT_FIELDS}
        return StoredParent(place, **contacts, kind=kind, other_name=other_name)
