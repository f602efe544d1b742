"""Triage: deciding whether it is safe to vaccinate one child."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.permissions import nurse_required
from calendars import clock
from calendars.rules import last_day_of
from consent import doses, status_rules, triage_options
from consent.forms.triage import STALE, TriageForm
from consent.selectors.child import child_in_session
from consent.selectors.triage import counted_responses
from consent.services.triage import TriageNotPossible, Verdict, decide_triage
from consent.views.lookup import find_child, find_session, log_view


@require_http_methods(["GET", "HEAD", "POST"])
@nurse_required
def decide(request: HttpRequest, slug: str, public_id: UUID, programme: str) -> HttpResponse:
    """All health answers of those who consented, and the question whether it is safe."""
    session = find_session(request, slug)
    child = find_child(request, session, public_id)
    now = clock.now()
    back = reverse("consent:child", kwargs={"slug": slug, "public_id": public_id})
    about = child_in_session(child, session, now=now)
    shown = next((found for found in about.programmes if found.key == programme), None)
    if shown is None:
        raise Http404
    counted = counted_responses(child, programme, session.academic_year)
    agreement = status_rules.agreed([seen for seen, _ in counted])
    if shown.why_no_triage or agreement is None:
        messages.warning(request, shown.why_no_triage)
        return redirect(back)
    form = TriageForm(
        request.POST or None,
        offered=triage_options.options(programme, agreement),
        first_name=child.preferred_given_name or child.given_name,
        today=clock.london_day(now),
        last_day=last_day_of(session.academic_year),
        next_dose_from=doses.next_dose_from(child.pk, programme),
    )
    if request.method == "POST" and form.is_valid():
        try:
            decide_triage(
                child=child,
                session=session,
                programme=programme,
                verdict=Verdict(
                    form.chosen, form.cleaned_data["delay_until"], form.cleaned_data["notes"]
                ),
                form_token=form.cleaned_data["token"],
                now=now,
                by=request.user,
            )
        except TriageNotPossible as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(request, f"Triage outcome saved for {child.full_name}.")
        return redirect(back)
    if request.method == "POST" and "token" in form.errors:
        messages.warning(request, STALE)
        return redirect(request.path)
    log_view(request, child, "consent")
    return render(
        request,
        "consent/triage.html",
        {
            "form": form,
            "title": "Triage health questions",
            "caption": f"{child.full_name}: {shown.name}",
            "button": "Save triage outcome",
            "back": back,
            "programme": shown,
        },
    )
