"""What a change of a parent concerns: other children, answers that count, messages that wait."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.models import Organisation
from cohorts.models import Child, Contact, Parent, ParentRelationship
from consent import replies
from consent.models import ConsentResponse
from notifications.models import Message
from sessions_app.models import Membership


@dataclass(frozen=True)
class Answer:
    """What a parent answered about the child; `slug` of a session whose page shows it, if any."""

    response: ConsentResponse
    slug: str


@dataclass(frozen=True)
class Concerned:
    """What hangs on a parent of a child.

    `siblings` are the parent's other children, but nobody whose record is sensitive: its parents
    are hidden, and the address of a brother or sister would give that of the child away.
    `answers` are those of theirs about this child that are valid. Of the messages to them about
    this child that wait, `waiting` counts those that no other parent gets, `shared` those to an
    address or number of another one. `others` are the child's parents who can be written to
    besides: new contacts only where nobody else is left (decision 0071).
    """

    siblings: Sequence[Child]
    answers: Sequence[Answer]
    waiting: int
    shared: int
    others: Sequence[str]


def parents_of(organisation: Organisation) -> QuerySet[ParentRelationship]:
    """The parents of the organisation's children, each with who it is. Those of a sensitive record
    are hidden, and so are not among them.
    """
    return ParentRelationship.objects.filter(
        child__organisation=organisation, child__restricted_at__isnull=True
    ).select_related("parent", "child__school")


def concerned(relationship: ParentRelationship) -> Concerned:
    """What hangs on a parent of a child, in a constant number of queries."""
    child, parent = relationship.child, relationship.parent
    slugs = dict(
        Membership.objects.filter(
            child=child, left_at__isnull=True, session__organisation=child.organisation_id
        )
        .order_by("joined_at")
        .values_list("session__academic_year", "session__slug")
    )
    answers = ConsentResponse.objects.filter(
        child=child,
        parent=parent,
        organisation=child.organisation_id,
        invalidated_at__isnull=True,
    ).select_related("programme")
    reachable = Contact.objects.filter(child=child).exclude(parent=parent).values("parent")
    others = list(
        ParentRelationship.objects.filter(child=child, parent__in=reachable).select_related(
            "parent"
        )
    )
    known = [one for one in others if one.is_vouched_for]
    waiting, shared = _waiting(child, parent)
    return Concerned(
        siblings=list(
            Child.objects.filter(
                relationships__parent=parent,
                organisation=child.organisation_id,
                restricted_at__isnull=True,
            )
            .exclude(pk=child.pk)
            .order_by("given_name_key", "pk")
        ),
        answers=[Answer(one, slugs.get(one.academic_year, "")) for one in answers],
        waiting=waiting,
        shared=shared,
        others=[f"{one.parent.display_name} ({one.label})" for one in known or others],
    )


def _waiting(child: Child, parent: Parent) -> tuple[int, int]:
    """How many messages that wait are the parent's alone, and how many go to whom they share an
    address or number with. A reply is its reader's alone: see `consent.reply_guard`.
    """
    elsewhere = Contact.objects.filter(
        child=child, channel=OuterRef("channel"), recipient=OuterRef("recipient")
    ).exclude(parent=parent)
    is_shared = Exists(elsewhere) & ~Q(template__in=replies.TEMPLATES)
    counted = Message.objects.filter(
        child=child, parent=parent, status=Message.Status.WAITING
    ).aggregate(everything=Count("pk"), shared=Count("pk", filter=is_shared))
    return counted["everything"] - counted["shared"], counted["shared"]
