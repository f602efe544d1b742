"""The page of one response, and what may be done about it: withdraw, mark as invalid, follow up."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import records_consent_required
from calendars import clock
from cohorts.models import Child
from consent import change_rules, reasons, rules
from consent.choices import Route
from consent.forms.changes import FollowUpForm, InvalidateForm, UndoMatchForm, WithdrawForm
from consent.models import ResponseDraft
from consent.selectors.contacts import strangers_of
from consent.selectors.facts import child_facts
from consent.selectors.responses import KeptResponse, kept_response
from consent.selectors.triage import resting_on
from consent.selectors.undoing import hanging_on
from consent.selectors.unmatched import written_lines
from consent.services import unmatching
from consent.services.changes import ChangeNotPossible, invalidate_response
from consent.services.follow_ups import confirm_that_it_stands
from consent.services.replies import reaches
from consent.services.withdrawals import withdraw_for_parent
from consent.views.lookup import find_child, find_session, log_view
from govuk.filters import govuk_date
from programmes.selectors import contains_gelatine
from sessions_app.models import Session

UNTOLD = "Nobody gets a message about this: {name} is not a contact of your organisation."


def _find(
    request: HttpRequest, slug: str, public_id: UUID, response_id: UUID
) -> tuple[Session, Child, KeptResponse]:
    session = find_session(request, slug)
    child = find_child(request, session, public_id)
    found = kept_response(child, session, response_id, today=clock.today())
    if found is None:
        raise Http404
    return session, child, found


def _address(session: Session, child: Child, response_id: UUID, name: str = "show") -> str:
    return reverse(
        f"consent:{name}-response",
        kwargs={"slug": session.slug, "public_id": child.public_id, "response_id": response_id},
    )


def _sent(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _make(request: HttpRequest, back: str, change: Callable[[], str]) -> HttpResponse:
    """Make a change, which answers what the banner says, and go back; its refusal is said there."""
    try:
        messages.success(request, change())
    except ChangeNotPossible as refusal:
        messages.warning(request, str(refusal))
    return redirect(back)


def _ask(
    request: HttpRequest,
    found: KeptResponse,
    child: Child,
    back: str,
    template: str = "consent/change_response.html",
    **context,
) -> HttpResponse:
    """The page of a form that changes a response."""
    if request.method != "POST":
        log_view(request, child, "consent")
    response = found.response
    return render(
        request,
        template,
        {
            "caption": f"{child.full_name}: {response.programme.name}",
            "found": found,
            "child": child,
            "back": back,
            "cancel": back,
            "about": f"{response.get_decision_display()} by {response.parent_name} "
            f"({response.relationship}) on {govuk_date(response.responded_at)}",
            **context,
        },
    )


@require_safe
@records_consent_required
def show(request: HttpRequest, slug: str, public_id: UUID, response_id: UUID) -> HttpResponse:
    """Who answered what, when and how, and everything that was done about it since."""
    session, child, found = _find(request, slug, public_id, response_id)
    log_view(request, child, "consent")
    year = session.academic_year
    return render(
        request,
        "consent/kept_response.html",
        {
            "session": session,
            "child": child,
            "found": found,
            "response": found.response,
            "written": written_lines(found.online, child, year) if found.online else [],
            "is_of_stranger": found.online is not None
            and found.response.parent_id in strangers_of(child),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@records_consent_required
def withdraw(request: HttpRequest, slug: str, public_id: UUID, response_id: UUID) -> HttpResponse:
    """Withdraw consent, with the reason; the parent is told unless staff say no."""
    session, child, found = _find(request, slug, public_id, response_id)
    back = _address(session, child, response_id)
    if refusal := change_rules.why_no_withdrawal(found.kept):
        messages.warning(request, refusal)
        return redirect(back)
    response = found.response
    form = WithdrawForm(
        _sent(request),
        offered=reasons.offered(
            contains_gelatine=contains_gelatine(response.programme_id),
            is_at_school=not session.is_clinic,
        ),
        programme=response.programme_id,
        is_told=reaches(response),
    )

    def change() -> str:
        sent = withdraw_for_parent(
            response=response,
            session=session,
            reason=form.cleaned_data["reason"],
            notes=form.notes,
            confirms=not form.cleaned_data.get("silent", False),
            now=clock.now(),
            by=request.user,
        )
        told = f" {response.parent_name} will get a message." if sent else ""
        return f"Consent withdrawn.{told}"

    if request.method == "POST" and form.is_valid():
        return _make(request, back, change)
    words = {"title": "Withdraw consent", "button": "Withdraw consent"}
    untold = "" if found.is_by_contact else UNTOLD.format(name=response.parent_name)
    return _ask(
        request,
        found,
        child,
        back,
        form=form,
        lost=resting_on(response, today=clock.today()),
        untold=untold,
        **words,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@records_consent_required
def invalidate(request: HttpRequest, slug: str, public_id: UUID, response_id: UUID) -> HttpResponse:
    """Mark a response as invalid, for good."""
    session, child, found = _find(request, slug, public_id, response_id)
    back = _address(session, child, response_id)
    if refusal := change_rules.why_no_invalidation(found.kept):
        messages.warning(request, refusal)
        return redirect(back)
    form = InvalidateForm(_sent(request))

    def change() -> str:
        invalidate_response(
            response=found.response,
            notes=form.cleaned_data["notes"],
            now=clock.now(),
            by=request.user,
        )
        return "Response marked as invalid."

    if request.method == "POST" and form.is_valid():
        return _make(request, back, change)
    return _ask(
        request,
        found,
        child,
        back,
        form=form,
        title="Mark response as invalid",
        button="Mark as invalid",
        warning="This cannot be undone. The response will no longer count.",
        danger=True,
        lost=resting_on(found.response, today=clock.today()),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@records_consent_required
def undo_match(request: HttpRequest, slug: str, public_id: UUID, response_id: UUID) -> HttpResponse:
    """Take an online response from a child whom it is not about, and look for the right one."""
    session, child, found = _find(request, slug, public_id, response_id)
    back = _address(session, child, response_id)
    online = found.online
    if online is None:
        messages.warning(request, change_rules.NOT_MATCHED)
        return redirect(back)
    form = UndoMatchForm(_sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            unmatching.undo_match(
                response_id=online.pk,
                child=child,
                reason=form.cleaned_data["reason"],
                by=request.user,
                now=clock.now(),
            )
        except unmatching.NotMatched:
            messages.warning(request, change_rules.NOT_MATCHED)
            return redirect(back)
        messages.success(request, "Match undone. Now find the child whom the response is about.")
        return redirect("unmatched:match", public_id=online.public_id)
    return _ask(
        request,
        found,
        child,
        back,
        template="consent/undo_match.html",
        form=form,
        hanging=hanging_on(online, child, today=clock.today()),
        title="This response is about another child",
        button="Undo match",
        danger=True,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@records_consent_required
def follow_up(request: HttpRequest, slug: str, public_id: UUID, response_id: UUID) -> HttpResponse:
    """Whether a refusal stands: if not, the parent's new response is recorded next."""
    session, child, found = _find(request, slug, public_id, response_id)
    back = _address(session, child, response_id)
    if refusal := found.why_no_follow_up:
        messages.warning(request, refusal)
        return redirect(back)
    form = FollowUpForm(_sent(request))

    def change() -> str:
        confirm_that_it_stands(
            response=found.response,
            session=session,
            notes=form.cleaned_data["notes"],
            now=clock.now(),
            by=request.user,
        )
        return "Refusal confirmed."

    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["stands"] == "no":
            return _answer_anew(request, session, child, found, back)
        return _make(request, back, change)
    words = {"title": "Follow up refusal", "button": "Continue"}
    return _ask(request, found, child, back, form=form, **words)


def _answer_anew(
    request: HttpRequest, session: Session, child: Child, found: KeptResponse, back: str
) -> HttpResponse:
    """Begin a new response of the same parent, by phone; recording it resolves the refusal."""
    refusal = found.response
    facts = child_facts(child, session, today=clock.today())
    standing = next((one for one in facts.programmes if one.key == refusal.programme_id), None)
    reason = rules.why_no_response(facts, standing) if standing else change_rules.NOT_WAITING
    if reason:
        messages.warning(request, reason)
        return redirect(back)
    draft = ResponseDraft.objects.create(
        owner=request.user,
        session=session,
        child=child,
        programme_id=refusal.programme_id,
        follows_up=refusal,
        answers={
            "who": {"contact": str(refusal.parent_id)},
            "route": {"route": Route.PHONE.value},
        },
    )
    return redirect(
        "consent:response",
        slug=session.slug,
        public_id=child.public_id,
        draft_id=draft.pk,
        step="details",
    )
