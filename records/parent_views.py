"""Adding, correcting and removing a parent on a child's record."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access_log import record_view
from accounts.models import AccessLogEntry
from accounts.permissions import edits_children_required
from calendars import clock
from cohorts.models import Child, Parent, ParentRelationship
from records import parents
from records.adding_parents import OnRecordOtherwise, add_parent
from records.parent_forms import ParentForm
from records.parent_selectors import concerned, parents_of
from records.scope import address_of, find_child

KNOWN = "The record has this parent or guardian already"
GONE = "This parent or guardian has been removed from the record already"
CHANGED = (
    "Somebody else has changed this parent or guardian since you opened the page. Check what the "
    "record says now, then make your change again"
)


def _find(request: HttpRequest, public_id: UUID, parent_id: UUID) -> ParentRelationship:
    """A parent of the organisation's child, whose record is not sensitive; else 404."""
    return get_object_or_404(
        parents_of(request.organisation), public_id=parent_id, child__public_id=public_id
    )


@require_http_methods(["GET", "HEAD", "POST"])
@edits_children_required
def add(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Add a parent or guardian."""
    child = find_child(request, public_id)
    form = ParentForm(
        request.POST if request.method == "POST" else None,
        initial={"contact_method": Parent.ContactMethod.ANY},
        allows_drama=settings.IS_LOCAL,
    )
    on_record = None
    if request.method == "POST" and form.is_valid():
        try:
            is_new = add_parent(
                child=child, details=form.details(), by=request.user, now=clock.now()
            )
        except OnRecordOtherwise as refusal:
            on_record = refusal.relationship
            form.say_what_differs(on_record, refusal.differing, child)
        else:
            messages.success(request, "Parent or guardian added" if is_new else KNOWN)
            return redirect(address_of(child))
    _log_view(request, child)
    return render(
        request,
        "records/add_parent.html",
        {
            "caption": child.full_name,
            "title": "Add parent or guardian",
            "button": "Add parent or guardian",
            "back": address_of(child),
            "cancel": address_of(child),
            "form": form,
            "child": child,
            "on_record": on_record,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@edits_children_required
def change(request: HttpRequest, public_id: UUID, parent_id: UUID) -> HttpResponse:
    """Correct name, relationship and contact details."""
    relationship = _find(request, public_id, parent_id)
    child = relationship.child
    stored = parents.details_of(relationship)
    form = ParentForm(
        request.POST if request.method == "POST" else None,
        initial=ParentForm.filled_in(stored),
        allows_drama=settings.IS_LOCAL,
    )
    seen = request.POST.get("seen", stored.fingerprint)
    if request.method == "POST" and form.is_valid():
        try:
            is_changed = parents.change_parent(
                relationship=relationship,
                details=form.details(),
                seen=seen,
                by=request.user,
                now=clock.now(),
            )
        except parents.ParentGone:
            messages.info(request, GONE)
            return redirect(address_of(child))
        except parents.ChangedMeanwhile:
            form.add_error(None, CHANGED)
            seen = stored.fingerprint
        else:
            words = "Parent or guardian changed" if is_changed else "Nothing was changed"
            messages.success(request, words)
            return redirect(address_of(child))
    _log_view(request, child)
    return render(
        request,
        "records/change_parent.html",
        {
            "caption": child.full_name,
            "title": "Change parent or guardian",
            "button": "Save changes",
            "back": address_of(child),
            "cancel": address_of(child),
            "form": form,
            "child": child,
            "parent_id": parent_id,
            "seen": seen,
            "stored": stored,
            "labels": parents.LABELS,
            "was_changed": form.non_field_errors(),
            "concerned": concerned(relationship),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@edits_children_required
def remove(request: HttpRequest, public_id: UUID, parent_id: UUID) -> HttpResponse:
    """Take a parent off the record, once it is clear what that means."""
    if request.method == "POST":
        return _remove(request, public_id, parent_id)
    relationship = _find(request, public_id, parent_id)
    _log_view(request, relationship.child)
    return render(
        request,
        "records/remove_parent.html",
        {
            "child": relationship.child,
            "relationship": relationship,
            "concerned": concerned(relationship),
        },
    )


def _remove(request: HttpRequest, public_id: UUID, parent_id: UUID) -> HttpResponse:
    child = find_child(request, public_id)
    found = parents_of(request.organisation).filter(public_id=parent_id, child=child).first()
    try:
        if found is None:
            raise parents.ParentGone
        parents.remove_parent(relationship=found, by=request.user, now=clock.now())
    except parents.ParentGone:
        messages.info(request, GONE)
    else:
        messages.success(request, "Parent or guardian removed from the record")
    return redirect(address_of(child))


def _log_view(request: HttpRequest, child: Child) -> None:
    record_view(
        user=request.user,
        child_id=child.pk,
        area=AccessLogEntry.Area.CHILD,
        page=AccessLogEntry.Page.SHOW,
        now=clock.now(),
    )
