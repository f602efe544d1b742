"""Import issues: the list, and the choice between two records."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access_log import record_view
from accounts.models import AccessLogEntry
from calendars import clock
from calendars.rules import academic_year_of
from cohorts import display, selectors
from cohorts.forms import IssueForm
from cohorts.models import ImportIssue
from cohorts.services import issues
from govuk.lists import paginate

DONE = {
    ImportIssue.Decision.USE_UPLOADED: "Record updated",
    ImportIssue.Decision.KEEP_EXISTING: "Existing record kept",
    ImportIssue.Decision.KEEP_BOTH: "Both records kept",
}


@require_safe
def list_issues(request: HttpRequest) -> HttpResponse:
    """The issues that wait for a decision, oldest first."""
    found = selectors.waiting_issues(request.organisation)
    return render(
        request,
        "issues/list.html",
        {
            "page": paginate(request, found),
            "waiting": selectors.waiting(request.organisation),
            "differing": display.differing,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The uploaded and the existing record side by side, and what to do about them."""
    issue = get_object_or_404(
        ImportIssue.objects.for_organisation(request.organisation)
        .select_related("child__school", "upload__uploaded_by")
        .prefetch_related("child__relationships__parent"),
        public_id=public_id,
    )
    if issue.decision:
        return _already_decided(request)
    form = IssueForm(request.POST if request.method == "POST" else None, issue=issue)
    if form.is_valid():
        return _decide(request, issue, form)
    return _ask(request, issue, form)


def _ask(request: HttpRequest, issue: ImportIssue, form: IssueForm) -> HttpResponse:
    now = clock.now()
    record_view(
        user=request.user,
        child_id=issue.child_id,
        area=AccessLogEntry.Area.CHILD,
        page=AccessLogEntry.Page.SHOW,
        now=now,
    )
    year = academic_year_of(clock.london_day(now))
    uploaded, existing = selectors.compare_issue(issue, year)
    return render(
        request,
        "issues/show.html",
        {"issue": issue, "form": form, "uploaded": uploaded, "existing": existing},
    )


def _decide(request: HttpRequest, issue: ImportIssue, form: IssueForm) -> HttpResponse:
    decision = ImportIssue.Decision(form.cleaned_data["decision"])
    try:
        issues.decide(issue_id=issue.pk, decision=decision, by=request.user, now=clock.now())
    except (issues.AlreadyDecided, issues.CannotKeepBoth):
        return _already_decided(request)
    except issues.NumberTaken:
        form.add_error(
            "decision",
            "The uploaded NHS number has become another child’s. Keep the existing record, or "
            "correct the number in the file",
        )
        return _ask(request, issue, form)
    messages.success(request, DONE[decision])
    return redirect("issues:list")


def _already_decided(request: HttpRequest) -> HttpResponse:
    messages.info(request, "This issue does not need review any more")
    return redirect("issues:list")
