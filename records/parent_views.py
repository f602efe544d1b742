"""Adding, correcting and removing a parent on a child's record."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

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
GONE = (
    "This parent or guardian is not on the record any more: they were removed, or merged with "
    "another contact. Nothing was changed by you"
)
CHANGED = (
    "Somebody else has changed this parent or guardian since you opened the page. Check what the "
    "record says now, then make your change again"
)


def _find(request: HttpRequest, child: Child, parent_id: UUID) -> ParentRelationship | None:
    """The child's parent, unless they are on the record no more."""
    return parents_of(request.organisation).filter(public_id=parent_id, child=child).first()


def _say_gone(request: HttpRequest, child: Child) -> HttpResponse:
    messages.info(request, GONE)
    return redirect(address_of(child))


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
    child = find_child(request, public_id)
    relationship = _find(request, child, parent_id)
    if relationship is None:
        return _say_gone(request, child)
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
            return _say_gone(request, child)
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


@require_POST
@edits_children_required
def confirm(request: HttpRequest, public_id: UUID, parent_id: UUID) -> HttpResponse:
    """Vouch for a parent who came by an online response alone."""
    child = find_child(request, public_id)
    found = _find(request, child, parent_id)
    try:
        if found is None:
            raise parents.ParentGone
        parents.confirm_parent(relationship=found, by=request.user, now=clock.now())
    except parents.ParentGone:
        return _say_gone(request, child)
    messages.success(request, f"{found.parent.display_name} confirmed as parent or guardian")
    return redirect(address_of(child))


@require_http_methods(["GET", "HEAD", "POST"])
@edits_children_required
def remove(request: HttpRequest, public_id: UUID, parent_id: UUID) -> HttpResponse:
    """Take a parent off the record, once it is clear what that means."""
    child = find_child(request, public_id)
    relationship = _find(request, child, parent_id)
    if relationship is None:
        return _say_gone(request, child)
    if request.method == "POST":
        try:
            parents.remove_parent(relationship=relationship, by=request.user, now=clock.now())
        except parents.ParentGone:
            return _say_gone(request, child)
        messages.success(request, "Parent or guardian removed from the record")
        return redirect(address_of(child))
    _log_view(request, child)
    return render(
        request,
        "records/remove_parent.html",
        {"child": child, "relationship": relationship, "concerned": concerned(relationship)},
    )


def _log_view(request: HttpRequest, child: Child) -> None:
    record_view(
        user=request.user,
        child_id=child.pk,
        area=AccessLogEntry.Area.CHILD,
        page=AccessLogEntry.Page.SHOW,
        now=clock.now(),
    )
