"""How the children of a clinic session stand with their invitation: counts, and filters that agree.

Set-based throughout: a clinic has tens of thousands of children.
"""

from dataclasses import dataclass

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from sessions_app import invitations
from sessions_app.choices import Exclusion
from sessions_app.invitations import State
from sessions_app.models import Membership, ProgrammeStatus, Session

# Of several programmes the first that applies decides: one to invite for, then why not.
MAY_BE_INVITED = ""
PRECEDENCE = (MAY_BE_INVITED, *Exclusion.values)
# A child in no programme that the organisation still runs.
NOTHING_KNOWN = Exclusion.YEAR_GROUP

COUNTS = """
SELECT was_invited, was_called_back, standing, count(*)
FROM (
    SELECT EXISTS (
               SELECT FROM sessions_app_invitation invitation
               WHERE invitation.session_id = %(session)s
                 AND invitation.child_id = member.child_id
                 AND invitation.withheld_at IS NULL
                 AND invitation.called_back_at IS NULL
           ) AS was_invited,
           EXISTS (
               SELECT FROM sessions_app_invitation invitation
               WHERE invitation.session_id = %(session)s
                 AND invitation.child_id = member.child_id
                 AND invitation.withheld_at IS NULL
                 AND invitation.called_back_at IS NOT NULL
           ) AS was_called_back,
           (%(precedence)s::text[])[
               min(array_position(%(precedence)s::text[], status.exclusion::text))
           ] AS standing
    FROM sessions_app_membership member
    LEFT JOIN sessions_app_programmestatus status
      ON status.child_id = member.child_id
     AND status.academic_year = %(academic_year)s
     AND status.programme_id = ANY(%(programmes)s)
    WHERE member.session_id = %(session)s AND member.left_at IS NULL
    GROUP BY member.child_id
) children
GROUP BY was_invited, was_called_back, standing
"""


@dataclass(frozen=True)
class InvitationCounts:
    """How the children of a clinic session stand with their invitation; each counts once."""

    invited: int = 0
    to_be_invited: int = 0
    called_back: int = 0
    not_invited: tuple[tuple[Exclusion, int], ...] = ()

    @property
    def left_out(self) -> int:
        return sum(size for _, size in self.not_invited)

    @property
    def total(self) -> int:
        return self.invited + self.to_be_invited + self.called_back + self.left_out


def members(session: Session) -> QuerySet[Membership]:
    """The memberships of the children who are in a session now."""
    return Membership.objects.filter(session=session, left_at__isnull=True)


def invitation_counts(session: Session) -> InvitationCounts:
    """The children of a clinic session by invited, to be invited, and why not; one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            COUNTS,
            {
                "session": session.pk,
                "academic_year": session.academic_year,
                "programmes": _programmes(session),
                "precedence": list(PRECEDENCE),
            },
        )
        rows = cursor.fetchall()
    left_out = dict.fromkeys(Exclusion, 0)
    invited = to_be_invited = called_back = 0
    for was_invited, was_called_back, standing, size in rows:
        if was_invited:
            invited += size
        elif standing == MAY_BE_INVITED and was_called_back:
            called_back += size
        elif standing == MAY_BE_INVITED:
            to_be_invited += size
        else:
            left_out[Exclusion(standing or NOTHING_KNOWN)] += size
    return InvitationCounts(
        invited=invited,
        to_be_invited=to_be_invited,
        called_back=called_back,
        not_invited=tuple((reason, size) for reason, size in left_out.items() if size),
    )


def in_state(rows: QuerySet[Membership], session: Session, state: str) -> QuerySet[Membership]:
    """Those memberships whose child stands so with the invitation to this clinic session."""
    return invitations.in_state(rows, session, state, child="child_id")


def left_out_because(
    rows: QuerySet[Membership], session: Session, reason: str
) -> QuerySet[Membership]:
    """Those memberships whose child is not invited for this reason: as counted, one for each."""
    stronger = PRECEDENCE[: PRECEDENCE.index(reason)]
    because = Q(_has(session, [reason]))
    if reason == NOTHING_KNOWN:
        because |= Q(~_has(session, PRECEDENCE))
    return in_state(rows, session, State.NOT_INVITED).filter(because, ~_has(session, stronger))


def waiting_for_a_date(session: Session, *, has_bookable_date: bool) -> int:
    """How many children of a clinic session wait because no date is left to book.

    None while there is one: then they have a day on which they are invited. Source: E19.
    """
    if session.is_closed or has_bookable_date:
        return 0
    return in_state(members(session), session, State.TO_BE_INVITED).count()


def _has(session: Session, exclusions) -> Exists:
    return Exists(
        ProgrammeStatus.objects.filter(
            child_id=OuterRef("child_id"),
            academic_year=session.academic_year,
            programme__in=_programmes(session),
            exclusion__in=exclusions,
        )
    )


def _programmes(session: Session) -> list[str]:
    """The keys of the session's programmes, without a query where they were prefetched."""
    return [programme.pk for programme in session.programmes.all()]
