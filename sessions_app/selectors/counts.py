"""How the children of a clinic session stand with their invitation."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from django.db.models import (
    Case,
    CharField,
    Count,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from sessions_app import invitations
from sessions_app.choices import Exclusion
from sessions_app.models import Membership, ProgrammeStatus, Session, SessionDate


def members(session: Session) -> QuerySet:
    """The memberships of the children who are in a session now."""
    return Membership.objects.filter(session=session, left_at__isnull=True)


def with_invitation(memberships: QuerySet, session: Session) -> QuerySet:
    """Memberships annotated with `invitation_state` and, where not invited, `why_not_invited`.

    Where the programmes differ, the reason that stands first in `Exclusion` is the one shown.
    """
    order = Case(
        *(When(exclusion=value, then=Value(n)) for n, value in enumerate(Exclusion)),
        output_field=IntegerField(),
    )
    reason = _statuses(session, "child_id").order_by(order).values("exclusion")[:1]
    return invitations.with_state(memberships, session, child="child_id").annotate(
        why_not_invited=Case(
            When(
                invitation_state=invitations.State.NOT_INVITED,
                then=Coalesce(Subquery(reason), Value(Exclusion.YEAR_GROUP.value)),
            ),
            default=Value(""),
            output_field=CharField(),
        )
    )


def _statuses(session: Session, child: str) -> QuerySet:
    return ProgrammeStatus.objects.filter(
        child_id=OuterRef(child),
        academic_year=session.academic_year,
        programme__in=session.programmes.all(),
    )


@dataclass(frozen=True)
class InvitationCounts:
    """How the children of a clinic session stand with their invitation; each counts once."""

    invited: int = 0
    to_be_invited: int = 0
    not_invited: tuple[tuple[Exclusion, int], ...] = ()

    @property
    def left_out(self) -> int:
        return sum(size for _, size in self.not_invited)

    @property
    def total(self) -> int:
        return self.invited + self.to_be_invited + self.left_out


def invitation_counts(session: Session) -> InvitationCounts:
    """The children of a clinic session by invited, to be invited, and why not."""
    sizes: Counter[tuple[str, str]] = Counter()
    for standing, reason, size in (
        with_invitation(members(session), session)
        .order_by()
        .values("invitation_state", "why_not_invited")
        .annotate(size=Count("pk"))
        .values_list("invitation_state", "why_not_invited", "size")
    ):
        sizes[standing, reason] += size
    return InvitationCounts(
        invited=sizes[invitations.State.INVITED, ""],
        to_be_invited=sizes[invitations.State.TO_BE_INVITED, ""],
        not_invited=tuple(
            (exclusion, sizes[invitations.State.NOT_INVITED, exclusion])
            for exclusion in Exclusion
            if sizes[invitations.State.NOT_INVITED, exclusion]
        ),
    )


def waiting_for_a_date(session: Session, *, today: date) -> int:
    """How many children of a clinic session wait because no date is left to book.

    None while there is one: then they have a day on which they are invited. Source: E19.
    """
    if (
        session.is_closed
        or SessionDate.objects.live().filter(session=session, value__gt=today).exists()
    ):
        return 0
    return (
        invitations.with_state(members(session), session, child="child_id")
        .filter(invitation_state=invitations.State.TO_BE_INVITED)
        .count()
    )
