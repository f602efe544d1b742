"""The pages of the parents' form, one question each, then check and confirm."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_safe

from calendars import clock
from calendars.clock import london_day
from consent import browsers, online_walk, throttle
from consent.forms.online import AboutYouForm
from consent.online_journey import OnlineJourney
from consent.online_summary import summary
from consent.selectors.online import is_over_at, may_finish, open_draft, was_recorded
from consent.services import online
from consent.views.parents import to_sent, to_start
from consent.views.parents_link import Link, closed, find_link, too_much, unknown

CHANGING = "change"
CHANGED = "changed"


@dataclass(frozen=True)
class Visit:
    """A request for a page of a form that this browser has open."""

    link: Link
    journey: OnlineJourney
    browser: str
    now: datetime

    def address(self, step: str | None, *, is_change: bool = False) -> str:
        """The address of a page; None is the check."""
        draft_id = self.journey.draft.pk
        if step is None:
            return self.link.address("check", draft_id=draft_id)
        address = self.link.address("answer", draft_id=draft_id, step=step)
        return f"{address}?{CHANGING}=1" if is_change else address


def _visit(
    request: HttpRequest, slug: str, programmes: str, draft_id: UUID, step: str | None = None
) -> Visit | HttpResponse:
    """The visit of a page, or the page to show instead. Unknown drafts and those of others look
    alike. Who chose a school whose sessions are over may only choose again.
    """
    link = find_link(slug, programmes)
    if link is None:
        return unknown(request)
    now, browser = clock.now(), browsers.browser_of(request)
    draft = open_draft(link.session, programmes, draft_id, browser=browser, now=now)
    if draft is None:
        if was_recorded(draft_id, browser=browser) and request.method == "POST":
            return to_sent(link, draft_id, browser=browser)
        return to_start(link)
    if not may_finish(link.session, link.programmes, draft, now=now):
        return closed(request, link, now=now)
    journey = OnlineJourney(draft, link.session, link.programmes, london_day(now))
    visit = Visit(link, journey, browser, now)
    school = journey.chosen_school(step)
    if school is not None and is_over_at(
        school, link.session, link.keys, begun_at=draft.created_at, now=now
    ):
        again = visit.address("school")
        return closed(request, link, now=now, school=school.name, choose_again=again)
    return visit


@require_http_methods(["GET", "HEAD", "POST"])
@gzip_page
def answer(
    request: HttpRequest, slug: str, programmes: str, draft_id: UUID, step: str
) -> HttpResponse:
    """One page of the form."""
    visit = _visit(request, slug, programmes, draft_id, step)
    if isinstance(visit, HttpResponse):
        return visit
    journey = visit.journey
    path = journey.walk.path(journey.answers)
    missing = journey.walk.first_unanswered(journey.answers)
    if step not in path or (missing and path.index(step) > path.index(missing)):
        return redirect(visit.address(missing))
    is_change = CHANGING in request.GET
    form = journey.form(step, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if isinstance(form, AboutYouForm) and form.lacks_responsibility:
            return redirect(visit.link.address("cannot-consent", draft_id=draft_id))
        online.keep(journey.draft, journey.changed(step, form))
        onward = online_walk.next_page(journey.walk, step, journey.answers)
        return redirect(visit.address(onward, is_change=is_change))
    is_back_to_check = is_change and missing is None
    before = None if is_back_to_check else journey.walk.before(step, journey.answers)
    is_first = before is None and not is_back_to_check
    context = visit.link.context() | {
        "form": form,
        "title": journey.title(step),
        "button": "Continue",
        "step": step,
        "back": visit.link.address("start")
        if is_first
        else visit.address(before, is_change=is_change),
    }
    return render(request, "consent/online/page.html", context)


@require_safe
def cannot_consent(
    request: HttpRequest, slug: str, programmes: str, draft_id: UUID
) -> HttpResponse:
    """Where somebody without parental responsibility ends; nothing of their page was kept."""
    visit = _visit(request, slug, programmes, draft_id)
    if isinstance(visit, HttpResponse):
        return visit
    context = visit.link.context() | {"back": visit.address("about-you")}
    return render(request, "consent/online/cannot_consent.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, slug: str, programmes: str, draft_id: UUID) -> HttpResponse:
    """All answers at a glance; confirming looks at each of them again, then records them once."""
    visit = _visit(request, slug, programmes, draft_id)
    if isinstance(visit, HttpResponse):
        return visit
    journey = visit.journey
    if faulty := journey.first_faulty():
        return redirect(visit.address(faulty))
    if request.method == "POST":
        try:
            return _confirm(request, visit)
        except online.DraftChanged:
            return redirect(f"{visit.address(None)}?{CHANGED}=1")
    last = journey.walk.path(journey.answers)[-1]
    context = visit.link.context() | {
        "cards": summary(journey, change=lambda step: visit.address(step, is_change=True)),
        "title": "Check and confirm",
        "button": "Confirm",
        "revision": journey.draft.revision,
        "has_changed": CHANGED in request.GET,
        "back": visit.address(last),
    }
    return render(request, "consent/online/check.html", context)


def _confirm(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Record what was shown. Raises DraftChanged if another tab has changed it since."""
    journey = visit.journey
    if request.POST.get("revision") != str(journey.draft.revision):
        raise online.DraftChanged
    if throttle.is_too_much(request, visit.link.session.slug, throttle.CONFIRM):
        return too_much(request, visit.link, is_kept=True)
    try:
        recorded = online.record(
            draft_id=journey.draft.pk,
            browser=visit.browser,
            revision=journey.draft.revision,
            response=journey.response(),
            decisions=journey.decisions(),
            now=visit.now,
        )
    except online.DraftGone:
        return to_start(visit.link)
    return to_sent(visit.link, recorded.public_id, browser=visit.browser)
