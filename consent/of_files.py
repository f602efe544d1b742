"""Whose parents are asked for consent because of a file of children."""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime

from django.urls import reverse

from accounts.models import Organisation, User
from calendars.clock import london_day
from cohorts.consequences import Line, Writing
from consent.messages import SCHOOL_REQUEST, school_examples
from consent.services import undelivered
from govuk.filters import govuk_date_with_weekday
from sessions_app import asking as school_asking
from sessions_app.choices import Exclusion
from sessions_app.models import Membership, ProgrammeStatus, Session
from sessions_app.schedule_rules import asks_on, is_open_for_consent, years_to_prepare
from sessions_app.selectors.lists import days_of

ASKED_BEFORE = "Asked before, or answered already"


def asked_because_of_file(
    *, organisation: Organisation, by: User | None, now: datetime, child_ids: Collection[int]
) -> list[Writing]:
    """The requests that jobs will send for these children, who came into sessions of schools with
    an import or about whom it changed something, such as how to reach their parents.

    Nothing of them can be called back: they go on their day, whoever imported. A school whose
    requests were called back asks nobody until a person lets them go.
    """
    today = london_day(now)
    members, newcomers = _members(organisation, child_ids, now=now)
    schools = (
        Session.objects.with_days()
        .filter(
            pk__in=members,
            academic_year__in=years_to_prepare(today),
            closed_at__isnull=True,
            consent_requests_on__isnull=False,
        )
        .exclude(pk__in=Session.objects.clinics())
        .select_related("organisation", "location__team")
        .order_by("location__name")
    )
    waits = school_asking.waiting(members, now=now)
    due: dict[date, int] = Counter()
    left_out: dict[str, int] = Counter()
    shown = None
    for school in schools:
        goes_at = waits.get(school.pk, now)
        day = asks_on(
            requests_on=school.consent_requests_on,
            academic_year=school.academic_year,
            now=goes_at or now,
        )
        if not is_open_for_consent(days_of(school), day):
            continue
        children = members[school.pk]
        asked = {
            child_id
            for child_id, _ in undelivered.to_ask_once_freed(school, now=now, child_ids=children)
        }
        if asked or children & newcomers:
            shown = shown or school
        if goes_at is None:
            left_out[f"Called back at {school.location.name}"] += len(asked)
        else:
            due[day] += len(asked)
        left_out.update(reasons(school, children - asked))
    if shown is None:
        return []
    families = sum(due.values())
    return [
        Writing(
            what="Requests for consent at schools",
            page=reverse("sessions:scheduled"),
            lines=[
                Line(f"on {govuk_date_with_weekday(day)}, from 4pm", size)
                for day, size in sorted(due.items())
                if size
            ],
            left_out=sorted((reason, size) for reason, size in left_out.items() if size),
            examples=[
                (
                    f"What parents will read, here for {shown.location.name}",
                    [
                        (channel, asdict(one))
                        for channel, one in school_examples(shown, SCHOOL_REQUEST, today=today)
                    ],
                )
            ]
            * bool(families),
        )
    ]


def _members(
    organisation: Organisation, child_ids: Collection[int], *, now: datetime
) -> tuple[dict[int, set[int]], set[int]]:
    """Which of the children each session has, and who came into one at this instant."""
    members: dict[int, set[int]] = defaultdict(set)
    newcomers = set()
    for session_id, child_id, joined_at in Membership.objects.filter(
        child__in=child_ids, session__organisation=organisation, left_at__isnull=True
    ).values_list("session_id", "child_id", "joined_at"):
        members[session_id].add(child_id)
        if joined_at == now:
            newcomers.add(child_id)
    return members, newcomers


def reasons(school: Session, children: set[int]) -> Counter[str]:
    """Why these children of a school are not asked about; each counts once."""
    found: dict[int, str] = {}
    statuses = ProgrammeStatus.objects.filter(
        child__in=children,
        academic_year=school.academic_year,
        programme__in=school.programmes.all(),
    )
    for child_id, exclusion in statuses.values_list("child_id", "exclusion"):
        if not exclusion:
            found[child_id] = ASKED_BEFORE
        else:
            found.setdefault(child_id, str(Exclusion(exclusion).label))
    return Counter(found.values())
