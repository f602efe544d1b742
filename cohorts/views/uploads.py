"""Uploading a file, watching it being imported, and reading what became of it."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from calendars import clock
from cohorts import consequences, display, selectors
from cohorts.files import FileProblem, annotate
from cohorts.forms import FileForm, KindForm
from cohorts.models import Upload
from cohorts.services.uploads import start_upload
from cohorts.upload_kinds import UploadKind, all_kinds, kind_of
from govuk.lists import paginate

ROWS_SHOWN = 100


@require_safe
def list_uploads(request: HttpRequest) -> HttpResponse:
    """The organisation's uploads, newest first."""
    uploads = Upload.objects.for_organisation(request.organisation).for_list()
    return render(
        request,
        "uploads/list.html",
        {
            "page": paginate(request, uploads),
            "waiting": selectors.waiting(request.organisation),
            "colours": display.STATUS_COLOURS,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def choose_kind(request: HttpRequest) -> HttpResponse:
    """What type of records the file holds."""
    form = KindForm(_posted(request), kinds=all_kinds())
    if form.is_valid():
        return redirect("uploads:file", kind=form.cleaned_data["kind"])
    return render(
        request,
        "layouts/form.html",
        {
            "form": form,
            "title": "Upload records",
            "button": "Continue",
            "back": reverse("uploads:list"),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def choose_file(request: HttpRequest, kind: str) -> HttpResponse:
    """The file itself. One that cannot be read as a whole is refused at once."""
    upload_kind = _kind(kind)
    sent = _posted(request)
    form = FileForm(sent, None if sent is None else request.FILES)
    if form.is_valid() and (upload := _start(request, upload_kind, form)):
        return redirect("uploads:show", public_id=upload.public_id)
    return render(
        request,
        "uploads/file.html",
        {
            "form": form,
            "title": f"Upload {upload_kind.label.lower()}",
            "button": "Upload",
            "back": reverse("uploads:new"),
            "kind": upload_kind,
        },
    )


def _start(request: HttpRequest, kind: UploadKind, form: FileForm) -> Upload | None:
    """The stored upload; None where the form now says why there is none."""
    file = form.cleaned_data["file"]
    try:
        upload = start_upload(
            organisation=request.organisation,
            kind=kind,
            file_name=file.name,
            content=file.read(),
            by=request.user,
            now=clock.now(),
        )
    except FileProblem as problem:
        form.add_error("file", str(problem))
        return None
    if upload.status == Upload.Status.PROCESSING:
        messages.info(request, "File uploaded. It is being checked")
    return upload


@require_safe
def show(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """How far an upload is, or what became of it; on to the page that asks, where one waits."""
    upload = find_upload(request, public_id)
    if upload.status == Upload.Status.CHECKED:
        return redirect("uploads:check", public_id=public_id)
    rows, faulty = display.faulty_rows(upload, ROWS_SHOWN)
    return render(
        request,
        "uploads/show.html",
        {
            "upload": upload,
            "kind": _kind(upload.kind),
            "colours": display.STATUS_COLOURS,
            "outcome_colours": display.OUTCOME_COLOURS,
            "writings": consequences.from_json(upload.writings),
            "fates": consequences.fates(
                organisation=request.organisation,
                imported_at=upload.finished_at,
                now=clock.now(),
            ),
            "faulty_rows": rows,
            "faulty_count": faulty,
            "waiting": selectors.waiting(request.organisation),
            "page": paginate(request, selectors.uploaded_children(upload)),
        },
    )


@require_safe
def problems(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The file again, with a first column that says what is wrong with each row."""
    upload = find_upload(request, public_id)
    if not upload.keeps_content or upload.status != Upload.Status.INVALID:
        return redirect("uploads:show", public_id=public_id)
    rows, _ = display.faulty_rows(upload, upload.rows_total)
    words = {
        line: ". ".join(f"{column}: {text}" if column else text for column, text in found)
        for line, found in rows
    }
    # The mark at the start tells spreadsheets that the file is UTF-8.
    lines = annotate(bytes(upload.content), words)
    response = StreamingHttpResponse(
        ("\ufeff" * (number == 0) + line for number, line in enumerate(lines)),
        content_type="text/csv; charset=utf-8",
    )
    response["Content-Disposition"] = 'attachment; filename="problems.csv"'
    return response


def _posted(request: HttpRequest) -> QueryDict | None:
    """What was sent; None where the page is only asked for."""
    return request.POST if request.method == "POST" else None


def find_upload(request: HttpRequest, public_id: uuid.UUID) -> Upload:
    """The organisation's upload; 404 for any other."""
    uploads = Upload.objects.for_organisation(request.organisation).for_page()
    return get_object_or_404(uploads, public_id=public_id)


def _kind(key: str) -> UploadKind:
    try:
        return kind_of(key)
    except KeyError:
        raise Http404("No such kind of file") from None
