"""The page before a file that writes to many families is imported."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from calendars import clock
from cohorts import consequences
from cohorts.forms import CheckedForm
from cohorts.models import Upload
from cohorts.services import confirming
from cohorts.upload_kinds import kind_of
from cohorts.views.uploads import find_upload
from govuk.filters import count

NOT_WAITING = (
    "This file does not wait any more as you saw it: somebody has confirmed or discarded it, or it "
    "was checked again. Nothing was changed."
)


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Say what importing the file does and whom it writes to, and do so once that is confirmed."""
    upload = find_upload(request, public_id)
    if request.method == "POST":
        return _decide(request, upload, confirming.confirm_upload, "Confirmed. Importing the file.")
    if upload.status != Upload.Status.CHECKED:
        return redirect("uploads:show", public_id=public_id)
    writings = consequences.from_json(upload.writings)
    families = count(consequences.families(writings), "family", "families")
    return render(
        request,
        "uploads/check.html",
        {
            "upload": upload,
            "kind": kind_of(upload.kind),
            "writings": writings,
            "form": CheckedForm(initial={"checked_at": upload.checked_at.isoformat()}),
            "until": upload.checked_at + confirming.CONFIRM_WITHIN,
            "caption": upload.file_name,
            "title": "Check who will be written to",
            "button": f"Import and write to {families}",
        },
    )


@require_POST
def discard(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Import nothing of the file."""
    upload = find_upload(request, public_id)
    return _decide(
        request, upload, confirming.discard_upload, "File discarded. Nothing was imported."
    )


def _decide(request: HttpRequest, upload: Upload, decide, done: str) -> HttpResponse:
    form = CheckedForm(request.POST)
    if form.is_valid() and decide(
        upload_id=upload.pk,
        checked_at=form.cleaned_data["checked_at"],
        by=request.user,
        now=clock.now(),
    ):
        messages.success(request, done)
    else:
        messages.warning(request, NOT_WAITING)
    return redirect("uploads:show", public_id=upload.public_id)
