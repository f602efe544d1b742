"""Letting lapse what was good for one session day, or for one session, only. Source: consent §11.

A child's own consent is for the day of the assessment. If nobody acted on it, it lapses with the
triage made on it: in the night, or at the latest when its session is closed. From midnight on it
decides nothing, even if the job of the night did not come (`lapse_rules.as_of`). That a child
refused, or withdrew, stands: nobody becomes ready by the passing of a day. Nothing is lost: the
rows stay, marked as invalid, with the reason.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User
from calendars.clock import london_day
from cohorts.models import Child
from consent import doses
from consent.choices import Decision, Route
from consent.models import ConsentResponse, Triage
from consent.selectors.triage import lapsing_of
from consent.services import voiding
from consent.status_rules import end_of
from heartbeats import faults
from sessions_app import invitations, statuses
from sessions_app.choices import VaccinationStatus
from sessions_app.models import Membership, ProgrammeStatus, Session

OF_THE_DAY = "A child’s own consent is for the day of the session only"
CLOSED = "The session was closed"

# Child id, programme and academic year.
Scope = tuple[int, str, int]


def expire_each(*, now: datetime) -> int:
    """Let lapse what is over in every organisation; how many consents.

    A fault of one organisation keeps no other waiting; SomeFailed is raised at the end.
    """
    over = _own().filter(assessment__assessed_on__lt=london_day(now))
    return faults.each(
        list(over.order_by("organisation").values_list("organisation", flat=True).distinct()),
        lambda organisation_id: expire_self_consents(organisation_id, now=now),
        what="Expiring self-consents of organisation",
    )


@transaction.atomic
def expire_self_consents(organisation_id: int, *, now: datetime) -> int:
    """Let the own consents of children of earlier days lapse that nobody acted on; how many.

    That it is safe to vaccinate lapses too if it was decided on them; a delay stays.
    """
    over = _own().filter(organisation=organisation_id, assessment__assessed_on__lt=london_day(now))
    child_ids = _children_of(over)
    Child.objects.lock_all(child_ids)
    expired = _unused(over, child_ids)
    _let_lapse(expired, because=OF_THE_DAY, now=now)
    _follow({one.child_id for one in expired}, now=now)
    return len(expired)


@transaction.atomic
def expire_with_session(session: Session, *, by: User, now: datetime) -> None:
    """Let lapse what children consented to themselves in a session that is closed, unless somebody
    acted on it, and that it is safe to vaccinate those who were not vaccinated: at the clinic a
    nurse looks again.
    """
    own = _own().filter(session=session)
    decided = _decided_for(session)
    child_ids = _children_of(own) | _children_of(decided)
    Child.objects.lock_all(child_ids)
    expired = _unused(own, child_ids)
    _let_lapse(expired, because=CLOSED, now=now, by=by)
    lapsing = [
        triage
        for scope, triages in _by_scope(decided.filter(child__in=child_ids)).items()
        if not _is_of_a_clinic(triages)
        for triage in lapsing_of(triages, scope[1], scope[2])
    ]
    voiding.void_triages(lapsing, because=CLOSED, now=now, by=by)
    affected = {one.child_id for one in expired} | {one.child_id for one in lapsing}
    _follow(affected, now=now, by=by)


def _own() -> QuerySet[ConsentResponse]:
    """What children consented to themselves, is in force and nobody has marked as invalid."""
    return ConsentResponse.objects.filter(
        route=Route.SELF,
        decision=Decision.GIVEN,
        withdrawn_at__isnull=True,
        invalidated_at__isnull=True,
    )


def _decided_for(session: Session) -> QuerySet[Triage]:
    """The valid decisions about children of a session whom its programmes have not reached."""
    year = session.academic_year
    members = Membership.objects.filter(session=session, left_at__isnull=True)
    done = ProgrammeStatus.objects.filter(
        child=OuterRef("child"),
        programme=OuterRef("programme"),
        academic_year=year,
        vaccination=VaccinationStatus.VACCINATED,
    )
    return Triage.objects.filter(
        ~Exists(done),
        child__in=members.values("child"),
        programme__in=session.programmes.all(),
        academic_year=year,
        invalidated_at__isnull=True,
    )


def _children_of(rows: QuerySet) -> set[int]:
    return set(rows.order_by().values_list("child_id", flat=True))


def _unused(own: QuerySet[ConsentResponse], child_ids: set[int]) -> list[ConsentResponse]:
    """Those about these children, who are locked by now, that nobody acted on."""
    answers = own.filter(child__in=child_ids).select_related("assessment", "programme")
    return doses.not_acted_on(answers)


def _is_of_a_clinic(triages: Collection[Triage]) -> bool:
    """Whether the last decision was made at a clinic, whose sessions go on."""
    newest = max(triages, key=lambda triage: (triage.performed_at, triage.pk))
    return newest.session.is_clinic


def _let_lapse(
    expired: list[ConsentResponse], *, because: str, now: datetime, by: User | None = None
) -> None:
    """Mark children's own answers as invalid, and what was decided on them."""
    voiding.void_responses(expired, because=because, now=now, by=by)
    since: dict[tuple[Scope, date], datetime] = {}
    for one in expired:
        assert one.assessment is not None
        key = (one.child_id, one.programme_id, one.academic_year), one.assessment.assessed_on
        since[key] = min(one.responded_at, since.get(key, one.responded_at))
    valid = Triage.objects.filter(
        child__in={one.child_id for one in expired}, invalidated_at__isnull=True
    )
    triages = _by_scope(valid) if expired else {}
    lapsing: dict[int, Triage] = {}
    for (scope, day), start in sorted(since.items()):
        standing = [one for one in triages.get(scope, []) if one.pk not in lapsing]
        gone = lapsing_of(standing, scope[1], scope[2], since=start, until=end_of(day))
        lapsing |= {triage.pk: triage for triage in gone}
    voiding.void_triages(list(lapsing.values()), because=because, now=now, by=by)


def _by_scope(triages: QuerySet[Triage]) -> dict[Scope, list[Triage]]:
    found: dict[Scope, list[Triage]] = defaultdict(list)
    for triage in triages.select_related("programme", "session__location"):
        found[triage.child_id, triage.programme_id, triage.academic_year].append(triage)
    return found


def _follow(child_ids: set[int], *, now: datetime, by: User | None = None) -> None:
    """Bring up to date what is derived."""
    statuses.refresh(child_ids, today=london_day(now))
    invitations.catch_up(child_ids, now=now, by=by)
