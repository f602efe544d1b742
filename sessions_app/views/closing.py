"""Closing a school session, and opening it again while nobody was written to because of it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from calendars import clock
from sessions_app import closing, mailing_words
from sessions_app.closing import ClosingRefused
from sessions_app.views.scope import find_session, message_examples


@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest, slug: str) -> HttpResponse:
    """Say who goes on to the community clinic, and close once that is confirmed."""
    session = find_session(request, slug)
    now = clock.now()
    if request.method == "POST":
        try:
            closing.close_session(session_id=session.pk, by=request.user, now=now)
        except ClosingRefused as refused:
            messages.warning(request, str(refused))
        else:
            messages.success(request, "Session closed.")
        return redirect("sessions:show", slug=slug)
    if not closing.can_close(session, today=clock.today()):
        messages.warning(request, closing.CANNOT_CLOSE)
        return redirect("sessions:show", slug=slug)
    preview = closing.preview(session, now=now)
    return render(
        request,
        "sessions/close.html",
        {
            "session": session,
            "preview": preview,
            "held": mailing_words.when_previewed(preview.invitations, now),
            "examples": message_examples(preview.clinic) if preview.clinic else {},
            "caption": session.location.name,
            "title": "Close session",
            "button": "Close session",
            "back": reverse("sessions:show", kwargs={"slug": slug}),
        },
    )


@require_POST
def reopen(request: HttpRequest, slug: str) -> HttpResponse:
    """Undo closing."""
    session = find_session(request, slug)
    try:
        closing.reopen_session(session_id=session.pk, by=request.user, now=clock.now())
    except ClosingRefused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, "Session opened again.")
    return redirect("sessions:show", slug=slug)
