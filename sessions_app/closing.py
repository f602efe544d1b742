"""Closing a school session: who was not vaccinated there goes on to the community clinic.

Source: sessions and clinics §5, E18, E42.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.models import User
from activity.models import Entry
from activity.services import record_for_children
from calendars.clock import london_day
from sessions_app import invitations, memberships
from sessions_app.choices import Exclusion, VaccinationStatus
from sessions_app.clinic import community_clinic, find_clinic
from sessions_app.models import Invitation, Membership, ProgrammeStatus, Session, SessionDate
from sessions_app.schedule_rules import State, state_of
from sessions_app.signals import session_closed

CANNOT_CLOSE = "Only a school session can be closed, once all of its dates have passed."


class ClosingRefused(Exception):
    """The session cannot be closed or opened again; the message says why, for people."""


@dataclass(frozen=True)
class ClosingPreview:
    """What closing would do: how many children go on to the clinic and what they are sent.

    `clinic` is none where the year has no clinic session yet.
    """

    children: int
    clinic: Session | None
    invitations: invitations.Preview


def not_vaccinated(session: Session) -> QuerySet:
    """The memberships of children who have not had every programme of the session.

    A programme that a child is too young or too old for does not count. Whether parents are
    written to is decided later, so refused consent or a death does not matter here.
    """
    done = Q(vaccination=VaccinationStatus.VACCINATED) | Q(exclusion=Exclusion.YEAR_GROUP)
    has_had = ProgrammeStatus.objects.filter(
        done,
        child=OuterRef(OuterRef("child")),
        programme=OuterRef("programme"),
        academic_year=session.academic_year,
    )
    missing = Session.programmes.through.objects.filter(~Exists(has_had), session=session)
    return Membership.objects.filter(Exists(missing), session=session, left_at__isnull=True)


def can_close(session: Session, *, today: date) -> bool:
    """Whether a session may be closed: a school's, still open, with all of its dates past."""
    return not session.is_clinic and _state(session, today) == State.COMPLETED


def preview(session: Session, *, now: datetime) -> ClosingPreview:
    """What closing the session now would do. Writes nothing: closing makes the clinic session."""
    clinic = find_clinic(session.organisation, session.academic_year)
    child_ids = list(not_vaccinated(session).values_list("child_id", flat=True))
    return ClosingPreview(
        children=len(child_ids),
        clinic=clinic,
        invitations=invitations.preview_joining(clinic, child_ids, now=now)
        if clinic
        else invitations.preview_without_clinic(
            session.organisation, child_ids, academic_year=session.academic_year
        ),
    )


@transaction.atomic
def close_session(*, session_id: int, by: User, now: datetime) -> int:
    """Close a school session and put its children who were not vaccinated into the clinic.

    Returns how many joined the clinic; whose invitation is due is invited at once. They stay in
    the closed session too. Apps above first let lapse what was good for the session alone.
    Raises `ClosingRefused` for a clinic, or while a date is to come.
    """
    session, clinic = _lock(session_id, now=now)
    if session.is_closed:
        return 0
    if not can_close(session, today=london_day(now)):
        raise ClosingRefused(CANNOT_CLOSE)
    session.closed_at, session.closed_by = now, by
    session.save(update_fields=["closed_at", "closed_by"])
    _log(session, "Session closed", by=by, now=now)
    session_closed.send(Session, session=session, by=by, now=now)
    return memberships.join(
        clinic,
        list(not_vaccinated(session).values_list("child_id", flat=True)),
        reason=Membership.Reason.NOT_VACCINATED,
        joined_from=session,
        now=now,
        by=by,
    )


def came_from(session: Session) -> QuerySet:
    """The clinic memberships that closing the session made."""
    return Membership.objects.filter(
        joined_from=session, joined_at__gte=F("joined_from__closed_at"), left_at__isnull=True
    )


def can_reopen(session: Session) -> bool:
    """Whether closing may be undone: until an invitation went to one of its children."""
    if not session.is_closed:
        return False
    invited = Invitation.objects.standing().filter(
        child=OuterRef("child"),
        session=OuterRef("session"),
        planned_at__gte=OuterRef("joined_at"),
    )
    return not came_from(session).filter(Exists(invited)).exists()


@transaction.atomic
def reopen_session(*, session_id: int, by: User, now: datetime) -> None:
    """Undo closing: the session is open again and its children leave the clinic.

    Raises `ClosingRefused` once a parent was invited because of it.
    """
    session, _ = _lock(session_id, now=now)
    if not session.is_closed:
        return
    if not can_reopen(session):
        raise ClosingRefused(
            "Parents have been invited to the clinic because this session was closed. "
            "It cannot be opened again."
        )
    memberships.leave(
        list(came_from(session)),
        because=f"{session.location.name} was opened again",
        now=now,
        by=by,
    )
    session.closed_at, session.closed_by = None, None
    session.save(update_fields=["closed_at", "closed_by"])
    _log(session, "Session opened again", by=by, now=now)


def _lock(session_id: int, *, now: datetime) -> tuple[Session, Session]:
    """The school session, locked, and its year's clinic, held: others may join the clinic too."""
    session = Session.objects.lock(session_id)
    clinic = community_clinic(session.organisation, now=now, academic_year=session.academic_year)
    return session, Session.objects.hold(clinic.pk)


def _log(session: Session, title: str, *, by: User, now: datetime) -> None:
    record_for_children(
        list(
            Membership.objects.filter(session=session, left_at__isnull=True)
            .order_by("child_id")
            .values_list("child_id", flat=True)
        ),
        kind=Entry.Kind.SESSION_CLOSED,
        title=f"{title} at {session.location.name}",
        organisation_id=session.organisation_id,
        session_id=session.pk,
        now=now,
        by=by,
    )


def _state(session: Session, today: date) -> State:
    last = (
        SessionDate.objects.live().filter(session=session).order_by("-value").values_list("value")
    )
    return state_of(
        last_date=next((value for (value,) in last[:1]), None),
        is_closed=session.is_closed,
        today=today,
    )
