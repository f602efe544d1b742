"""Which child is in which session: joining, leaving, and where a child belongs.

Joining the clinic cohort plans the invitation that may be due at once, in the same transaction.
The session is held first, and is locked when its dates change, so that a child who joins while a
nurse schedules is seen by one of the two. Source: cohorts and imports §2.3.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import cached_property

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Organisation, User
from activity.models import Entry
from activity.services import record_for_children
from calendars.clock import london_day
from calendars.rules import academic_year_of, birth_academic_year_of
from cohorts.models import Child, Location
from heartbeats import faults
from programmes.models import Programme
from sessions_app import invitations, statuses
from sessions_app.choices import Exclusion, VaccinationStatus
from sessions_app.clinic import community_clinic
from sessions_app.models import Membership, ProgrammeStatus, Session, SessionDate
from sessions_app.schedule_rules import years_to_prepare

Reason = Membership.Reason

# Membership rows → ids of those that carry a record and so must stay.
Anchor = Callable[[Sequence[Membership]], set[int]]
_anchors: list[Anchor] = []


def register_anchor(anchor: Anchor) -> None:
    """Let an app above name memberships that must stay: a child was seen in that session."""
    _anchors.append(anchor)


JOIN = """
INSERT INTO sessions_app_membership
    (child_id, session_id, reason, joined_at, joined_from_id, added_by_id, left_because)
SELECT child_id, %s, %s, %s, %s, %s, '' FROM unnest(%s::bigint[]) AS child_id
ON CONFLICT DO NOTHING
RETURNING child_id
"""


@transaction.atomic
def join(
    session: Session,
    child_ids: Iterable[int],
    *,
    reason: str,
    now: datetime,
    by: User | None = None,
    joined_from: Session | None = None,
) -> int:
    """Put children into a session, each at most once; returns how many were not in it before.

    For the community clinic, invitations that are due already are planned at once.
    """
    session = Session.objects.hold(session.pk)
    joined: list[int] = []
    with connection.cursor() as cursor:
        for ids in statuses.chunks(child_ids):
            cursor.execute(
                JOIN,
                [
                    session.pk,
                    reason,
                    now,
                    joined_from.pk if joined_from else None,
                    by.pk if by else None,
                    ids,
                ],
            )
            joined += [row[0] for row in cursor.fetchall()]
    if not joined:
        return 0
    record_for_children(
        joined,
        kind=Entry.Kind.ADDED_TO_SESSION,
        title=f"Added to session at {session.location.name}",
        body=Reason(reason).label if session.is_clinic else "",
        organisation_id=session.organisation_id,
        session_id=session.pk,
        now=now,
        by=by,
    )
    statuses.refresh(joined, today=london_day(now))
    if session.is_clinic:
        invitations.plan(now=now, session_ids=[session.pk], child_ids=joined, by=by)
    return len(joined)


@transaction.atomic
def leave(
    memberships: Iterable[Membership], *, because: str, now: datetime, by: User | None = None
) -> list[Membership]:
    """Take children out of sessions; returns the memberships that had to stay.

    One stays that carries a vaccination or another record of that session. The row is kept, so
    that a return is known as one. Source: sessions and clinics E14.
    """
    memberships = list(memberships)
    # Clinics first, as whoever confirms other dates has them before what was called back in them.
    clinics = Session.objects.clinics().filter(pk__in={one.session_id for one in memberships})
    for clinic_id in clinics.order_by("pk").values_list("pk", flat=True):
        Session.objects.hold(clinic_id)
    leaving = list(
        Membership.objects.filter(
            pk__in=[membership.pk for membership in memberships], left_at__isnull=True
        )
        .order_by("pk")
        .select_for_update(no_key=True)
    )
    kept_ids = set().union(*(anchor(leaving) for anchor in _anchors)) if leaving else set()
    gone = [membership for membership in leaving if membership.pk not in kept_ids]
    Membership.objects.filter(pk__in=[membership.pk for membership in gone]).update(
        left_at=now, left_because=because
    )
    by_session: dict[int, list[int]] = defaultdict(list)
    for membership in gone:
        by_session[membership.session_id].append(membership.child_id)
    for session in Session.objects.filter(pk__in=by_session).select_related("location"):
        invitations.free(session, now=now, child_ids=by_session[session.pk])
        record_for_children(
            by_session[session.pk],
            kind=Entry.Kind.REMOVED_FROM_SESSION,
            title=f"Removed from session at {session.location.name}",
            body=because,
            organisation_id=session.organisation_id,
            session_id=session.pk,
            now=now,
            by=by,
        )
    return [membership for membership in leaving if membership.pk in kept_ids]


@transaction.atomic
def place_children(
    organisation: Organisation,
    child_ids: Iterable[int],
    *,
    now: datetime,
    by: User | None = None,
    keep_in_clinic: bool = False,
) -> None:
    """Put children where their school, or the lack of one, says they belong this year.

    At a school with an open session that still has days to come or none yet: that session.
    Home-educated, school unknown, or no such session: the community clinic. Children who died,
    whose record is invalid or who left the cohort are in none. With `keep_in_clinic` a child in
    the clinic stays there. From August on they are placed in the coming year too, once it has
    sessions. Source: cohorts and imports §2.3, §2.4; sessions and clinics §1.4, §2, E17.
    """
    ids = list(child_ids)
    for year in years_to_prepare(london_day(now)):
        places = _Places(organisation, year, now)
        if places.are_ready:
            _place_in_year(places, ids, now=now, by=by, keep_in_clinic=keep_in_clinic)


def _place_in_year(
    places: "_Places",
    child_ids: Sequence[int],
    *,
    now: datetime,
    by: User | None,
    keep_in_clinic: bool,
) -> None:
    joining: dict[tuple[int, str], list[int]] = defaultdict(list)
    sessions: dict[int, Session] = {}
    for ids in statuses.chunks(child_ids):
        statuses.refresh(ids, today=london_day(now))
        held = _memberships_of(ids, places.year)
        vaccinated = _vaccinated_for_everything(ids, places.year)
        leaving = []
        for child in Child.objects.filter(pk__in=ids).select_related("school__team"):
            target, reason = places.of(child)
            clinics = [held_one for held_one in held[child.pk] if held_one.session.is_clinic]
            if target and clinics and keep_in_clinic:
                target = clinics[0].session
            leaving += [
                membership
                for membership in held[child.pk]
                if not membership.session.is_closed
                and (target is None or membership.session_id != target.pk)
            ]
            if target and (target.is_clinic or child.pk not in vaccinated):
                sessions[target.pk] = target
                joining[target.pk, reason].append(child.pk)
        leave(leaving, because="Moved to another place", now=now, by=by)
    for (session_id, reason), ids in sorted(joining.items()):
        join(sessions[session_id], ids, reason=reason, now=now, by=by)


def place_newcomers_to_the_year(*, now: datetime) -> int:
    """Place every child who was in no session of an academic year yet; returns how many.

    From 1 August on this carries every cohort into the coming year's sessions, so that a clinic
    in September invites three weeks before; on other days it finds nobody, or whom a fault left
    out. Children too old or too young for every programme, and those who left a session of the
    year, stay out. Safe to repeat. A fault of one organisation keeps no other waiting; SomeFailed
    is raised at the end. Source: cohorts and imports §2.4.
    """
    return faults.each(
        Organisation.objects.order_by("pk"),
        lambda organisation: sum(
            _place_newcomers(organisation, year, now=now)
            for year in years_to_prepare(london_day(now))
        ),
        what="Placing the newcomers of organisation",
    )


def _place_newcomers(organisation: Organisation, year: int, *, now: datetime) -> int:
    places = _Places(organisation, year, now)
    if not places.are_ready:
        return 0
    seen = Membership.objects.filter(child=OuterRef("pk"), session__academic_year=year)
    year_groups = {
        group
        for programme in Programme.objects.filter(organisations=organisation)
        for group in programme.year_groups
    }
    newcomers = (
        Child.objects.for_organisation(organisation)
        .filter(
            ~Exists(seen),
            birth_academic_year__in={birth_academic_year_of(g, year) for g in year_groups},
            date_of_death__isnull=True,
            invalidated_at__isnull=True,
        )
        .values_list("pk", flat=True)
    )
    placed = 0
    for ids in statuses.chunks(newcomers.iterator()):
        with transaction.atomic():
            _place_in_year(places, ids, now=now, by=None, keep_in_clinic=False)
        placed += len(ids)
    return placed


def _memberships_of(ids: list[int], year: int) -> dict[int, list[Membership]]:
    held = defaultdict(list)
    for membership in Membership.objects.filter(
        child_id__in=ids, left_at__isnull=True, session__academic_year=year
    ).select_related("session__location"):
        held[membership.child_id].append(membership)
    return held


def school_sessions_to_join(
    organisation: Organisation, year: int, today: date
) -> QuerySet[Session]:
    """Open school sessions of the year that have no dates yet or one still to come."""
    dates = SessionDate.objects.filter(session=OuterRef("pk"), removed_at__isnull=True)
    return (
        Session.objects.for_organisation(organisation)
        .filter(academic_year=year, closed_at__isnull=True, location__kind=Location.Kind.SCHOOL)
        .filter(~Exists(dates) | Exists(dates.filter(value__gte=today)))
        .select_related("location")
    )


def _vaccinated_for_everything(ids: list[int], year: int) -> set[int]:
    """The children who have had every programme of their year group."""
    vaccinations = defaultdict(set)
    for child_id, vaccination in (
        ProgrammeStatus.objects.filter(child_id__in=ids, academic_year=year)
        .exclude(exclusion=Exclusion.YEAR_GROUP)
        .values_list("child_id", "vaccination")
    ):
        vaccinations[child_id].add(vaccination)
    return {
        child_id
        for child_id, values in vaccinations.items()
        if values == {VaccinationStatus.VACCINATED}
    }


class _Places:
    """Where children of one organisation belong in an academic year, present or coming."""

    def __init__(self, organisation: Organisation, year: int, now: datetime):
        today = london_day(now)
        self.organisation = organisation
        self.now = now
        self.year = year
        self.is_coming = year > academic_year_of(today)
        self.schools = {
            session.location_id: session
            for session in school_sessions_to_join(organisation, self.year, today)
        }

    @cached_property
    def clinic(self) -> Session:
        return community_clinic(self.organisation, now=self.now, academic_year=self.year)

    @cached_property
    def are_ready(self) -> bool:
        """A coming year without sessions has no places yet: the night makes and fills them."""
        sessions = Session.objects.for_organisation(self.organisation)
        return not self.is_coming or sessions.filter(academic_year=self.year).exists()

    def of(self, child: Child) -> tuple[Session | None, str]:
        """The session a child belongs in, and why; none for a child who is in no session."""
        if (
            child.organisation_id != self.organisation.pk
            or child.date_of_death is not None
            or child.invalidated_at is not None
        ):
            return None, ""
        if child.school is None:
            return (
                self.clinic,
                Reason.HOME_EDUCATED if child.home_educated else Reason.UNKNOWN_SCHOOL,
            )
        if self.is_coming and child.year_group(self.year) not in child.school.year_groups:
            # They leave their school in the summer, and nobody has said yet where they go.
            return (self.clinic, Reason.UNKNOWN_SCHOOL) if self._is_ours(child) else (None, "")
        if child.school_id in self.schools:
            return self.schools[child.school_id], Reason.AT_SCHOOL
        return (self.clinic, Reason.NO_OPEN_SESSION) if self._is_ours(child) else (None, "")

    def _is_ours(self, child: Child) -> bool:
        team = child.school.team
        return team is not None and team.organisation_id == self.organisation.pk
