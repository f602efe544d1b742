"""Whose parents are asked for consent because a file put children into school sessions."""

from collections import Counter, defaultdict
from dataclasses import asdict
from datetime import date, datetime

from django.db.models import Exists, OuterRef
from django.urls import reverse

from accounts.models import Organisation, User
from calendars.clock import london_day
from calendars.rules import academic_year_of
from cohorts.consequences import Line, Writing
from consent import asking_rules
from consent.messages import SCHOOL_REQUEST, school_examples
from consent.selectors import asking
from govuk.filters import govuk_date_with_weekday
from sessions_app import rules
from sessions_app.choices import Exclusion
from sessions_app.models import Membership, ProgrammeStatus, Session
from sessions_app.schedule_rules import is_open_for_consent
from sessions_app.selectors.lists import days_of

ASKED_BEFORE = "Asked before, or answered already"


def asked_because_of_file(
    *, organisation: Organisation, by: User | None, now: datetime
) -> list[Writing]:
    """The requests that jobs will send for the children an import of this person and instant put
    into sessions of schools. Nothing of them can be called back: they go on their day.
    """
    today = london_day(now)
    joined = Membership.objects.filter(joined_at=now, added_by=by, left_at__isnull=True)
    schools = (
        Session.objects.with_days()
        .filter(
            Exists(joined.filter(session=OuterRef("pk"))),
            organisation=organisation,
            academic_year=academic_year_of(today),
            closed_at__isnull=True,
            consent_requests_on__isnull=False,
        )
        .exclude(pk__in=Session.objects.clinics())
        .select_related("organisation", "location__team")
        .order_by("location__name")
    )
    due: dict[date, int] = Counter()
    left_out: dict[str, int] = Counter()
    shown = None
    members = defaultdict(list)
    for session_id, child_id in joined.filter(session__organisation=organisation).values_list(
        "session_id", "child_id"
    ):
        members[session_id].append(child_id)
    for school in schools:
        day = asking_rules.asks_on(requests_on=school.consent_requests_on, now=now)
        if not is_open_for_consent(days_of(school), day):
            continue
        shown = shown or school
        asked = {
            child_id for child_id, _ in asking.to_ask(school, now=now, child_ids=members[school.pk])
        }
        due[day] += len(asked)
        left_out.update(_reasons(school, set(members[school.pk]) - asked))
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
            is_many=families >= rules.HELD_FROM,
            left_out=sorted(left_out.items()),
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


def _reasons(school: Session, children: set[int]) -> Counter[str]:
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
