"""School moves: the list, and the review of one."""

import uuid
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access_log import record_view
from accounts.models import AccessLogEntry, User
from accounts.permissions import records_consent_required
from calendars import clock
from calendars.rules import academic_year_of
from cohorts import selectors
from cohorts.display import move_lines
from cohorts.forms import CONFIRM, MoveForm
from cohorts.models import SchoolMove
from cohorts.services import school_moves
from govuk.lists import paginate


@require_safe
@records_consent_required
def list_moves(request: HttpRequest) -> HttpResponse:
    """The moves that wait for a decision, oldest first."""
    found = selectors.waiting_moves(request.organisation)
    return render(
        request,
        "school_moves/list.html",
        {"page": paginate(request, found)},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@records_consent_required
def show(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Where the child is and where they would go; confirm or ignore."""
    move = get_object_or_404(
        SchoolMove.objects.for_organisation(request.organisation)
        .select_related("child__school", "child__organisation", "school__team__organisation")
        .prefetch_related("child__relationships__parent"),
        public_id=public_id,
    )
    if move.decision:
        return _already_decided(request)
    days = school_moves.days_to_choose(move, today=clock.today())
    data = request.POST if request.method == "POST" else None
    form = MoveForm(
        data, days=days, name=move.child.full_name, is_to_school=move.school is not None
    )
    if form.is_valid():
        return _decide(request, move, form)
    now = clock.now()
    record_view(
        user=request.user,
        child_id=move.child_id,
        area=AccessLogEntry.Area.CHILD,
        page=AccessLogEntry.Page.SHOW,
        now=now,
    )
    updated, existing = move_lines(move, academic_year_of(clock.london_day(now)))
    return render(
        request,
        "school_moves/show.html",
        {
            "move": move,
            "form": form,
            "new_school": move.school_label,
            "invitation": school_moves.invitation_if_confirmed(move, now=now),
            "updated": updated,
            "existing": existing,
        },
    )


def _decide(request: HttpRequest, move: SchoolMove, form: MoveForm) -> HttpResponse:
    now = clock.now()
    try:
        if form.cleaned_data["decision"] == CONFIRM:
            confirmed = school_moves.confirm(
                move_id=move.pk, by=request.user, now=now, keep_in_clinic=form.keep_in_clinic
            )
            messages.success(request, _done(confirmed, by=request.user, now=now))
        else:
            school_moves.ignore(move_id=move.pk, by=request.user, now=now)
            messages.info(request, "School move ignored")
    except school_moves.AlreadyDecided:
        return _already_decided(request)
    return redirect("school-moves:list")


def _done(move: SchoolMove, *, by: User, now: datetime) -> str:
    """That the record was updated, and who is written to because of it."""
    done = "Child record updated with new school"
    if move.school is None:
        done = f"Child record updated: {move.school_label}"
    written = [
        f"{writing.what}: {line.when}."
        for writing in school_moves.writings_after(move, by=by, now=now)
        for line in writing.lines
        if line.is_sure
    ]
    if not written:
        return done
    return " ".join([f"{done}. Their parents will be written to.", *written])


def _already_decided(request: HttpRequest) -> HttpResponse:
    messages.info(request, "This school move does not need review any more")
    return redirect("school-moves:list")
