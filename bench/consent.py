"""How long a nurse waits for the consent of 2,000 children, and a parent for a page of the form."""

import time
from collections import defaultdict
from datetime import datetime, timedelta
from statistics import median
from urllib.parse import urlsplit

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse

from accounts.models import User
from bench.cohort import clinic_of, noon
from bench.report import Finding
from calendars import clock
from cohorts.models import ParentRelationship
from consent.models import ConsentResponse
from sessions_app import statuses
from sessions_app.models import Session

CHILDREN = 2000
LIST_MS = 200
PARENTS_MS = 100
ROUNDS = 5
TABS = ("", "given", "refused", "conflicts", "follow-up", "not-required")
SORTED = ("", "?sort=name&direction=desc", "?sort=year-group")
# Ways through the form: its programmes, and what else than the plainest answers is given.
FORMS: list[tuple[str, dict[str, dict[str, str]]]] = [
    ("hpv", {}),
    ("flu", {"decision": {"decision": "nasal"}, "narrowing": {"answer": "yes"}}),
    ("menacwy-td_ipv", {"decision": {"decision": "both"}}),
    ("mmr", {"narrowing": {"answer": "either"}}),
    ("hpv", {"decision": {"decision": "refused"}}),
]


def measure_lists(children: int = CHILDREN) -> Finding:
    """The slowest of the tabs, however sorted, of a clinic in which half of all have answered."""
    now = noon()
    clinic = clinic_of(children, now=now)
    nurse = User.objects.filter(organisation=clinic.organisation).earliest("pk")
    _answer(clinic, nurse, now=now)
    client = Client()
    client.force_login(nurse)
    seconds, queries = {}, {}
    for tab in TABS:
        address = reverse("consent:responses", args=filter(None, [clinic.slug, tab]))
        for order in SORTED:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address + order).status_code == 200
            queries[tab + order] = len(captured)
            seconds[tab + order] = median(_open(client, address + order) for _ in range(ROUNDS))
    slowest = max(seconds, key=lambda name: seconds[name])
    ours = seconds[slowest] * 1000
    return _finding(
        "consent-lists",
        ours,
        LIST_MS,
        {
            "children": children,
            "have answered": ConsentResponse.objects.count(),
            "ms of the slowest": round(ours, 1),
            "ms of the first tab": round(seconds[""] * 1000, 1),
            "queries at most": max(queries.values()),
        },
    )


def measure_parents(rounds: int = ROUNDS) -> Finding:
    """The slowest page of the parents' form, read or sent, of all ways through it."""
    from tests.consent.parent import ABOUT_YOU, ParentForm
    from tests.factories import SchoolFactory, SessionFactory

    today = clock.today()
    session = SessionFactory(
        location=SchoolFactory(name="Pilot School"),
        programmes=sorted({key for form, _ in FORMS for key in form.split("-")}),
        dates=[today + timedelta(days=14)],
    )
    client = _TimedClient()
    for turn in range(rounds):
        for form, answers in FORMS:
            parent = ParentForm(session, form, client=client)
            client.get(parent.address())
            parent.start()
            email = {**ABOUT_YOU, "email": f"parent.{turn}.{client.number}@example.com"}
            parent.walk(**{"about_you": email, **answers})
            parent.confirm()
    middle = {what: median(seconds) * 1000 for what, seconds in client.seconds.items()}
    slowest = max(middle, key=lambda what: middle[what])
    return _finding(
        "parents-pages",
        middle[slowest],
        PARENTS_MS,
        {
            "pages read or sent": client.number,
            f"ms of the slowest: {slowest}": round(middle[slowest], 1),
            "ms in the middle": round(median(middle.values()), 1),
        },
    )


def _finding(name: str, ours: float, limit: int, details: dict[str, float]) -> Finding:
    return Finding(
        benchmark=name,
        unit=f"times in {limit} ms",
        ours=limit / ours,
        floor=1,
        ratio=limit / ours,
        at_least=1,
        details=details,
    )


def _answer(clinic: Session, nurse: User, *, now: datetime) -> None:
    """Let a parent of every other child answer, every third of them with a refusal."""
    parents = ParentRelationship.objects.filter(child__memberships__session=clinic)
    first = {
        each.child_id: each
        for each in parents.select_related("parent").order_by("-pk")
        if each.child_id % 2
    }
    ConsentResponse.objects.bulk_create(
        ConsentResponse(
            child_id=child_id,
            programme_id=programme.pk,
            organisation_id=clinic.organisation_id,
            session=clinic,
            academic_year=clinic.academic_year,
            parent=each.parent,
            parent_name=each.parent.full_name,
            relationship="Mum",
            email=each.parent.email,
            route=ConsentResponse.Route.PHONE,
            recorded_by=nurse,
            responded_at=now,
            **_decision(place),
        )
        for place, (child_id, each) in enumerate(first.items())
        for programme in clinic.programmes.all()
    )
    statuses.refresh(set(first), today=clock.london_day(now))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _decision(place: int) -> dict[str, object]:
    if place % 3:
        return {"decision": ConsentResponse.Decision.GIVEN, "methods": ["injection"]}
    return {"decision": ConsentResponse.Decision.REFUSED, "reason": ConsentResponse.Reason.PERSONAL}


def _open(client: Client, address: str) -> float:
    started = time.perf_counter()
    client.get(address)
    return time.perf_counter() - started


class _TimedClient(Client):
    """Writes down how long each request takes, by its method and route."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.number = 0

    def request(self, **request):
        """Answer as ever."""
        started = time.perf_counter()
        response = super().request(**request)
        taken = time.perf_counter() - started
        self.number += 1
        match = resolve(urlsplit(request["PATH_INFO"]).path)
        step = match.kwargs.get("step") or match.url_name
        self.seconds[f"{request['REQUEST_METHOD']} {step}"].append(taken)
        return response
