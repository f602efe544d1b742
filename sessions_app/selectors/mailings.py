"""What waits to be sent about a session, and what was called back: for its page."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from govuk.filters import count, govuk_datetime
from sessions_app import asking, dates_changed, mailing_words
from sessions_app.models import DatesChange, Invitation, Mailing, Membership, Session
from sessions_app.selectors.lists import days_of


@dataclass(frozen=True)
class Notice:
    """One mailing, as a banner says it."""

    id: UUID
    slug: str
    what: str
    text: str
    is_of_school: bool = False


@dataclass(frozen=True)
class Notices:
    """Mailings that can still be called back, and those called back whose families wait; and the
    change of dates that families who were invited can be told of."""

    slug: str
    held: list[Notice]
    called_back: list[Notice]
    change: DatesChange | None = None
    invitations_waiting: int = 0


def notices(session: Session, *, now: datetime) -> Notices:
    """Those of a session; of a closed school session also those that closing it queued."""
    about = Q(session=session)
    if session.closed_at:
        about |= Q(
            session__organisation=session.organisation_id,
            queued_at=session.closed_at,
            queued_by=session.closed_by_id,
        )
    mailings = Mailing.objects.filter(about).select_related("session", "called_back_by")
    held = mailings.filter(goes_at__gt=now, called_back_at__isnull=True).order_by("goes_at")
    called_back = mailings.filter(
        kind=Mailing.Kind.INVITATIONS, called_back_at__isnull=False, released_at__isnull=True
    ).annotate(waiting=Count("invitations__child", distinct=True, filter=_waits()))
    return Notices(
        slug=session.slug,
        change=dates_changed.to_tell(session) if session.is_clinic else None,
        invitations_waiting=waiting_to_be_invited(session, now=now).count(),
        held=[_notice(mailing, mailing_words.held_notice(mailing, now)) for mailing in held],
        called_back=_called_back_at_school(session, now=now)
        + [
            _notice(
                mailing,
                f"The parents of {count(mailing.waiting, 'child', 'children')} are not invited: "
                f"{mailing.called_back_by.full_name} called the invitations back on "
                f"{govuk_datetime(mailing.called_back_at)}.",
            )
            for mailing in called_back
            if mailing.waiting
        ],
    )


def _called_back_at_school(session: Session, *, now: datetime) -> list[Notice]:
    """What was called back of a school's messages and waits, as long as it could still go."""
    if session.is_clinic:
        return []
    waits = Mailing.objects.filter(
        session=session,
        kind__in=Mailing.OF_SCHOOLS,
        called_back_at__isnull=False,
        released_at__isnull=True,
    ).select_related("session", "called_back_by")
    return [
        _notice(
            mailing,
            f"{mailing_words.mailing_of(mailing)} are not being sent: "
            f"{mailing.called_back_by.full_name} called them back on "
            f"{govuk_datetime(mailing.called_back_at)}.",
        )
        for mailing in waits
        if asking.may_still_go(mailing, days_of(session), now=now)
    ]


def waiting_to_be_invited(session: Session, *, now: datetime) -> QuerySet:
    """The ids of the children of a clinic whose only invitation can still be called back."""
    standing = Invitation.objects.standing().filter(session=session)
    is_gone = Q(mailing=None) | Q(mailing__goes_at=None) | Q(mailing__goes_at__lte=now)
    return (
        standing.exclude(is_gone)
        .filter(
            ~Exists(standing.filter(is_gone, child=OuterRef("child"))),
            Exists(
                Membership.objects.filter(session=session, left_at=None, child=OuterRef("child"))
            ),
        )
        .values_list("child", flat=True)
        .distinct()
    )


def _waits() -> Q:
    return Q(invitations__withheld_at__isnull=True, invitations__called_back_at__isnull=False)


def _notice(mailing: Mailing, text: str) -> Notice:
    is_of_school = mailing.kind in Mailing.OF_SCHOOLS
    return Notice(
        mailing.pk, mailing.session.slug, mailing_words.mailing_of(mailing), text, is_of_school
    )
