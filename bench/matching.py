"""Matching waiting responses with a cohort, against one bare look-up in an index for each.

A response that is matched becomes a consent, a parent, a log entry and a new status, each in a
transaction of its own; the look-up is what no matching can do without.
"""

import time
from datetime import datetime, timedelta
from statistics import median

from django.db import connection

from bench.cohort import clinic_of, noon
from bench.report import Finding
from cohorts.models import Child
from consent.models import OnlineDecision, OnlineResponse
from consent.selectors.matching import find_children
from consent.services import matching
from sessions_app.models import Session

CHILDREN = 150_000
RESPONSES = 1000
LIMIT_SECONDS = 60
ROUNDS = 3
AT_LEAST = 0.002
# Of ten responses one is about a twin who is not listed: it must find nobody.
EVERY_TWIN = 10

# Children whom no other equals, spread over the whole cohort.
SUBJECTS = """
SELECT min(id) FROM cohorts_child
GROUP BY given_name_key, family_name_key, date_of_birth, postcode
HAVING count(*) = 1 ORDER BY md5(min(id)::text) LIMIT %s
"""
LOOK_UP = "SELECT id FROM cohorts_child WHERE date_of_birth = %s AND family_name_key = %s"


def measure(children: int = CHILDREN, responses: int = RESPONSES) -> Finding:
    """Match so many responses that came in by one clinic's link."""
    now = noon()
    clinic = clinic_of(children, now=now)
    subjects = _subjects(responses)
    expected = _write_responses(subjects, clinic, now=now)
    waiting = list(OnlineResponse.objects.waiting())
    bare = [_look_up(subjects) for _ in range(ROUNDS)]
    started = time.perf_counter()
    list(find_children(waiting, organisation=clinic.organisation))
    deciding = time.perf_counter() - started
    started = time.perf_counter()
    matched = matching.match_waiting(now=now)
    seconds = time.perf_counter() - started
    wrong = sum(
        response.child_id != expected[response.pk]
        for response in OnlineResponse.objects.filter(pk__in=expected)
    )
    ours, floor = responses / seconds, responses / median(bare)
    return Finding(
        benchmark="matching",
        unit="responses a second",
        ours=ours,
        floor=floor,
        ratio=ours / floor,
        at_least=AT_LEAST,
        must_be_zero={
            "with another child, or with none, than expected": wrong,
            f"seconds beyond {LIMIT_SECONDS}": max(0, round(seconds - LIMIT_SECONDS)),
        },
        details={
            "children": children,
            "matched": matched,
            "seconds to match": round(seconds, 2),
            "of these, to decide who is meant": round(deciding, 2),
            "seconds for one bare look-up each": round(median(bare), 2),
        },
    )


def _subjects(number: int) -> list[Child]:
    with connection.cursor() as cursor:
        cursor.execute(SUBJECTS, [number])
        ids = [row[0] for row in cursor.fetchall()]
    return list(Child.objects.filter(pk__in=ids))


def _write_responses(
    subjects: list[Child], clinic: Session, *, now: datetime
) -> dict[int, int | None]:
    """A mother's yes about each child; the child whom each response must find, by its id."""
    responses = OnlineResponse.objects.bulk_create(
        OnlineResponse(
            organisation_id=clinic.organisation_id,
            session=clinic,
            recorded_at=now - timedelta(hours=1),
            given_name="Twin" if place % EVERY_TWIN == 0 else child.given_name.upper(),
            family_name=child.family_name,
            date_of_birth=child.date_of_birth,
            home_educated=True,
            address_line_1="1 Ribbon Street",
            town="Coventry",
            postcode=child.postcode,
            parent_name=f"Parent {place}",
            relationship="mother",
            email=f"online.{place}@example.com",
        )
        for place, child in enumerate(subjects)
    )
    OnlineDecision.objects.bulk_create(
        OnlineDecision(
            response=response, programme_id="hpv", decision="given", methods=["injection"]
        )
        for response in responses
    )
    return {
        response.pk: None if place % EVERY_TWIN == 0 else child.pk
        for place, (response, child) in enumerate(zip(responses, subjects, strict=True))
    }


def _look_up(subjects: list[Child]) -> float:
    started = time.perf_counter()
    with connection.cursor() as cursor:
        for child in subjects:
            cursor.execute(LOOK_UP, [child.date_of_birth, child.family_name_key])
            cursor.fetchall()
    return time.perf_counter() - started
