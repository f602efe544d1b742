"""Uploaded vaccinations that differ from a record: the list, and the choice between two."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access_log import record_view
from accounts.models import AccessLogEntry
from calendars import clock
from cohorts import selectors
from govuk.lists import paginate
from vaccinations import display
from vaccinations.forms import HistoryIssueForm
from vaccinations.history import issues
from vaccinations.models import HistoryIssue


@require_safe
def issue_list(request: HttpRequest) -> HttpResponse:
    """The issues that wait for a decision, oldest first."""
    found = (
        HistoryIssue.objects.for_organisation(request.organisation)
        .waiting()
        .select_related("record__child", "record__programme", "upload__uploaded_by")
        .defer("upload__content", "upload__problems", "upload__notes")
        .order_by("created_at", "pk")
    )
    return render(
        request,
        "vaccinations/issues.html",
        {
            "page": paginate(request, found),
            "waiting": selectors.waiting(request.organisation),
            "differing": display.differing,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def issue(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The uploaded and the existing record side by side, and what to do about them."""
    found = get_object_or_404(
        HistoryIssue.objects.for_organisation(request.organisation)
        .select_related(
            "record__child", "record__programme", "record__vaccine", "record__performer", "upload"
        )
        .defer("upload__content", "upload__problems", "upload__notes"),
        public_id=public_id,
    )
    if found.decision:
        return _already_decided(request)
    form = HistoryIssueForm(request.POST or None)
    if request.method == "POST":
        form = HistoryIssueForm(request.POST)
        if form.is_valid():
            return _decide(request, found, form.cleaned_data["decision"])
    record_view(
        user=request.user,
        child_id=found.record.child_id,
        area=AccessLogEntry.Area.CHILD,
        page=AccessLogEntry.Page.SHOW,
        now=clock.now(),
    )
    uploaded, existing = display.issue_lines(found)
    return render(
        request,
        "vaccinations/issue.html",
        {
            "issue": found,
            "child": found.record.child,
            "is_ours": found.record.child.organisation_id == request.organisation.pk,
            "form": form,
            "uploaded": uploaded,
            "existing": existing,
        },
    )


def _decide(request: HttpRequest, issue: HistoryIssue, decision: str) -> HttpResponse:
    try:
        issues.decide(issue_id=issue.pk, decision=decision, by=request.user, now=clock.now())
    except issues.AlreadyDecided:
        return _already_decided(request)
    messages.success(request, "Vaccination record updated")
    return redirect("vaccinations:issues")


def _already_decided(request: HttpRequest) -> HttpResponse:
    messages.info(request, "This issue does not need review any more")
    return redirect("vaccinations:issues")
