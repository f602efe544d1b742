"""The child in a session: the record with its consent, and the activity log."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.permissions import is_nurse, records_consent_required
from activity.selectors import child_log
from calendars import clock
from consent.selectors.child import child_in_session
from consent.views.lookup import find_child, find_session, log_view


@require_safe
@records_consent_required
def show(request: HttpRequest, slug: str, public_id: UUID) -> HttpResponse:
    """The child's details, the invitation, and consent with what can be done about it."""
    session = find_session(request, slug)
    child = find_child(request, session, public_id)
    log_view(request, child, "show")
    return render(
        request,
        "consent/child.html",
        {
            "session": session,
            "child": child,
            "about": child_in_session(child, session, now=clock.now()),
            "is_nurse": is_nurse(request.user),
        },
    )


@require_safe
@records_consent_required
def activity(request: HttpRequest, slug: str, public_id: UUID) -> HttpResponse:
    """What happened to the child, newest first."""
    session = find_session(request, slug)
    child = find_child(request, session, public_id)
    log_view(request, child, "activity")
    log = child_log(
        child=child,
        organisation=request.organisation,
        page_number=request.GET.get("page", 1),
        session_id=session.pk,
    )
    return render(
        request, "consent/activity.html", {"session": session, "child": child, "log": log}
    )
