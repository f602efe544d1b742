"""Gillick competence: whether a child understands enough to consent alone."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.permissions import nurse_required
from calendars import clock
from consent.forms.gillick import GillickForm
from consent.selectors.gillick import assessment_of_day, day_to_assess, newest_assessment
from consent.services.gillick import AssessmentNotPossible, assess
from consent.views.lookup import find_child, find_session, log_view


@require_http_methods(["GET", "HEAD", "POST"])
@nurse_required
def assessment(request: HttpRequest, slug: str, public_id: UUID, programme: str) -> HttpResponse:
    """The five statements; what was answered before that day stands in them."""
    session = find_session(request, slug)
    child = find_child(request, session, public_id)
    about = get_object_or_404(session.programmes, pk=programme)
    now = clock.now()
    back = reverse("consent:child", kwargs={"slug": slug, "public_id": public_id})
    newest = newest_assessment(child, session, programme)
    day = day_to_assess(session, newest, today=clock.london_day(now))
    before = assessment_of_day(child, session, programme, day) if day else None
    form = GillickForm(request.POST or None, before=before)
    if day is None:
        messages.warning(request, "Gillick competence can be assessed on a session day only.")
        return redirect(back)
    if request.method == "POST" and form.is_valid():
        try:
            saved = assess(
                child=child,
                session=session,
                programme=programme,
                statements=form.statements(),
                notes=form.cleaned_data["notes"],
                now=now,
                by=request.user,
            )
        except AssessmentNotPossible as refusal:
            messages.warning(request, str(refusal))
        else:
            outcome = "Gillick competent" if saved.is_competent else "not Gillick competent"
            then = (
                " Use “Get consent response” to record what they decide."
                if saved.is_competent
                else ""
            )
            messages.success(request, f"Child assessed as {outcome}.{then}")
        return redirect(back)
    if request.method != "POST":
        log_view(request, child, "consent")
    return render(
        request,
        "consent/gillick.html",
        {
            "form": form,
            "title": "Edit Gillick competence" if before else "Assess Gillick competence",
            "caption": f"{child.full_name}: {about.name}",
            "button": "Save assessment",
            "back": back,
        },
    )
