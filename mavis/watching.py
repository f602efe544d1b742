"""`GET /watchz`: whether a person should look now. For alarms, never for load balancers.

Why it is not part of `/healthz`: `docs/decisions/0053-two-addresses-for-health.md`.
"""

from datetime import datetime

from django.conf import settings
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse

from accounts import bearer
from calendars import clock
from heartbeats import selectors as heartbeats
from heartbeats import workers
from mavis import health
from notifications import condition, selectors
from notifications.models import Stoppage

PATH = "/watchz"
NOTHING: dict = {"alarms": []}


def may_look(request: HttpRequest) -> bool:
    """Whether the request carries one of WATCH_TOKENS; without any of them nobody may."""
    return bearer.is_known(request.headers.get("Authorization", ""), settings.WATCH_TOKENS)


def answer(request: HttpRequest) -> HttpResponse:
    """200 while nothing is wrong; 503 with what is. 404 where no token is set, 401 for another."""
    if not settings.WATCH_TOKENS:
        return HttpResponse(status=404)
    if not may_look(request):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    parts = health.parts()
    seen = _look()
    is_well = all(parts.values()) and seen is not None and not seen["alarms"]
    return health.response("ok" if is_well else "alarm", parts, is_well=is_well, **seen or NOTHING)


def answer_with_health(request: HttpRequest) -> HttpResponse:
    """`GET /healthz`: what `health` answers. Whoever carries a token reads there too what rings an
    alarm, and the figures; the code stays that of health, which takes a server away.
    """
    if not may_look(request):
        return health.answer()
    parts = health.parts()
    is_well = all(parts.values())
    return health.response(
        "ok" if is_well else "unwell", parts, is_well=is_well, **_look() or NOTHING
    )


def _look() -> dict | None:
    """The alarms and the figures; None where the database does not answer."""
    try:
        wrong, figures = examine(clock.now())
    except DatabaseError:
        return None
    return {"alarms": wrong, **figures}


def examine(now: datetime) -> tuple[list[str], dict]:
    """What is wrong, in words; and the figures behind it. Names of schedules and numbers only."""
    schedules = heartbeats.states(now)
    lanes = condition.lanes(now)
    unsettled = condition.unsettled(None, now)
    stopped = [each for each in selectors.stoppages(now) if each.kind not in Stoppage.PASSING]
    wrong = [f"schedule overdue: {each.schedule}" for each in schedules if each.is_overdue]
    wrong += [
        f"worker takes no jobs: {each.name}" for each in workers.states(now) if each.is_alarming
    ]
    wrong += [
        f"messages wait too long: {each.lane.name.lower()}" for each in lanes if each.waits_too_long
    ]
    wrong += [f"sending stopped: {each.scope} ({each.kind})" for each in stopped]
    if unsettled.long_unclear:
        wrong.append(f"uncertain for over an hour: {unsettled.long_unclear}")
    if unsettled.never_final:
        wrong.append(f"not final after five days: {unsettled.never_final}")
    figures = {
        "oldest_due_seconds": {
            each.lane.name.lower(): seconds_since(each.oldest_due_at, now) for each in lanes
        },
        "waiting": {each.lane.name.lower(): each.waiting for each in lanes},
        "uncertain": unsettled.unclear,
        "need_a_person": unsettled.parked,
        "not_delivered": unsettled.not_delivered,
        "never_final": unsettled.never_final,
    }
    return wrong, figures


def seconds_since(instant: datetime | None, now: datetime) -> int:
    """How long ago it was; 0 for none."""
    return max(int((now - instant).total_seconds()), 0) if instant else 0
