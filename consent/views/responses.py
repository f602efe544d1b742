"""Get consent response: one page a question, then check and confirm."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import records_consent_required
from calendars import clock
from cohorts.models import Child
from consent import rules
from consent.confirmation_outlook import why_unconfirmed
from consent.decisions import DOUBLES, OPTIONS, recorded_in_words
from consent.forms.contacts import ContactForm
from consent.forms.responses import ConfirmForm
from consent.models import ResponseDraft
from consent.recording_walk import TRIAGE
from consent.selectors.drafts import own_draft, recorded_from
from consent.selectors.facts import child_facts
from consent.services.responses import (
    DraftChanged,
    DraftGone,
    ResponseNotPossible,
    record_response,
)
from consent.services.triage import TriageNotPossible, TriageOutdated
from consent.services.who_answers import ContactGone, NotCompetent
from consent.summary import summary
from consent.triage_step import shown_for_triage
from consent.views.lookup import find_child, find_session, log_view
from consent.wizard import Journey
from programmes.together import name_in_address
from sessions_app.models import Session

EXPIRED = "That response was not recorded. Start again."
CHANGED = "The answers were changed in another tab. Check them again."
NO_TRIAGE = (
    "Other responses have changed, so triage is not possible now and your outcome will not be "
    "saved. Check the answers, then confirm."
)
NOT_COMPETENT = "The child is not assessed as Gillick competent today."
BOTH = name_in_address(DOUBLES)


@require_POST
@records_consent_required
def start(request: HttpRequest, slug: str, public_id: UUID, programme: str) -> HttpResponse:
    """Begin a draft of a response about one programme, or about two that are given together."""
    session = find_session(request, slug)
    child = find_child(request, session, public_id)
    facts = child_facts(child, session, today=clock.today())
    keys = DOUBLES if programme == BOTH else (programme,)
    standings = [found for key in keys for found in facts.programmes if found.key == key]
    if len(standings) != len(keys) or not OPTIONS.keys() >= set(keys):
        raise Http404
    for standing in standings:
        if reason := rules.why_no_response(facts, standing):
            messages.warning(request, reason)
            return redirect("consent:child", slug=slug, public_id=public_id)
    draft = ResponseDraft.objects.create(
        owner=request.user, session=session, child=child, programme_id=keys[0], also=list(keys[1:])
    )
    return _to_step(session, child, draft.pk, "who")


@require_http_methods(["GET", "HEAD", "POST"])
@records_consent_required
def answer(
    request: HttpRequest, slug: str, public_id: UUID, draft_id: UUID, step: str
) -> HttpResponse:
    """One page of the journey."""
    session = find_session(request, slug)
    child = find_child(request, session, public_id)
    draft = own_draft(request.user, session, child, draft_id)
    if draft is None:
        return _draft_is_gone(request, session, child, draft_id)
    journey = Journey(draft, request.user, clock.today())
    if step not in journey.walk.names:
        raise Http404
    if step not in journey.walk.path(journey.answers):
        return _to_next(session, child, journey)
    form = journey.form(step, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        journey.answer(step, form)
        return _to_next(session, child, journey)
    if request.method != "POST":
        log_view(request, child, "consent")
    return render(
        request,
        "consent/response_step.html",
        {
            "form": form,
            "title": journey.title(step),
            "caption": _caption(child, journey),
            "button": "Continue",
            "back": _address_before(session, child, journey, step),
            "cancel": _child_address(session, child),
            "details": journey.differing_details() if step == "update-record" else None,
            "triaged": shown_for_triage(journey, step) if step.startswith(TRIAGE) else None,
            "cannot_answer": isinstance(form, ContactForm)
            and form.is_bound
            and form.lacks_responsibility,
            "choose_again": _step_address(session, child, draft_id, "who"),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@records_consent_required
def check(request: HttpRequest, slug: str, public_id: UUID, draft_id: UUID) -> HttpResponse:
    """All answers at a glance; confirming looks at each of them again, then records them."""
    session = find_session(request, slug)
    child = find_child(request, session, public_id)
    draft = own_draft(request.user, session, child, draft_id)
    if draft is None:
        return _draft_is_gone(request, session, child, draft_id)
    journey = Journey(draft, request.user, clock.today())
    if faulty := journey.first_faulty():
        return _to_step(session, child, draft_id, faulty)
    sent = request.POST if request.method == "POST" else None
    form = ConfirmForm(sent, initial={"seen": draft.updated_at.isoformat()})
    if request.method == "POST":
        if form.is_valid():
            if not journey.forget_unasked():
                return _confirm(request, session, child, journey, form.cleaned_data["seen"])
            messages.warning(request, NO_TRIAGE)
            return redirect(request.path)
        messages.warning(request, CHANGED)
        return redirect(request.path)
    log_view(request, child, "consent")
    return render(
        request,
        "consent/check_response.html",
        {
            "cards": summary(
                journey, change=lambda step: _step_address(session, child, draft_id, step)
            ),
            "unconfirmed": why_unconfirmed(journey),
            "title": "Check and confirm answers",
            "form": form,
            "caption": _caption(child, journey),
            "button": "Confirm",
            "back": _step_address(session, child, draft_id, journey.walk.path(journey.answers)[-1]),
            "cancel": _child_address(session, child),
        },
    )


def _confirm(
    request: HttpRequest, session: Session, child: Child, journey: Journey, seen: datetime
) -> HttpResponse:
    draft_id = journey.draft.pk
    try:
        record_response(
            draft_id=draft_id, given=journey.given(), now=clock.now(), by=request.user, seen=seen
        )
    except ContactGone:
        return _to_step(session, child, draft_id, "who")
    except NotCompetent:
        messages.warning(request, NOT_COMPETENT)
        return _to_step(session, child, draft_id, "who")
    except DraftChanged:
        messages.warning(request, CHANGED)
        return redirect(request.path)
    except TriageOutdated:
        return redirect(request.path)  # and on to the page of triage, which says so
    except TriageNotPossible as refusal:
        messages.warning(request, str(refusal))
        return redirect(request.path)
    except DraftGone:
        messages.warning(request, EXPIRED)
    except ResponseNotPossible as refusal:
        messages.warning(request, str(refusal))
    else:
        _say_recorded(request, child, draft_id)
    return redirect("consent:child", slug=session.slug, public_id=child.public_id)


def _say_recorded(request: HttpRequest, child: Child, draft_id: UUID) -> bool:
    """Tell what was kept of a draft, if it was confirmed; whether it was."""
    decided = {
        response.programme.name: response.decision
        for response in recorded_from(request.user, child, draft_id)
    }
    if decided:
        messages.success(request, recorded_in_words(decided, child=child.full_name))
    return bool(decided)


def _draft_is_gone(
    request: HttpRequest, session: Session, child: Child, draft_id: UUID
) -> HttpResponse:
    """Back to the child, saying what became of the draft: a double click finds it recorded."""
    if not _say_recorded(request, child, draft_id):
        messages.warning(request, EXPIRED)
    return redirect("consent:child", slug=session.slug, public_id=child.public_id)


def _to_next(session: Session, child: Child, journey: Journey) -> HttpResponse:
    """The first page not answered yet, else the check."""
    step = journey.walk.first_unanswered(journey.answers)
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
    before = journey.walk.before(step, journey.answers)
    if before is not None:
        return _step_address(session, child, journey.draft.pk, before)
    return _child_address(session, child)


def _child_address(session: Session, child: Child) -> str:
    return reverse("consent:child", kwargs={"slug": session.slug, "public_id": child.public_id})


def _caption(child: Child, journey: Journey) -> str:
    return f"{child.full_name}: {' and '.join(one.name for one in journey.programmes)}"
