"""What a change of a parent concerns: other children, answers that count, messages that wait."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.models import Organisation
from cohorts.models import Child, Contact, ParentRelationship
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

    `siblings` are the parent's other children; `answers` those of theirs about this child that are
    valid; `waiting` counts messages to them about this child that have not been sent; `others` are
    the child's parents who can be written to besides.
    """

    siblings: Sequence[Child]
    answers: Sequence[Answer]
    waiting: int
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
    others = ParentRelationship.objects.filter(child=child, parent__in=reachable)
    return Concerned(
        siblings=list(
            Child.objects.filter(relationships__parent=parent, organisation=child.organisation_id)
            .exclude(pk=child.pk)
            .order_by("given_name_key", "pk")
        ),
        answers=[Answer(one, slugs.get(one.academic_year, "")) for one in answers],
        waiting=Message.objects.filter(
            child=child, parent=parent, status=Message.Status.WAITING
        ).count(),
        others=[
            f"{one.parent.display_name} ({one.label})" for one in others.select_related("parent")
        ],
    )
