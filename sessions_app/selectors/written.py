"""Whether, and since when, parents are written to about a session."""

from datetime import date

from django.db.models import Min, QuerySet

from calendars.clock import london_day
from notifications.models import Message
from sessions_app.models import Invitation, Session


def has_written(session: Session) -> bool:
    """Whether parents were written to about the session, which fixes when that begins."""
    return first_written_on(session) is not None


def first_written_on(session: Session) -> date | None:
    """The day on which parents were first written to about the session.

    For a clinic: on which somebody was invited. For a school: of any message about it.
    """
    if session.is_clinic:
        written = Invitation.objects.standing().filter(session=session)
        first = written.aggregate(at=Min("planned_at"))["at"]
    else:
        messages = Message.objects.filter(
            session_id=session.pk, child__memberships__session=session
        ).exclude(status=Message.Status.WITHHELD)
        first = messages.aggregate(at=Min("created_at"))["at"]
    return first and london_day(first)


def begins_on(session: Session, *, today: date) -> date | None:
    """The day from which parents are written to about the session, as its page tells it.

    A day nobody chose is counted back from the first date and may have passed when that was
    set: then it is the day on which they were first written to, and none before.
    """
    planned = session.notice_on
    is_chosen = (
        session.invitations_on_chosen if session.is_clinic else session.consent_requests_on_chosen
    )
    if planned is None or is_chosen or planned >= today:
        return planned
    written_on = first_written_on(session)
    return max(planned, written_on) if written_on else None


def invited_children(session: Session) -> QuerySet:
    """The ids of the children whose parents were invited to the session; none for a school."""
    return (
        Invitation.objects.standing()
        .filter(session=session)
        .order_by("child_id")
        .values_list("child_id", flat=True)
        .distinct()
    )
