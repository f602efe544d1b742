"""Two contacts of a child who are one person become one. docs/decisions/0070-merging-contacts.md.

Who answered is told apart by id, so the newest answer of the one person counts from then on. What
was said then, and the details given with it, stay on each answer. Source: consent §3 and §9.3.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db import transaction

from accounts.models import User
from activity import services as activity
from activity.models import Entry
from cohorts.models import Child, Parent, ParentRelationship
from cohorts.signals import children_changed
from consent.models import ConsentResponse
from consent.selectors.contacts import known_contacts
from consent.services import merging as answers
from notifications import readdressing
from records.parents import LABELS, ChangedMeanwhile, ParentDetails, ParentGone, details_of

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
        """Changes with the details, and with each word about consent."""
        said = [(one.pk, one.last_word_at.isoformat(), one.is_valid) for one in self.responses]
        return f"{self.parent.pk} {self.details.fingerprint} {said}"


@dataclass(frozen=True)
class Pair:
    """The parent who stays on record, and who is found to be the same person."""

    stays: Person
    goes: Person

    @property
    def fingerprint(self) -> str:
        """What a form carries of what it showed."""
        both = f"{self.stays.fingerprint}\n{self.goes.fingerprint}"
        return sha256(both.encode()).hexdigest()[:16]

    def settled(self) -> dict[str, ParentDetails]:
        """By what it is, from whom something comes that need not be asked: they agree, or only
        one of them has it. Texts and needs belong to a number.
        """
        one, other = self.stays.details, self.goes.details
        mine, theirs = one.in_words(), other.in_words()
        blank = {key: ("", "") for key in LABELS}
        blank["relationship"] = (Kind.UNKNOWN.label, Kind.UNKNOWN.label)
        found = {}
        for key in LABELS:
            has_mine, has_theirs = mine[key] != blank[key][0], theirs[key] != blank[key][1]
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
    return Pair(one, other)


@transaction.atomic
def merge_contacts(
    *,
    child: Child,
    stays: UUID,
    goes: UUID,
    kept: ParentDetails,
    seen: str,
    by: User,
    now: datetime,
) -> None:
    """Make two contacts one person, for all their children, with the details `kept`.

    `seen` is the fingerprint of the pair that the person was shown. Answers and messages follow.
    Raises ParentGone if one of them is no contact of the child any more, or ChangedMeanwhile.
    """
    found = pair_of(child, stays, goes)
    if found is None:
        raise ParentGone
    ids = (found.stays.parent.pk, found.goes.parent.pk)
    concerned = _children_of(ids)
    Child.objects.lock_all(concerned)
    child = Child.objects.get(pk=child.pk)
    locked = {
        parent.pk: parent for parent in Parent.objects.lock().filter(pk__in=ids).order_by("pk")
    }
    pair = None if child.is_restricted else pair_of(child, stays, goes)
    if pair is None or len(locked) < 2:
        raise ParentGone
    if pair.fingerprint != seen or _children_of(ids) != concerned:
        raise ChangedMeanwhile
    _merge(child, pair, kept, locked, by=by, now=now)
    children_changed.send(Parent, child_ids=sorted(concerned), by=by, now=now)


def _children_of(parent_ids: Sequence[int]) -> set[int]:
    """All children whom the two belong to or answered about."""
    related = ParentRelationship.objects.filter(parent__in=parent_ids)
    answered = ConsentResponse.objects.filter(parent__in=parent_ids)
    return {
        *related.values_list("child_id", flat=True),
        *answered.values_list("child_id", flat=True),
    }


def _merge(
    child: Child,
    pair: Pair,
    kept: ParentDetails,
    locked: dict[int, Parent],
    *,
    by: User,
    now: datetime,
) -> None:
    stays, goes = locked[pair.stays.parent.pk], locked[pair.goes.parent.pk]
    before = [(stays.email, stays.phone), (goes.email, goes.phone)]
    failed = _failed(stays, goes, kept)
    told = _join_relationships(child, stays, goes, kept)
    stays.correct(**kept.of_the_person)
    Parent.objects.filter(pk=stays.pk).update(**failed)
    answers.follow(stays=stays, goes=goes)
    readdressing.hand_over(stays=stays, goes=goes)
    for email, phone in before:
        readdressing.follow_correction(stays, email=email, phone=phone, now=now)
    _tell(child, pair, kept, told, by=by, now=now)


def _failed(stays: Parent, goes: Parent, kept: ParentDetails) -> dict[str, datetime | None]:
    """Since when what is kept is known to be no good, as either record knows."""
    return {
        f"{name}_failed_at": max(
            (
                at
                for one in (stays, goes)
                if getattr(one, name) == getattr(kept, name)
                and (at := getattr(one, f"{name}_failed_at"))
            ),
            default=None,
        )
        for name in ("email", "phone")
    }


def _join_relationships(
    child: Child, stays: Parent, goes: Parent, kept: ParentDetails
) -> dict[int, str]:
    """Let the one who stays be the parent of all children of both, of each once; by child what
    their log says of the relationship that was not kept.
    """
    own = {one.child_id: one for one in stays.relationships.all()}
    told: dict[int, str] = {}
    for relationship in goes.relationships.all():
        mine = own.get(relationship.child_id)
        if mine is None:
            relationship.parent = stays
            relationship.save(update_fields=["parent"])
            continue
        if mine.child_id != child.pk and relationship.label != mine.label:
            if mine.kind == Kind.UNKNOWN:
                mine.kind, mine.other_name = relationship.kind, relationship.other_name
                mine.save(update_fields=["kind", "other_name"])
            else:
                told[mine.child_id] = _line("relationship", mine.label, relationship.label)
        answers.keep_marks(mine, relationship)
        relationship.delete()
    ParentRelationship.objects.filter(pk=own[child.pk].pk).update(
        kind=kept.kind, other_name=kept.other_name
    )
    return told


def _line(key: str, kept: str, other: str) -> str:
    return f"{LABELS[key]}: {kept or 'none'} (not kept: {other or 'none'})"


def _tell(
    child: Child,
    pair: Pair,
    kept: ParentDetails,
    told: dict[int, str],
    *,
    by: User,
    now: datetime,
) -> None:
    """What was kept and what was not, on each child's record: as where a parent is changed, no name
    where the record is sensitive, and nothing at all of our contacts to another organisation.
    """
    words, both = kept.in_words(), (pair.stays.details.in_words(), pair.goes.details.in_words())
    lines = {
        key: _line(key, words[key], other[key])
        for key in LABELS
        for other in both
        if other[key] != words[key]
    }
    children = Child.objects.filter(relationships__parent=pair.stays.parent).order_by("pk")
    activity.record_all(
        activity.entry(
            child_id=one.pk,
            organisation_id=one.organisation_id,
            kind=Entry.Kind.RECORD,
            title="Contacts merged"
            + (
                "" if one.is_restricted else f": {kept.full_name or pair.stays.parent.display_name}"
            ),
            body="\n".join(
                [line for key, line in lines.items() if key != "relationship" or one.pk == child.pk]
                + ([told[one.pk]] if one.pk in told else [])
            ),
            is_contact_detail=True,
            by=by,
            now=now,
        )
        for one in children
    )
