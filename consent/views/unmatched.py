"""Unmatched consent responses: the list, and what a person does with one. Source: consent §4."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access_log import record_view
from accounts.models import AccessLogEntry
from accounts.permissions import records_consent_required
from calendars import clock
from calendars.rules import academic_year_of
from cohorts.models import Child
from consent.forms.unmatched import ArchiveForm, ChildSearchForm, LinkForm
from consent.models import OnlineResponse
from consent.selectors import unmatched
from consent.selectors.matching import suggested_children
from consent.selectors.undoing import undone_matches
from consent.services import matching
from govuk.filters import count
from govuk.lists import paginate
from govuk.searches import keeps_out_of_address

GONE = "Somebody has dealt with this response already"
LEFT = "This child has just left your cohort. The response was not linked"


@require_safe
@records_consent_required
def list_responses(request: HttpRequest) -> HttpResponse:
    """All that wait for a person, oldest first."""
    page = paginate(request, unmatched.waiting_responses(request.organisation))
    return render(request, "consent/unmatched/list.html", {"page": page})


def find_waiting(request: HttpRequest, public_id: UUID) -> OnlineResponse:
    """The organisation's response, if it still waits; else 404."""
    return get_object_or_404(unmatched.waiting_responses(request.organisation), public_id=public_id)


@records_consent_required
@keeps_out_of_address("q", of=find_waiting, named="public_id")
def match(request: HttpRequest, public_id: UUID, *, asked) -> HttpResponse:
    """Search for the child whom the response means."""
    response = find_waiting(request, public_id)
    form = ChildSearchForm(asked, year_groups=unmatched.year_groups_to_search(request.organisation))
    query, year_group = form.asked()
    year = academic_year_of(clock.today())
    found = unmatched.search_children(
        request.organisation, query=query, year_group=year_group, academic_year=year
    )
    has_searched = bool(query.strip()) or year_group is not None
    return render(
        request,
        "consent/unmatched/match.html",
        {
            "response": response,
            "lines": unmatched.response_lines(response, year),
            "undone": undone_matches(response),
            "filters": form,
            "has_searched": has_searched,
            "page": paginate(request, found),
            "suggestions": [] if has_searched else suggested_children(response),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@records_consent_required
def compare(request: HttpRequest, public_id: UUID, child_id: UUID) -> HttpResponse:
    """The response beside the child's record; a POST links the two."""
    child = get_object_or_404(
        Child.objects.for_organisation(request.organisation)
        .select_related("school")
        .prefetch_related("relationships__parent"),
        public_id=child_id,
    )
    response = find_waiting(request, public_id)
    now = clock.now()
    found = unmatched.compare(response, child, academic_year_of(clock.london_day(now)))
    undone = next((one for one in reversed(undone_matches(response)) if one.child == child), None)
    form = LinkForm(
        request.POST if request.method == "POST" else None,
        child_name=child.full_name,
        must_check=found.names_another or undone is not None,
    )
    if form.is_valid():
        try:
            matching.link(response_id=response.pk, child=child, by=request.user, now=now)
        except matching.AlreadyDealtWith:
            return _gone(request)
        except matching.ChildLeft:
            messages.warning(request, LEFT)
            return redirect("unmatched:match", public_id=public_id)
        return _done(request, f"Consent response linked with {child.full_name}", child)
    record_view(
        user=request.user,
        child_id=child.pk,
        area=AccessLogEntry.Area.CHILD,
        page=AccessLogEntry.Page.CONSENT,
        now=now,
    )
    return render(
        request,
        "consent/unmatched/compare.html",
        {
            "response": response,
            "found": found,
            "form": form,
            "child_name": child.full_name,
            "is_invalid": child.invalidated_at is not None,
            "undone": undone,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@records_consent_required
def create(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The record that would be made of the response, and those that it might repeat."""
    response = find_waiting(request, public_id)
    now = clock.now()
    if request.method == "POST":
        try:
            child = matching.create_record(response_id=response.pk, by=request.user, now=now)
        except matching.AlreadyDealtWith:
            return _gone(request)
        except matching.NumberTaken:
            messages.warning(request, "This child has a record already. Match the response with it")
            return redirect("unmatched:match", public_id=public_id)
        others = matching.match_others(child, now=now)
        return _done(request, _created(child, others), child)
    year = academic_year_of(clock.london_day(now))
    return render(
        request,
        "consent/unmatched/create.html",
        {
            "response": response,
            "lines": unmatched.response_lines(response, year),
            "suggestions": suggested_children(response),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@records_consent_required
def archive(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Put the response away for good, with a note."""
    response = find_waiting(request, public_id)
    form = ArchiveForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            matching.archive(
                response_id=response.pk,
                note=form.cleaned_data["note"],
                by=request.user,
                now=clock.now(),
            )
        except matching.AlreadyDealtWith:
            return _gone(request)
        messages.success(request, "Consent response archived")
        return redirect("unmatched:list")
    return render(
        request,
        "consent/unmatched/archive.html",
        {
            "response": response,
            "form": form,
            "title": "Archive consent response",
            "button": "Archive response",
            "danger": True,
            "back": reverse("unmatched:list"),
            "cancel": reverse("unmatched:list"),
        },
    )


def _created(child: Child, others: int) -> str:
    """What became of the response, and of so many others about the same child."""
    words = f"Record created for {child.full_name}"
    if not others:
        return words
    were = "was" if others == 1 else "were"
    responses = count(others, "other unmatched response", "other unmatched responses")
    return f"{words}. {responses} {were} about this child and {were} matched with the record too"


def _done(request: HttpRequest, words: str, child: Child) -> HttpResponse:
    """Back to the list, with a link to the child in the banner."""
    address = reverse("children:show", kwargs={"public_id": child.public_id})
    messages.success(request, words, extra_tags=address)
    return redirect("unmatched:list")


def _gone(request: HttpRequest) -> HttpResponse:
    messages.info(request, GONE)
    return redirect("unmatched:list")
