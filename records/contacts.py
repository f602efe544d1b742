"""The contacts of a child, side by side, of whom two may be one person. Decision 0070."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from uuid import UUID

from django.db.models import Exists, OuterRef

from cohorts.models import Child, Parent, ParentRelationship
from consent.models import ConsentResponse
from consent.selectors.contacts import known_contacts
from records.parents import LABELS, ParentDetails, details_of

Kind = ParentRelationship.Kind


@dataclass(frozen=True)
class Person:
    """A contact of a child: a parent, or who answered and is none any more (`relationship` None).

    `key` names them in addresses: the random id of the relationship, or of their newest answer.
    """

    parent: Parent
    relationship: ParentRelationship | None
    label: str
    key: UUID
    details: ParentDetails
    responses: Sequence[ConsentResponse]

    @property
    def fingerprint(self) -> str:
        """Changes with the details."""
        return f"{self.parent.pk} {self.details.fingerprint}"


@dataclass(frozen=True)
class Pair:
    """The parent who stays on record, and who is found to be the same person.

    `children` are those of the organisation to whom one of the two belongs, or about whom one
    answered, by name; `answers` is all that the two said about them.
    """

    stays: Person
    goes: Person
    children: Sequence[Child]
    answers: Sequence[ConsentResponse]

    @property
    def shown(self) -> Sequence[Child]:
        """The children without those whose record is sensitive: neither named nor counted."""
        return [child for child in self.children if not child.is_restricted]

    @property
    def fingerprint(self) -> str:
        """What a form carries of what it showed: it changes with the details of the two, with each
        child who comes or goes, and with each word about consent.
        """
        shown = [child.pk for child in self.shown]
        said = [
            (one.pk, one.last_word_at.isoformat(), one.is_valid)
            for one in self.answers
            if one.child_id in shown
        ]
        words = f"{self.stays.fingerprint}\n{self.goes.fingerprint}\n{shown}\n{said}"
        return sha256(words.encode()).hexdigest()[:16]

    def settled(self) -> dict[str, ParentDetails]:
        """By what it is, from whom something comes that need not be asked: they agree, or only
        one of them has it. Texts and needs belong to a number.
        """
        one, other = self.stays.details, self.goes.details
        mine, theirs = one.in_words(), other.in_words()
        blank = {"relationship": Kind.UNKNOWN.label}
        found = {}
        for key in LABELS:
            has_mine, has_theirs = (said[key] != blank.get(key, "") for said in (mine, theirs))
            if key in ("texts", "needs"):
                has_mine, has_theirs = bool(one.phone), bool(other.phone)
            if mine[key] == theirs[key] or (has_mine and not has_theirs):
                found[key] = one
            elif has_theirs and not has_mine:
                found[key] = other
        return found

    def combined(self, source: dict[str, ParentDetails]) -> ParentDetails:
        """The details of the one person, each from whom `source` says."""
        return ParentDetails(
            full_name=source["full_name"].full_name,
            kind=source["relationship"].kind,
            other_name=source["relationship"].other_name,
            email=source["email"].email,
            phone=source["phone"].phone,
            wants_text_updates=source["texts"].wants_text_updates,
            contact_method=source["needs"].contact_method,
            contact_method_details=source["needs"].contact_method_details,
        )


def people_of(child: Child) -> list[Person]:
    """The child's parents, then earlier responders, whom its organisation may see; five queries.

    Who answered and is on hidden records only is left out, as where parents are added.
    """
    known = {one.parent.pk: one for one in known_contacts(child)}
    relationships = {
        one.parent_id: one
        for one in child.relationships.filter(parent__in=known).select_related("parent")
    }
    visible = set(
        Parent.objects.shareable(child.organisation_id)
        .filter(pk__in=known)
        .values_list("pk", flat=True)
    )
    responses: dict[int, list[ConsentResponse]] = {}
    for response in ConsentResponse.objects.filter(child=child, parent__in=known).select_related(
        "programme"
    ):
        responses.setdefault(response.parent_id or 0, []).append(response)
    people = []
    for parent_id, contact in known.items():
        relationship = relationships.get(parent_id)
        said = responses.get(parent_id, [])
        if relationship is None and (parent_id not in visible or not said):
            continue
        as_now = relationship or ParentRelationship(parent=contact.parent)
        details = details_of(as_now)
        if relationship is None and contact.relationship not in ("", Kind.UNKNOWN.label):
            details = replace(details, **_kind_of(contact.relationship))
        people.append(
            Person(
                contact.parent,
                relationship,
                contact.relationship,
                relationship.public_id if relationship else said[0].public_id,
                details,
                said,
            )
        )
    return people


def _kind_of(label: str) -> dict[str, str]:
    """The relationship as it was answered, in the stored form."""
    named = {kind.label: kind for kind in Kind if kind != Kind.OTHER}
    return (
        {"kind": named[label], "other_name": ""}
        if label in named
        else {"kind": Kind.OTHER, "other_name": label}
    )


def pair_of(child: Child, stays: UUID, goes: UUID) -> Pair | None:
    """The two contacts of the child, if both are there; the one who stays is a parent on record."""
    people = {person.key: person for person in people_of(child)}
    one, other = people.get(stays), people.get(goes)
    if one is None or other is None or one is other or one.relationship is None:
        return None
    both = (one.parent.pk, other.parent.pk)
    related = ParentRelationship.objects.filter(parent__in=both, child=OuterRef("pk"))
    answered = ConsentResponse.objects.filter(parent__in=both, child=OuterRef("pk"))
    children = Child.objects.filter(
        Exists(related) | Exists(answered), organisation=child.organisation_id
    ).order_by("given_name_key", "pk")
    answers = ConsentResponse.objects.filter(parent__in=both, child__in=children)
    return Pair(one, other, list(children), list(answers.order_by("pk")))
