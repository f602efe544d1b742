"""Whose parents are asked for consent because an operator changed which programmes are offered."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from accounts.foretelling import Effect
from accounts.models import Organisation, User
from calendars.clock import london_day
from govuk.filters import count, govuk_date_with_weekday
from programmes.models import OrganisationProgramme, Programme
from sessions_app import asking
from sessions_app.invitations.of_operators import UNDO, newly_eligible
from sessions_app.models import Session
from sessions_app.schedule_rules import asks_on, is_open_for_consent, years_to_prepare
from sessions_app.selectors.lists import days_of


def of_a_programme_taken_up(
    row: OrganisationProgramme, *, before: Mapping[str, object], by: User, now: datetime
) -> list[Effect]:
    """Whom jobs ask at schools because an organisation runs a programme."""
    return _at_schools(row.organisation, row.programme, now=now) if before else []


def of_year_groups(
    programme: Programme, *, before: Mapping[str, object], by: User, now: datetime
) -> list[Effect]:
    """The same where the programme came to be for other year groups."""
    if "year_groups" not in before:
        return []
    return [
        effect
        for organisation in programme.organisations.order_by("name")
        for effect in _at_schools(organisation, programme, now=now)
    ]


def _at_schools(organisation: Organisation, programme: Programme, *, now: datetime) -> list[Effect]:
    today = london_day(now)
    schools: dict[int, list[Session]] = defaultdict(list)
    for school in (
        Session.objects.with_days()
        .filter(
            organisation=organisation,
            programmes=programme,
            academic_year__in=years_to_prepare(today),
            closed_at__isnull=True,
            consent_requests_on__isnull=False,
        )
        .exclude(pk__in=Session.objects.clinics())
        .select_related("location")
    ):
        schools[school.academic_year].append(school)
    every = [school.pk for sessions in schools.values() for school in sessions]
    waits = asking.waiting(every, now=now)
    due: Counter[date] = Counter()
    called_back: Counter[str] = Counter()
    for year, sessions in schools.items():
        newly = newly_eligible(sessions, programme, academic_year=year, today=today)
        for school in sessions:
            goes_at = waits.get(school.pk, now)
            day = _asked_on(school, goes_at or now)
            # Who is asked for another programme on that day, too, gets no letter more.
            is_asked_already = school.consent_requests_on <= today
            found = newly[school.pk]
            if not is_open_for_consent(days_of(school), day):
                continue
            if goes_at is None:
                called_back[school.location.name] += len(found.children)
            else:
                due[day] += len(found.children if is_asked_already else found.for_this_only)
    return [
        Effect(
            families,
            f"{organisation}: the parents of {count(families, 'child', 'children')} are asked at "
            f"schools for consent to {programme.vaccination}, on {govuk_date_with_weekday(day)} "
            f"from 4pm. {UNDO}.",
        )
        for day, families in sorted(due.items())
        if families
    ] + [
        Effect(
            0,
            f"{organisation}: the parents of {count(families, 'child', 'children')} are not asked. "
            f"Called back at {name}: nobody is asked there until somebody of the organisation "
            "sends those messages after all.",
        )
        for name, families in sorted(called_back.items())
        if families
    ]


def _asked_on(school: Session, now: datetime) -> date:
    """The day on which jobs ask; not before the next night has worked out statuses anew."""
    day = asks_on(
        requests_on=school.consent_requests_on, academic_year=school.academic_year, now=now
    )
    return max(day, london_day(now) + timedelta(days=1))
