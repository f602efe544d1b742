"""What the page of one session shows."""

from dataclasses import dataclass
from datetime import date, datetime

from calendars.clock import london_day
from programmes.models import Programme
from sessions_app.choices import ConsentStatus
from sessions_app.closing import can_close, can_reopen
from sessions_app.consent_groups import (
    LeftOut,
    consent_counts,
    consent_counts_by_programme,
    left_out_of_groups,
)
from sessions_app.models import Session
from sessions_app.rules import next_bookable
from sessions_app.schedule_rules import State, is_open_for_consent
from sessions_app.selectors.counts import (
    InvitationCounts,
    invitation_counts,
    members,
)
from sessions_app.selectors.lists import days_of, state
from sessions_app.triage_groups import TriageGroup, triage_counts


@dataclass(frozen=True)
class SessionOverview:
    """A session, its counts, and what may be done with it. With several programmes, consent is
    also counted for each.
    """

    session: Session
    today: date
    state: State
    dates: list[date]
    programmes: list[str]
    children: int
    consent: dict[ConsentStatus, int] | None
    consent_by_programme: dict[Programme, dict[ConsentStatus, int]]
    left_out_of_consent: LeftOut | None
    needing_triage: int
    invitations: InvitationCounts | None
    waiting: int
    next_bookable: date | None
    is_open_for_consent: bool
    can_close: bool
    can_reopen: bool


def session_overview(session: Session, *, now: datetime) -> SessionOverview:
    """What the page of a session, fetched `with_days`, shows; a constant number of queries.

    Consent is counted once there are dates, invitations for a clinic only.
    Source: sessions and clinics §3.2.
    """
    today = london_day(now)
    dates = days_of(session)
    programmes = list(session.programmes.all())
    invitations = invitation_counts(session) if session.is_clinic else None
    bookable = next_bookable(dates, today)
    return SessionOverview(
        session=session,
        today=today,
        state=state(session, today),
        dates=dates,
        programmes=[programme.name for programme in programmes],
        children=members(session).count(),
        consent=consent_counts(session, programmes) if dates else None,
        consent_by_programme=consent_counts_by_programme(session, programmes)
        if dates and len(programmes) > 1
        else {},
        left_out_of_consent=left_out_of_groups(session, programmes) if dates else None,
        needing_triage=triage_counts(session, programmes)[TriageGroup.NEEDED] if dates else 0,
        invitations=invitations,
        waiting=invitations.to_be_invited if invitations and not bookable else 0,
        next_bookable=bookable,
        is_open_for_consent=is_open_for_consent(dates, today),
        can_close=can_close(session, today=today),
        can_reopen=can_reopen(session),
    )
