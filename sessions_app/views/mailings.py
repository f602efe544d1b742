"""A mailing that waits: calling it back, and letting it go after all."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from calendars import clock
from sessions_app import asking, dates_changed, display, invitations, mailing_words
from sessions_app.invitations import messages as invitation_messages
from sessions_app.mailing_examples import what_parents_read
from sessions_app.models import DatesChange, Mailing
from sessions_app.selectors.lists import days_of
from sessions_app.views.scope import find_mailing, find_session, message_examples

NOT_WAITING = "These messages no longer wait here, or it is too late to send them."


@require_safe
def show(request: HttpRequest, slug: str, mailing_id) -> HttpResponse:
    """Who is written to and when, and how long it can be called back; what became of it."""
    mailing = find_mailing(request, slug, mailing_id)
    now = clock.now()
    is_held = mailing.is_held(now)
    return render(
        request,
        "sessions/mailing.html",
        {
            "mailing": mailing,
            "session": mailing.session,
            "what": mailing_words.mailing_of(mailing),
            "is_held": is_held,
            "examples": what_parents_read(mailing, now=now) if is_held else [],
            "time_left": mailing.goes_at and mailing_words.time_left(mailing.goes_at, now),
            "time_it_goes": mailing.goes_at and mailing_words.time_it_goes(mailing.goes_at, now),
            "can_release": _can_release(mailing, now),
            "what_now": mailing_words.what_now(mailing) if mailing.called_back_at else "",
            "is_of_school": mailing.kind in Mailing.OF_SCHOOLS,
        },
    )


@require_POST
def call_back(request: HttpRequest, slug: str, mailing_id) -> HttpResponse:
    """Take it back: nothing of it is sent."""
    mailing = find_mailing(request, slug, mailing_id)
    try:
        if invitations.call_back(mailing_id=mailing.pk, by=request.user, now=clock.now()):
            messages.success(request, "Called back. Nothing was sent to any parent.")
        else:
            messages.success(request, "It was called back already. Nothing was sent.")
    except invitations.CallingBackRefused as refused:
        messages.warning(request, str(refused))
    return redirect("sessions:mailing", slug=slug, mailing_id=mailing.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def release(request: HttpRequest, slug: str, mailing_id) -> HttpResponse:
    """Say who would be invited now, and let them be invited once that is confirmed."""
    mailing = find_mailing(request, slug, mailing_id)
    session, now = mailing.session, clock.now()
    if not _can_release(mailing, now):
        messages.warning(request, NOT_WAITING)
        return redirect("sessions:mailing", slug=slug, mailing_id=mailing.pk)
    if mailing.kind in Mailing.OF_SCHOOLS:
        return _release_at_school(request, mailing, now)
    if request.method == "POST":
        letters = invitations.release(mailing_id=mailing.pk, by=request.user, now=now)
        sent = mailing_words.invited_notice(letters) or " Invitations go when they are due."
        messages.success(request, f"Confirmed.{sent}")
        return redirect("sessions:show", slug=slug)
    preview = invitations.preview_joining(
        session, invitations.called_back_children(mailing), now=now
    )
    return render(
        request,
        "sessions/release.html",
        {
            "mailing": mailing,
            "session": session,
            "preview": preview,
            "held": mailing_words.when_previewed(preview, now),
            "examples": message_examples(session),
            "caption": session.location.name,
            "title": "Invite these families",
            "button": "Confirm",
            "back": reverse("sessions:mailing", kwargs={"slug": slug, "mailing_id": mailing.pk}),
        },
    )


def _release_at_school(request: HttpRequest, mailing: Mailing, now: datetime) -> HttpResponse:
    """The same for what saving a school's dates brought about."""
    session = mailing.session
    found = asking.outlook_of_release(mailing, now=now)
    if request.method == "POST":
        waits = asking.release(mailing_id=mailing.pk, by=request.user, now=now)
        messages.success(request, mailing_words.released_notice(found, waits, now=now))
        return redirect("sessions:show", slug=session.slug)
    return render(
        request,
        "sessions/release.html",
        {
            "mailing": mailing,
            "session": session,
            "asking": display.asking(found, now=now),
            "caption": session.location.name,
            "title": "Send these messages",
            "button": "Confirm",
            "back": reverse(
                "sessions:mailing", kwargs={"slug": session.slug, "mailing_id": mailing.pk}
            ),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def tell(request: HttpRequest, slug: str, change_id) -> HttpResponse:
    """Say who would be told of changed dates and what they read, and tell them."""
    session = find_session(request, slug)
    change = get_object_or_404(
        DatesChange.objects.for_organisation(request.organisation), pk=change_id, session=session
    )
    now = clock.now()
    if request.method == "POST":
        try:
            told = dates_changed.tell(change_id=change.pk, by=request.user, now=now)
        except dates_changed.TellingRefused as refused:
            messages.warning(request, str(refused))
        else:
            messages.success(request, mailing_words.told_notice(told))
        return redirect("sessions:show", slug=slug)
    if dates_changed.to_tell(session) != change:
        messages.warning(request, dates_changed.TOLD_ALREADY)
        return redirect("sessions:show", slug=slug)
    to = dates_changed.recipients(change)
    return render(
        request,
        "sessions/dates_changed.html",
        {
            "session": session,
            "change": change,
            "what_changed": "\n".join(dates_changed.what_changed(change)),
            "recipients": to,
            "held": mailing_words.when_held(now, is_held=to.is_held, texts=to.texts),
            "examples": invitation_messages.examples(
                session,
                dates_changed.TEMPLATE,
                **dates_changed.personalisation(change, session),
            ),
            "caption": session.location.name,
            "title": "Tell families that dates have changed",
            "button": "Confirm",
            "back": reverse("sessions:show", kwargs={"slug": slug}),
        },
    )


def _can_release(mailing: Mailing, now: datetime) -> bool:
    may_go = asking.may_still_go(mailing, days_of(mailing.session), now=now)
    return (
        (mailing.kind == Mailing.Kind.INVITATIONS or may_go)
        and mailing.called_back_at is not None
        and mailing.released_at is None
        and not mailing.session.is_closed
    )
