"""What became of requests to the parents of many children: a few queries for a page of them."""

from collections.abc import Collection
from datetime import date, datetime

from django.db.models import Max

from calendars.clock import london_day
from calendars.rules import year_group_of
from cohorts.models import Child
from consent.models import ConsentRequest
from consent.request_outlook import Asking, RequestOutlook, Written, request_outlook
from consent.selectors.sessions import is_closed
from sessions_app.asking import waiting
from sessions_app.choices import ConsentStatus, Exclusion
from sessions_app.models import ProgrammeStatus, Session
from sessions_app.selectors.lists import days_of

# Child id and programme.
Pair = tuple[int, str]


def request_outlooks(
    session: Session, child_ids: Collection[int], programmes: Collection[str], *, now: datetime
) -> dict[Pair, RequestOutlook]:
    """For each child and programme of a session, fetched `with_days`, that nobody has answered
    for. Programmes for other year groups are left out. Four queries.
    """
    goes_at = waiting([session.pk], now=now).get(session.pk, now)
    asking = Asking(
        is_clinic=session.is_clinic,
        is_closed=is_closed(session, today=london_day(now)),
        academic_year=session.academic_year,
        dates=days_of(session),
        requests_on=session.consent_requests_on,
        is_called_back=goes_at is None,
        waits_until=goes_at,
    )
    last = _last_written(child_ids, session.academic_year)
    about_anything: dict[int, date] = {}
    for (child_id, _), day in last.items():
        about_anything[child_id] = max(day, about_anything.get(child_id, day))
    statuses = {
        (child_id, programme): (consent, exclusion)
        for child_id, programme, consent, exclusion in ProgrammeStatus.objects.filter(
            child__in=child_ids, programme__in=programmes, academic_year=session.academic_year
        )
        .exclude(exclusion=Exclusion.YEAR_GROUP)
        .values_list("child_id", "programme_id", "consent", "exclusion")
    }
    exclusions: dict[Pair, str | None] = {
        pair: exclusion
        for pair, (consent, exclusion) in statuses.items()
        if consent == ConsentStatus.NO_RESPONSE
    }
    for pair in _offered(session, child_ids, programmes) - statuses.keys():
        exclusions[pair] = None
    return {
        pair: request_outlook(
            asking, Written(last.get(pair), about_anything.get(pair[0]), exclusion), now=now
        )
        for pair, exclusion in exclusions.items()
    }


def _offered(
    session: Session, child_ids: Collection[int], programmes: Collection[str]
) -> set[Pair]:
    """The children with each of these programmes that their organisation runs for their year group,
    whether or not the night has worked out since how they stand (decision 0066).
    """
    rows = Child.objects.filter(
        pk__in=child_ids, organisation__programmes__in=programmes
    ).values_list(
        "pk",
        "birth_academic_year",
        "organisation__programmes",
        "organisation__programmes__year_groups",
    )
    return {
        (child_id, programme)
        for child_id, born, programme, year_groups in rows
        if year_group_of(born, session.academic_year) in year_groups
    }


def _last_written(child_ids: Collection[int], academic_year: int) -> dict[Pair, date]:
    """The London day of the last request or reminder about each child and programme in a year."""
    sent = ConsentRequest.objects.filter(
        child__in=child_ids, session__academic_year=academic_year, withheld_at__isnull=True
    )
    rows = sent.order_by().values_list("child_id", "programme_id").annotate(Max("requested_at"))
    return {(child_id, programme): london_day(at) for child_id, programme, at in rows}
