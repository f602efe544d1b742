"""Merging two contacts of a child who are one person."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.access_log import record_views
from accounts.models import AccessLogEntry
from accounts.permissions import edits_children_required
from calendars import clock
from cohorts.models import Child
from records.contacts import pair_of, people_of
from records.merge_forms import KeepForm, WhoForm
from records.merge_selectors import consequences
from records.merging import merge_contacts
from records.parents import ChangedMeanwhile, ParentGone
from records.scope import address_of, find_child

GONE = (
    "These contacts have changed meanwhile: one was merged or removed, or has answered. Nothing "
    "was changed by you. Check what the record says now"
)
CHANGED = (
    "Somebody has changed one of these contacts or whose parent they are, or one of them has "
    "answered, since you opened the page. Check what the page says now, then merge them if they "
    "are still one person"
)


def _log_view(request: HttpRequest, *children: Child) -> None:
    """Keep that the person looked at the child, and at whose data the page shows besides."""
    record_views(
        user=request.user,
        child_ids=[child.pk for child in children],
        area=AccessLogEntry.Area.CHILD,
        page=AccessLogEntry.Page.SHOW,
        now=clock.now(),
    )


def _start_again(request: HttpRequest) -> HttpResponse:
    """To the page as it is now: what was chosen was chosen between other details."""
    messages.warning(request, CHANGED)
    return redirect(request.path)


@require_http_methods(["GET", "HEAD", "POST"])
@edits_children_required
def choose(request: HttpRequest, public_id: UUID, parent_id: UUID) -> HttpResponse:
    """Choose who else a parent is."""
    child = find_child(request, public_id)
    people = people_of(child)
    person = next((one for one in people if one.relationship and one.key == parent_id), None)
    if person is None:
        messages.info(request, GONE)
        return redirect(address_of(child))
    others = [one for one in people if one is not person]
    form = WhoForm(request.POST if request.method == "POST" else None, person=person, others=others)
    if request.method == "POST" and form.is_valid():
        return redirect(
            "children:merge-parents",
            public_id=public_id,
            parent_id=parent_id,
            other_id=form.cleaned_data["other"],
        )
    _log_view(request, child)
    return render(
        request,
        "records/merge_who.html",
        {
            "caption": child.full_name,
            "title": "Are these one person?",
            "button": "Continue",
            "back": address_of(child),
            "cancel": address_of(child),
            "form": form,
            "child": child,
            "person": person,
            "others": others,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@edits_children_required
def merge(request: HttpRequest, public_id: UUID, parent_id: UUID, other_id: UUID) -> HttpResponse:
    """Choose what is kept, see what follows, and merge the two."""
    child = find_child(request, public_id)
    pair = pair_of(child, parent_id, other_id)
    if pair is None:
        messages.info(request, GONE)
        return redirect(address_of(child))
    form = KeepForm(request.POST if request.method == "POST" else None, pair=pair)
    seen = request.POST.get("seen", pair.fingerprint)
    if request.method == "POST" and seen != pair.fingerprint:
        return _start_again(request)
    if request.method == "POST" and form.is_valid():
        try:
            merge_contacts(
                child=child,
                stays=parent_id,
                goes=other_id,
                kept=form.details(),
                seen=seen,
                by=request.user,
                now=clock.now(),
            )
        except ParentGone:
            messages.info(request, GONE)
            return redirect(address_of(child))
        except ChangedMeanwhile:
            return _start_again(request)
        else:
            messages.success(request, "Contacts merged")
            return redirect(address_of(child))
    names = {"public_id": public_id, "parent_id": parent_id}
    found = consequences(child, pair, today=clock.today())
    _log_view(request, child, *found.siblings)
    return render(
        request,
        "records/merge_check.html",
        {
            "caption": child.full_name,
            "title": "Merge these contacts?",
            "button": "Merge contacts",
            "danger": True,
            "back": reverse("children:merge-parent", kwargs=names),
            "cancel": address_of(child),
            "form": form,
            "child": child,
            "pair": pair,
            "seen": pair.fingerprint,
            "found": found,
        },
    )
