"""The pages about children: the list, the record and the activity log."""

from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access_log import record_view
from accounts.models import AccessLogEntry
from accounts.permissions import edits_children
from activity.selectors import child_log
from calendars import clock
from calendars.rules import academic_year_of
from cohorts.models import Child
from govuk.lists import paginate
from govuk.searches import keeps_out_of_address
from records.contacts import people_of
from records.forms import ChildFilterForm
from records.record import child_record
from records.rules import list_heading
from records.selectors import find_children
from records.services import NotInCohort, remove_from_cohort


@keeps_out_of_address("q")
def children(request, *, asked):
    form = ChildFilterForm(asked, organisation=request.organisation)
    filters = form.chosen()
    found = find_children(
        request.organisation, filters, academic_year=academic_year_of(clock.today())
    )
    page = paginate(request, found)
    heading = list_heading(
        page.paginator.count,
        query=filters.query,
        missing_nhs_number=filters.missing_nhs_number,
    )
    return render(
        request, "records/children.html", {"filters": form, "page": page, "heading": heading}
    )


@require_safe
def child(request, public_id):
    child = _opened_child(request, public_id, AccessLogEntry.Page.SHOW)
    record = child_record(child, organisation=request.organisation, now=clock.now())
    may_edit = edits_children(request.user)
    return render(
        request,
        "records/child.html",
        {
            "child": child,
            "record": record,
            "may_edit": may_edit,
            "may_merge": may_edit and not child.is_restricted and len(people_of(child)) > 1,
        },
    )


@require_safe
def activity(request, public_id):
    child = _opened_child(request, public_id, AccessLogEntry.Page.ACTIVITY)
    log = child_log(
        child=child,
        organisation=request.organisation,
        page_number=request.GET.get("page", 1),
    )
    return render(request, "records/activity.html", {"child": child, "log": log})


@require_http_methods(["GET", "HEAD", "POST"])
def remove(request, public_id):
    if request.method != "POST":
        child = _opened_child(request, public_id, AccessLogEntry.Page.SHOW)
        return render(request, "records/remove.html", {"child": child})
    child = get_object_or_404(
        Child.objects.for_organisation(request.organisation), public_id=public_id
    )
    try:
        cohort = remove_from_cohort(child_id=child.pk, by=request.user, now=clock.now())
    except NotInCohort:
        messages.info(request, "The child was removed from the cohort already")
    else:
        messages.success(request, f"Child removed from the {cohort} cohort")
    return redirect("children:list")


def _opened_child(request: HttpRequest, public_id, page: str) -> Child:
    """The organisation's child, once it is noted that the person looked at them."""
    child = get_object_or_404(
        Child.objects.for_organisation(request.organisation).select_related("school"),
        public_id=public_id,
    )
    record_view(
        user=request.user,
        child_id=child.pk,
        area=AccessLogEntry.Area.CHILD,
        page=page,
        now=clock.now(),
    )
    return child
