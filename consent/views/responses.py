"""Get consent response: one page a question, then check and confirm."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from calendars import clock
from cohorts.models import Child
from consent import rules
from consent.decisions import OPTIONS
from consent.models import ResponseDraft
from consent.selectors.drafts import own_draft, was_recorded
from consent.selectors.facts import child_facts
from consent.services.responses import (
    ContactGone,
    DraftGone,
    ResponseNotPossible,
    record_response,
)
from consent.summary import summary
from consent.views.lookup import find_child, find_session, log_view
from consent.wizard import WALK, Journey
from sessions_app.models import Session

RECORDED = "Consent response recorded."
EXPIRED = "That response was not recorded. Start again."


@require_POST
def start(request: HttpRequest, slug: str, public_id: UUID, programme: str) -> HttpResponse:
    """Begin a draft of a response about one programme."""
    session = find_session(request, slug)
    child = find_child(request, session, public_id)
    facts = child_facts(child, session, today=clock.today())
    standing = next((found for found in facts.programmes if found.key == programme), None)
    if standing is None or programme not in OPTIONS:
        raise Http404
    if reason := rules.why_no_response(facts, standing):
        messages.warning(request, reason)
        return redirect("consent:child", slug=slug, public_id=public_id)
    draft = ResponseDraft.objects.create(
        owner=request.user, session=session, child=child, programme_id=programme
    )
    return _to_step(session, child, draft.pk, "who")


@require_http_methods(["GET", "HEAD", "POST"])
def answer(
    request: HttpRequest, slug: str, public_id: UUID, draft_id: UUID, step: str
) -> HttpResponse:
    """One page of the journey."""
    session = find_session(request, slug)
    child = find_child(request, session, public_id)
    draft = own_draft(request.user, session, child, draft_id)
    if draft is None:
        return _draft_is_gone(request, session, child, draft_id)
    if step not in WALK.names:
        raise Http404
    journey = Journey(draft)
    if step not in WALK.path(journey.answers):
        return _to_next(session, child, journey)
    form = journey.form(step, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        journey.answer(step, form.cleaned_data)
        return _to_next(session, child, journey)
    if request.method != "POST":
        log_view(request, child, "consent")
    return render(
        request,
        "layouts/form.html",
        {
            "form": form,
            "title": journey.title(step),
            "caption": f"{child.full_name}: {draft.programme.name}",
            "button": "Continue",
            "back": _address_before(session, child, journey, step),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, slug: str, public_id: UUID, draft_id: UUID) -> HttpResponse:
    """All answers at a glance; confirming looks at each of them again, then records them."""
    session = find_session(request, slug)
    child = find_child(request, session, public_id)
    draft = own_draft(request.user, session, child, draft_id)
    if draft is None:
        return _draft_is_gone(request, session, child, draft_id)
    journey = Journey(draft)
    if faulty := journey.first_faulty():
        return _to_step(session, child, draft_id, faulty)
    if request.method == "POST":
        return _confirm(request, session, child, journey)
    log_view(request, child, "consent")
    return render(
        request,
        "consent/check_response.html",
        {
            "cards": summary(
                journey, change=lambda step: _step_address(session, child, draft_id, step)
            ),
            "title": "Check and confirm answers",
            "caption": f"{child.full_name}: {draft.programme.name}",
            "button": "Confirm",
            "back": _step_address(session, child, draft_id, WALK.path(journey.answers)[-1]),
        },
    )


def _confirm(
    request: HttpRequest, session: Session, child: Child, journey: Journey
) -> HttpResponse:
    draft_id = journey.draft.pk
    try:
        record_response(
            draft_id=draft_id,
            contact=journey.contact(),
            answer=journey.response(),
            now=clock.now(),
            by=request.user,
        )
    except ContactGone:
        return _to_step(session, child, draft_id, "who")
    except DraftGone:
        messages.warning(request, EXPIRED)
    except ResponseNotPossible as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, RECORDED)
    return redirect("consent:child", slug=session.slug, public_id=child.public_id)


def _draft_is_gone(
    request: HttpRequest, session: Session, child: Child, draft_id: UUID
) -> HttpResponse:
    """Back to the child, saying what became of the draft: a double click finds it recorded."""
    if was_recorded(request.user, child, draft_id):
        messages.success(request, RECORDED)
    else:
        messages.warning(request, EXPIRED)
    return redirect("consent:child", slug=session.slug, public_id=child.public_id)


def _to_next(session: Session, child: Child, journey: Journey) -> HttpResponse:
    """The first page not answered yet, else the check."""
    step = WALK.first_unanswered(journey.answers)
    if step is not None:
        return _to_step(session, child, journey.draft.pk, step)
    return redirect(
        "consent:check-response",
        slug=session.slug,
        public_id=child.public_id,
        draft_id=journey.draft.pk,
    )


def _to_step(session: Session, child: Child, draft_id: UUID, step: str) -> HttpResponse:
    return redirect(_step_address(session, child, draft_id, step))


def _step_address(session: Session, child: Child, draft_id: UUID, step: str) -> str:
    return reverse(
        "consent:response",
        kwargs={
            "slug": session.slug,
            "public_id": child.public_id,
            "draft_id": draft_id,
            "step": step,
        },
    )


def _address_before(session: Session, child: Child, journey: Journey, step: str) -> str:
    """Where the back link leads: the page before, from the first page the child."""
    before = WALK.before(step, journey.answers)
    if before is not None:
        return _step_address(session, child, journey.draft.pk, before)
    return reverse("consent:child", kwargs={"slug": session.slug, "public_id": child.public_id})
