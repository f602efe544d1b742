"""The operators' page about the timetable."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.permissions import operator_required
from calendars import clock
from heartbeats import selectors, workers


@operator_required
@require_safe
def schedules(request: HttpRequest) -> HttpResponse:
    """Each scheduled job: whether it comes when it should, and how its last runs ended; and each
    worker: whether it takes jobs.
    """
    now = clock.now()
    context = {"states": selectors.states(now), "workers": workers.states(now)}
    return render(request, "heartbeats/list.html", context)
