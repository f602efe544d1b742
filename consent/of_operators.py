"""Whose parents are asked for consent because an operator changed which programmes are offered."""

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta

from accounts.foretelling import Effect
from accounts.models import Organisation
from calendars.clock import london_day
from govuk.filters import count
from programmes.models import Programme
from sessions_app import asking
from sessions_app.models import Session
from sessions_app.of_programmes import newly_eligible, unless_undone
from sessions_app.schedule_rules import asks_on, is_open_for_consent, years_to_prepare
from sessions_app.selectors.lists import days_of


def at_schools(organisation: Organisation, programme: Programme, *, now: datetime) -> list[Effect]:
    """Whom jobs ask at an organisation's schools because it came to offer a programme to them."""
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
            day = _asked_on(school, waits_until=goes_at, now=now)
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
        unless_undone(
            organisation,
            families,
            f"are asked at schools for consent to {programme.vaccination}",
            on=day,
            at="4pm",
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


def _asked_on(school: Session, *, waits_until: datetime | None, now: datetime) -> date:
    """The day on which jobs ask; not before the next night has worked out statuses anew."""
    day = asks_on(
        requests_on=school.consent_requests_on,
        academic_year=school.academic_year,
        now=waits_until or now,
    )
    return max(day, london_day(now) + timedelta(days=1))
