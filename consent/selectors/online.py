"""What the parents' pages read: sessions, schools and drafts, and no child."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Organisation
from calendars.clock import london_day, london_instant
from cohorts.models import Location
from consent import online_rules, questions
from consent.choices import Decision
from consent.decisions import OPTIONS
from consent.models import OnlineDraft, OnlineResponse
from consent.online_rules import Decided, Outcome
from consent.selectors.sessions import is_open_to_parents, responses_close_on
from programmes.models import Programme
from programmes.together import named_in_address
from sessions_app.models import Session
from sessions_app.selectors.lists import days_of

FORMS_STAY_OPEN = timedelta(hours=12)
_DAY = timedelta(days=1)


def programmes_of_link(named: str) -> list[Programme]:
    """The programmes that a link names, in its order; empty for a name that means nothing."""
    keys = named_in_address(named)
    found = Programme.objects.in_bulk([key for key in keys if key in OPTIONS])
    return [found[key] for key in keys] if len(found) == len(keys) else []


def schools_of(organisation: Organisation) -> list[Location]:
    """The schools a parent may choose from: those that the organisation looks after, by name."""
    schools = Location.objects.for_organisation(organisation).schools()
    return list(schools.exclude(status=Location.Status.CLOSED).order_by("name", "id"))


def open_draft(
    session: Session, named: str, draft_id: UUID, *, browser: str, now: datetime
) -> OnlineDraft | None:
    """The browser's form of this link, while it is open: not recorded, begun under 12 hours ago."""
    return OnlineDraft.objects.filter(
        pk=draft_id,
        session=session,
        programmes=list(named_in_address(named)),
        browser=browser,
        recorded_at__isnull=True,
        created_at__gt=now - FORMS_STAY_OPEN,
    ).first()


def was_recorded(draft_id: UUID, *, browser: str) -> bool:
    """Whether the browser's form was confirmed: a second click finds that the first did it."""
    return OnlineDraft.objects.filter(
        pk=draft_id, browser=browser, recorded_at__isnull=False
    ).exists()


def is_open(session: Session, programmes: Sequence[Programme], *, now: datetime) -> bool:
    """Whether a form about these programmes may be begun."""
    offered = {programme.pk for programme in session.programmes.all()}
    return is_open_to_parents(session, today=london_day(now)) and offered.issuperset(
        programme.pk for programme in programmes
    )


def closed_at(session: Session, *, now: datetime) -> datetime | None:
    """When a session, fetched `with_days`, stopped taking responses; none if that is not known."""
    last_day = responses_close_on(session)
    ends = [london_instant(last_day + _DAY, time())] if last_day else []
    if session.closed_at is not None:
        ends.append(session.closed_at)
    return min(ends, default=None)


def may_finish(
    session: Session, programmes: Sequence[Programme], draft: OnlineDraft, *, now: datetime
) -> bool:
    """Whether a form may still be filled in and sent; see `online_rules.may_finish`."""
    return online_rules.may_finish(
        is_open=is_open(session, programmes, now=now),
        begun_at=draft.created_at,
        closed_at=closed_at(session, now=now),
        now=now,
    )


def vaccinates_at(
    school: Location | None, session: Session, programmes: Sequence[str], *, now: datetime
) -> bool:
    """Whether the school has a session of the link's organisation and year, with one of the
    programmes, that was not closed by then and has a date that day or later.

    Who begins a form in time may finish it on the morning of the last date: the child is then
    still vaccinated at school. Source: consent §2.1 and §2.7.
    """
    if school is None:
        return False
    today = london_day(now)
    return any(
        (found.closed_at is None or found.closed_at > now)
        and any(day >= today for day in days_of(found))
        for found in _sessions_at(school, session, programmes)
    )


def is_over_at(
    school: Location | None,
    session: Session,
    programmes: Sequence[str],
    *,
    begun_at: datetime,
    now: datetime,
) -> bool:
    """Whether another school than that of a school's link has had all its sessions of these
    programmes: who names it comes too late there. One that has no dates yet is not over. Who
    began the form before they ended has as long to finish it as at the school of the link.

    Source: consent §2.1 [R] and scenario 9 [L].
    """
    if school is None or session.is_clinic or school.pk == session.location_id:
        return False
    sessions = list(_sessions_at(school, session, programmes))
    return bool(sessions) and all(_is_over(found, begun_at, now) for found in sessions)


def _is_over(session: Session, begun_at: datetime, now: datetime) -> bool:
    ended_at = closed_at(session, now=now)
    if ended_at is None or ended_at > now:
        return False
    return begun_at >= ended_at or not online_rules.may_finish(
        is_open=False, begun_at=begun_at, closed_at=ended_at, now=now
    )


def _sessions_at(
    school: Location, session: Session, programmes: Sequence[str]
) -> QuerySet[Session]:
    """The school's sessions of the organisation and year of a link, with one of the programmes."""
    return (
        Session.objects.for_organisation(session.organisation)
        .filter(
            location=school,
            academic_year=session.academic_year,
            programmes__in=list(programmes),
        )
        .with_days()
        .distinct()
    )


def recorded_response(session: Session, public_id: UUID) -> OnlineResponse | None:
    """A response that came by the session's link."""
    return (
        OnlineResponse.objects.filter(session=session, public_id=public_id)
        .select_related("school", "session__location", "session__organisation")
        .prefetch_related("decisions__programme")
        .first()
    )


def online_outcome(response: OnlineResponse) -> Outcome:
    """What the last page and the messages tell the parent: the same, however much later each is
    made, since both go by when the answer was recorded. It looks at no child.
    """
    decided = [
        Decided(
            decision.programme_id,
            is_given=decision.decision == Decision.GIVEN,
            calls_for_triage=questions.call_for_triage(decision.health_answers),
        )
        for decision in response.decisions.all()
    ]
    given = [one.programme for one in decided if one.is_given]
    return online_rules.outcome(
        decided,
        is_vaccinated_at_school=bool(given)
        and vaccinates_at(response.school, response.session, given, now=response.recorded_at),
    )
