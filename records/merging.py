"""Two contacts of a child who are one person become one. docs/decisions/0070-merging-contacts.md.

Who answered is told apart by id, so the newest answer of the one person counts from then on. What
was said then, and the details given with it, stay on each answer. Source: consent §3 and §9.3.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from activity import services as activity
from activity.models import Entry
from cohorts.models import Child, Parent, ParentRelationship
from cohorts.signals import children_changed
from consent.services import merging as answers
from notifications import readdressing
from records.contacts import Pair, pair_of
from records.parents import LABELS, ChangedMeanwhile, ParentDetails, ParentGone

Kind = ParentRelationship.Kind


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
    concerned = _ids(found)
    Child.objects.lock_all(concerned)
    child = Child.objects.get(pk=child.pk)
    locked = {
        parent.pk: parent for parent in Parent.objects.lock().filter(pk__in=ids).order_by("pk")
    }
    pair = None if child.is_restricted else pair_of(child, stays, goes)
    if pair is None or len(locked) < 2:
        raise ParentGone
    if pair.fingerprint != seen or _ids(pair) != concerned:
        raise ChangedMeanwhile
    _merge(child, pair, kept, locked, by=by, now=now)
    children_changed.send(Parent, child_ids=sorted(concerned), by=by, now=now)


def _ids(pair: Pair) -> set[int]:
    return {child.pk for child in pair.children}


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
    their log says of the relationship that was not kept. Whoever another organisation has now, or
    none, keeps who is on their record.
    """
    ours = {"child__organisation": child.organisation_id}
    own = {one.child_id: one for one in stays.relationships.filter(**ours)}
    told: dict[int, str] = {}
    for relationship in goes.relationships.filter(**ours):
        mine = own.get(relationship.child_id)
        if mine is None:
            relationship.parent = stays
            relationship.save(update_fields=["parent"])
            continue
        if mine.child_id != child.pk and relationship.label != mine.label:
            other = relationship.label
            if mine.kind == Kind.UNKNOWN:
                other = mine.label
                mine.kind, mine.other_name = relationship.kind, relationship.other_name
                mine.save(update_fields=["kind", "other_name"])
            told[mine.child_id] = _line("relationship", mine.label, other)
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
    words = kept.in_words()
    lines = {
        key: _line(key, words[key], said[key])
        for key in LABELS
        for other in (pair.stays.details, pair.goes.details)
        if (said := other.in_words())[key] != words[key] and other.has(key)
    }
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
        for one in sorted(pair.children, key=lambda one: one.pk)
    )
