"""Send consent request: to whom it goes, and sending it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.permissions import records_consent_required
from calendars import clock
from consent import rules
from consent.forms.requests import STALE, SendRequestForm
from consent.selectors.facts import child_facts
from consent.selectors.requests import latest_letter, recipients
from consent.selectors.sessions import programmes_of
from consent.services.requests import RepeatNotConfirmed, RequestNotPossible, send_request
from consent.views.lookup import find_child, find_session, log_view
from govuk.filters import count
from sessions_app.rules import vaccination_named


@require_http_methods(["GET", "HEAD", "POST"])
@records_consent_required
def send(request: HttpRequest, slug: str, public_id: UUID) -> HttpResponse:
    """Show whom a request reaches and whom it does not; on confirmation send it."""
    session = find_session(request, slug)
    child = find_child(request, session, public_id)
    now = clock.now()
    form = SendRequestForm(request.POST or None)
    if request.method == "POST" and not form.is_valid():
        messages.warning(request, STALE)
        return redirect("consent:send-request", slug=slug, public_id=public_id)
    if request.method == "POST":
        try:
            asked = send_request(
                child=child,
                session=session,
                form_token=form.cleaned_data["token"],
                is_repeat_confirmed=form.cleaned_data["send_another"],
                now=now,
                by=request.user,
            )
        except RepeatNotConfirmed:
            form.ask_for_confirmation()
        except RequestNotPossible as refusal:
            messages.warning(request, str(refusal))
            return redirect("consent:child", slug=slug, public_id=public_id)
        else:
            reached = count(asked.parents, "parent or guardian", "parents or guardians")
            messages.success(request, f"Consent request sent. It goes to {reached}.")
            return redirect("consent:child", slug=slug, public_id=public_id)
    today = clock.london_day(now)
    facts = child_facts(child, session, today=today)
    if reason := rules.why_no_request(facts, today=today):
        messages.warning(request, reason)
        return redirect("consent:child", slug=slug, public_id=public_id)
    log_view(request, child, "consent")
    latest = latest_letter(child)
    names = {programme.key: programme.name_in_sentence for programme in programmes_of(session)}
    return render(
        request,
        "consent/send_request.html",
        {
            "session": session,
            "child": child,
            "form": form,
            "title": "Send consent request",
            "caption": child.full_name,
            "button": "Send consent request",
            "back": reverse("consent:child", kwargs={"slug": slug, "public_id": public_id}),
            "vaccinations": vaccination_named(
                [names[found.key] for found in facts.to_be_asked if found.key in names]
            ),
            "latest": latest,
            "is_repeat": rules.is_repeat(
                latest_request_at=latest.requested_at if latest else None, now=now
            ),
            "recipients": recipients(child),
        },
    )
