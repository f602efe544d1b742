"""The sessions area: which sessions are in which tab."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from enum import Enum

from django.db.models import Count

from accounts.models import Organisation
from calendars.rules import academic_year_of
from sessions_app.models import Membership, Session
from sessions_app.rules import next_bookable
from sessions_app.schedule_rules import State, state_of
from sessions_app.selectors.counts import waiting_for_a_date


class Tab(Enum):
    """The tabs of the sessions area, in their order. The value is the last part of the address."""

    TODAY = "today"
    UNSCHEDULED = "unscheduled"
    SCHEDULED = "scheduled"
    COMPLETED = "completed"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        return self.value.capitalize()


TAB_OF_STATE = {
    State.UNSCHEDULED: Tab.UNSCHEDULED,
    State.SCHEDULED: Tab.SCHEDULED,
    State.COMPLETED: Tab.COMPLETED,
    State.CLOSED: Tab.CLOSED,
}


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session in a list."""

    slug: str
    name: str
    address: str
    dates: list[date]
    programmes: list[str]
    children: int


@dataclass(frozen=True, slots=True)
class SessionList:
    """One tab of the sessions area and the size of all tabs.

    `waiting` children of the `clinic` are not invited because it has no date to book.
    """

    rows: list[SessionRow]
    counts: dict[Tab, int]
    years: list[int]
    clinic: Session | None = None
    waiting: int = 0


def session_list(
    organisation: Organisation, *, tab: Tab, academic_year: int, today: date
) -> SessionList:
    """The sessions of a year in one tab: first date first, a clinic before schools, then by name.

    A session held today is under Today and under Scheduled. Source: sessions and clinics §3.1.
    """
    sessions = list(
        Session.objects.for_organisation(organisation)
        .filter(academic_year=academic_year)
        .with_days()
        .select_related("location")
        .prefetch_related("programmes")
    )
    counts: Counter[Tab] = Counter()
    shown = []
    for session in sessions:
        tabs = {TAB_OF_STATE[state(session, today)]}
        if today in days_of(session):
            tabs.add(Tab.TODAY)
        counts.update(tabs)
        if tab in tabs:
            shown.append(session)
    shown.sort(
        key=lambda session: (
            session.first_date or date.max,
            not session.is_clinic,
            session.location.name.casefold(),
        )
    )
    children = cohort_sizes(shown)
    clinic = next((session for session in sessions if session.is_clinic), None)
    is_waited_for = clinic and academic_year >= academic_year_of(today)
    return SessionList(
        rows=[
            SessionRow(
                slug=session.slug,
                name=session.location.name,
                address=session.location.address,
                dates=days_of(session),
                programmes=[programme.name for programme in session.programmes.all()],
                children=children.get(session.pk, 0),
            )
            for session in shown
        ],
        counts={tab: counts[tab] for tab in Tab},
        years=years_with_sessions(organisation, today=today),
        clinic=clinic,
        waiting=(
            waiting_for_a_date(
                clinic, has_bookable_date=next_bookable(days_of(clinic), today) is not None
            )
            if is_waited_for
            else 0
        ),
    )


def state(session: Session, today: date) -> State:
    """Where a session, fetched `with_days`, stands."""
    return state_of(last_date=session.last_date, is_closed=session.is_closed, today=today)


def days_of(session: Session) -> list[date]:
    """The dates of a session, fetched `with_days`, in order."""
    return [day.value for day in session.live_dates]


def cohort_sizes(sessions: list[Session]) -> dict[int, int]:
    """How many children are in each session now, by session id; one query."""
    return dict(
        Membership.objects.filter(session__in=sessions, left_at__isnull=True)
        .order_by()
        .values("session")
        .annotate(size=Count("pk"))
        .values_list("session", "size")
    )


def years_with_sessions(organisation: Organisation, *, today: date) -> list[int]:
    """The academic years that have sessions, and the present one, latest first."""
    years = set(
        Session.objects.for_organisation(organisation)
        .order_by()
        .values_list("academic_year", flat=True)
        .distinct()
    )
    return sorted(years | {academic_year_of(today)}, reverse=True)
