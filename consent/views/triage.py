"""Triage: deciding whether it is safe to vaccinate one child."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.permissions import nurse_required
from calendars import clock
from calendars.rules import last_day_of
from cohorts.models import Child
from consent import doses, status_rules, triage_options
from consent.forms.triage import STALE, TriageForm
from consent.selectors.child import ProgrammeConsent, child_in_session
from consent.selectors.triage import basis_now, counted_responses
from consent.services.triage import NOT_OFFERED, OUTDATED, TriageNotPossible, decide_triage
from consent.triage_step import ShownForTriage
from consent.views.lookup import find_child, find_session, log_view
from programmes.models import Programme
from sessions_app.models import Session


@dataclass(frozen=True)
class _Opened:
    """The page as things are now. `why_not` says why nothing can be decided; empty: it can."""

    shown: ProgrammeConsent | ShownForTriage
    form: TriageForm
    why_not: str


@require_http_methods(["GET", "HEAD", "POST"])
@nurse_required
def decide(request: HttpRequest, slug: str, public_id: UUID, programme: str) -> HttpResponse:
    """All health answers of those who consented, and the question whether it is safe.

    What was typed is not lost where it cannot be saved: the page comes again, as things are then.
    """
    session = find_session(request, slug)
    child = find_child(request, session, public_id)
    now = clock.now()
    back = reverse("consent:child", kwargs={"slug": slug, "public_id": public_id})
    opened = _open(request, child, session, programme, now)
    if request.method == "POST" and not opened.why_not:
        refusal = _save(request, child, session, programme, opened.form, now)
        if refusal is None:
            messages.success(request, f"Triage outcome saved for {child.full_name}.")
            return redirect(back)
        if refusal:
            opened = _open(request, child, session, programme, now)
            opened.form.ask_again(opened.why_not or refusal)
    elif opened.why_not and request.POST.get("notes", "").strip():
        opened.form.forget_errors()
        opened.form.ask_again(opened.why_not)
    elif opened.why_not:
        messages.warning(request, opened.why_not)
        return redirect(back)
    log_view(request, child, "consent")
    return render(
        request,
        "consent/triage.html",
        {
            "form": opened.form,
            "title": "Triage health questions",
            "caption": f"{child.full_name}: {opened.shown.name}",
            "button": "Save triage outcome",
            "back": back,
            "programme": opened.shown,
        },
    )


def _open(
    request: HttpRequest, child: Child, session: Session, programme: str, now: datetime
) -> _Opened:
    """`basis` is read before all that the page shows."""
    today = clock.london_day(now)
    basis = basis_now(child, programme, session.academic_year, today=today)
    about = child_in_session(child, session, now=now)
    shown: ProgrammeConsent | ShownForTriage | None = next(
        (found for found in about.programmes if found.key == programme), None
    )
    why_not = NOT_OFFERED
    if isinstance(shown, ProgrammeConsent):
        why_not = shown.why_no_triage
    else:
        # The programme may have left the session while the nurse was typing.
        name = get_object_or_404(Programme, key=programme).name
        shown = ShownForTriage(name)
    counted = counted_responses(child, programme, session.academic_year, today=today)
    agreement = status_rules.agreed([seen for seen, _ in counted])
    form = TriageForm(
        request.POST if request.method == "POST" else None,
        basis=basis,
        offered=triage_options.options(programme, agreement, is_at_clinic=session.is_clinic),
        first_name=child.preferred_given_name or child.given_name,
        today=today,
        last_day=last_day_of(session.academic_year),
        next_dose_from=doses.next_dose_from(child.pk, programme),
    )
    return _Opened(shown, form, why_not or ("" if agreement else OUTDATED))


def _save(
    request: HttpRequest,
    child: Child,
    session: Session,
    programme: str,
    form: TriageForm,
    now: datetime,
) -> str | None:
    """Save the decision. What the page must say if it was not saved: nothing where a field does."""
    if not form.is_valid():
        if "token" in form.errors:
            return STALE
        return "" if form.cleaned_data.get("basis") == form.basis else OUTDATED
    try:
        decide_triage(
            child=child,
            session=session,
            programme=programme,
            verdict=form.verdict(basis=form.cleaned_data["basis"]),
            form_token=form.cleaned_data["token"],
            now=now,
            by=request.user,
        )
    except TriageNotPossible as refusal:
        return str(refusal)
    return None
