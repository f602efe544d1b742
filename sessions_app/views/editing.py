"""Schedule sessions and Edit session: a draft on a few pages, and one confirmation."""

from functools import wraps

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from calendars import clock
from sessions_app import asking, display, invitations, mailing_words, schedule
from sessions_app.forms import ConfirmScheduleForm, NoticeForm, RemindersForm, SessionDates
from sessions_app.models import Mailing, ScheduleDraft, Session
from sessions_app.schedule import DAYS_A_WEEK, Schedule, ScheduleRefused
from sessions_app.schedule_rules import concerns, notice_bounds
from sessions_app.selectors import written
from sessions_app.views.scope import find_session, message_examples

CLOSED = "This session is closed. Its dates cannot be changed."
NO_DRAFT = "Those changes have been saved already or were left for too long."
FROZEN = "Parents have been written to about this session, so this cannot be changed."


def of_draft(view):
    """Give a view the session and the person's draft; without one, say so on the session's page.

    A draft is kept from its first answer on. Until then an address has no id, and names what was
    saved when its page was opened.
    """

    @wraps(view)
    def inner(request: HttpRequest, slug: str, draft_id=None) -> HttpResponse:
        session = find_session(request, slug)
        if session.is_closed:
            return _back_to(session, request, CLOSED)
        if draft_id is None:
            draft = schedule.start(session, by=request.user)
            if request.GET.get("seen", "") not in ("", schedule.fingerprint(draft)):
                return _back_to(session, request, schedule.CHANGED_MEANWHILE)
        else:
            draft = schedule.find(session, draft_id, by=request.user)
        if draft is None:
            return _back_to(session, request, NO_DRAFT)
        return view(request, draft, schedule.read(draft, today=clock.today()))

    return inner


@require_safe
@of_draft
def edit(request: HttpRequest, draft: ScheduleDraft, drafted: Schedule) -> HttpResponse:
    """Edit session: what the draft says, each row with its Change link."""
    return render(
        request,
        "sessions/edit.html",
        _context(draft, drafted)
        | {
            "notice": _notice_words(drafted),
            "reminders": display.reminder_text(
                drafted.answers.reminder_weeks, is_past=drafted.is_past
            ),
            "addresses": {name: _address(name, draft) for name in ("dates", "notice", "reminders")},
            "check_address": _check_address(draft),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@of_draft
def dates(request: HttpRequest, draft: ScheduleDraft, drafted: Schedule) -> HttpResponse:
    """When will sessions be held?"""
    session = drafted.session
    fixed = {day.id: day.value for day in drafted.answers.days if day.id in drafted.attended}
    open_days = [day for day in drafted.answers.days if day.id not in drafted.attended]
    is_first = not fixed and not open_days and not drafted.saved.days
    formset = SessionDates(
        request.POST if request.method == "POST" else None,
        prefix="dates",
        initial=[{"id": day.id, "value": day.value} for day in open_days] or [{}] * is_first,
        academic_year=session.academic_year,
        saved=[day.id for day in drafted.saved.days if day.id not in fixed],
        fixed=fixed,
    )
    if request.method == "POST" and not formset.was_reshaped and formset.is_valid():
        schedule.amend(draft, days=formset.days)
        return redirect(_address("draft", draft))
    return render(
        request,
        "sessions/dates.html",
        _context(draft, drafted)
        | {
            "formset": formset,
            "fixed": sorted(fixed.values()),
            "title": "When will sessions be held?",
            "button": "Continue",
            "back": _address("draft", draft),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@of_draft
def notice(request: HttpRequest, draft: ScheduleDraft, drafted: Schedule) -> HttpResponse:
    """When should parents get an invitation, or a request to give consent?"""
    if drafted.is_frozen or drafted.anchor is None:
        return _back_to_draft(draft, request, FROZEN if drafted.is_frozen else "")
    session = drafted.session
    reminder_days = 0 if session.is_clinic else drafted.answers.reminder_weeks * DAYS_A_WEEK
    form = NoticeForm(
        request.POST if request.method == "POST" else None,
        initial={"on": drafted.notice.on},
        question=(
            "When should parents get an invitation?"
            if session.is_clinic
            else "When should parents get a request to give consent?"
        ),
        about="the date of invitations" if session.is_clinic else "the date of consent requests",
        bounds=notice_bounds(drafted.anchor, reminder_days=reminder_days),
    )
    if request.method == "POST" and form.is_valid():
        on = form.cleaned_data["on"]
        if on != drafted.notice.on or not drafted.notice.is_valid:
            schedule.amend(draft, notice_on=on)
        return redirect(_address("draft", draft))
    return _question(request, draft, drafted, form)


@require_http_methods(["GET", "HEAD", "POST"])
@of_draft
def reminders(request: HttpRequest, draft: ScheduleDraft, drafted: Schedule) -> HttpResponse:
    """When should parents get a reminder to give consent?"""
    if drafted.is_frozen or drafted.anchor is None or drafted.session.is_clinic:
        return _back_to_draft(draft, request, FROZEN if drafted.is_frozen else "")
    form = RemindersForm(
        request.POST if request.method == "POST" else None,
        initial={"weeks": drafted.answers.reminder_weeks},
        most=drafted.most_reminder_weeks,
        requests_on=drafted.notice.on,
    )
    if request.method == "POST" and form.is_valid():
        schedule.amend(draft, reminder_weeks=form.cleaned_data["weeks"])
        return redirect(_address("draft", draft))
    return _question(request, draft, drafted, form)


@require_http_methods(["GET", "HEAD", "POST"])
@of_draft
def check(request: HttpRequest, draft: ScheduleDraft, drafted: Schedule) -> HttpResponse:
    """Say who would be written to and when, and make the draft live once that is confirmed."""
    session = drafted.session
    if not drafted.is_changed:
        return redirect("sessions:show", slug=session.slug)
    if not drafted.notice.is_valid:
        return redirect(_address("notice", draft))
    if not drafted.has_valid_reminders:
        return redirect(_address("reminders", draft))
    invited, asked = written.invited_children(session).count(), _asking(drafted)
    form = ConfirmScheduleForm(
        request.POST if request.method == "POST" else None,
        is_needed=bool(invited and drafted.changes.gone),
    )
    if request.method == "POST" and form.is_valid():
        return _confirm(request, draft, session, form.cleaned_data.get("accepts", False))
    return render(
        request,
        "sessions/check.html",
        _context(draft, drafted)
        | {
            "form": form,
            "title": "Check and confirm",
            "button": "Confirm",
            "back": _address("draft", draft),
            "invited": invited,
            "concerns": [
                (day, found)
                for day in drafted.answers.dates
                if (found := concerns(day, today=drafted.today))
            ],
            "notice": _notice_words(drafted, asked),
            "reminders": display.reminder_text(
                drafted.answers.reminder_weeks, is_past=drafted.is_past
            ),
            "examples": message_examples(session) if session.is_clinic else {},
            "asking": asked,
            **(_invited(drafted) if session.is_clinic else {"preview": None}),
        },
    )


def _invited(drafted: Schedule) -> dict:
    """Whom the dates of a clinic invite, and when those go that are due now."""
    now = clock.now()
    preview = invitations.preview(
        drafted.session,
        dates=drafted.answers.dates,
        invitations_on=drafted.notice.on,
        now=now,
        rows=schedule.rows_of(drafted),
    )
    return {"preview": preview, "held": mailing_words.when_previewed(preview, now)}


def _asking(drafted: Schedule) -> display.Asking | None:
    """Whom the dates of a school have written to; None for a clinic, and where without dates
    nobody has to be told that a visit is off.
    """
    session, now = drafted.session, clock.now()
    if session.is_clinic:
        return None
    found = asking.outlook(session, schedule.school_dates(drafted), now=now)
    if not drafted.answers.days and not found.correction.children:
        return None
    return display.asking(found, now=now)


def _confirm(
    request: HttpRequest, draft: ScheduleDraft, session: Session, accepts: bool
) -> HttpResponse:
    now = clock.now()
    try:
        letters = schedule.confirm(
            session_id=session.pk,
            draft_id=draft.pk,
            accepts_lost_bookings=accepts,
            by=request.user,
            now=now,
        )
    except ScheduleRefused as refused:
        return _back_to(session, request, str(refused))
    told = session.mailings.filter(kind=Mailing.Kind.CORRECTION, queued_at=now).first()
    brought_about = f"{mailing_words.invited_notice(letters)}{mailing_words.corrected_notice(told)}"
    messages.success(request, f"Session saved.{brought_about}")
    return redirect("sessions:show", slug=session.slug)


def _question(request, draft: ScheduleDraft, drafted: Schedule, form) -> HttpResponse:
    """The page of one question; its label is the heading."""
    return render(
        request,
        "sessions/question.html",
        _context(draft, drafted)
        | {
            "form": form,
            "title": next(str(field.label) for field in form.visible_fields()),
            "button": "Continue",
            "back": _address("draft", draft),
        },
    )


def _notice_words(drafted: Schedule, asked: display.Asking | None = None) -> str:
    """When parents are first written to about the session as drafted; by whom it `asked`, also
    where so many are that they wait.
    """
    writing = asked.outlook.writing if asked else None
    on, known = drafted.notice.on, {"written_on": drafted.written_on, "is_past": drafted.is_past}
    if drafted.session.is_clinic:
        return display.notice_text(on, today=drafted.today, **known)
    return display.requests_text(
        on,
        dates=drafted.answers.dates,
        academic_year=drafted.session.academic_year,
        now=clock.now(),
        writes_at=writing.at if writing else None,
        **known,
    )


def _context(draft: ScheduleDraft, drafted: Schedule) -> dict:
    session = drafted.session
    return {
        "session": session,
        "drafted": drafted,
        "caption": session.location.name,
        "programmes": [programme.name for programme in session.programmes.all()],
        "show_address": reverse("sessions:show", kwargs={"slug": session.slug}),
    }


def _address(page: str, draft: ScheduleDraft) -> str:
    """The address of a page of the draft, or of one that begins it."""
    slug = draft.session.slug
    if draft._state.adding:
        name = "edit" if page == "draft" else f"edit-{page}"
        seen = schedule.fingerprint(draft)
        return f"{reverse(f'sessions:{name}', kwargs={'slug': slug})}?seen={seen}"
    name = "draft" if page == "draft" else f"draft-{page}"
    return reverse(f"sessions:{name}", kwargs={"slug": slug, "draft_id": draft.pk})


def _check_address(draft: ScheduleDraft) -> str:
    """Where Continue leads: with nothing changed there is nothing to check."""
    if draft._state.adding:
        return reverse("sessions:show", kwargs={"slug": draft.session.slug})
    return _address("check", draft)


def _back_to_draft(draft: ScheduleDraft, request: HttpRequest, why: str) -> HttpResponseRedirect:
    if why:
        messages.warning(request, why)
    return redirect(_address("draft", draft))


def _back_to(session: Session, request: HttpRequest, why: str) -> HttpResponseRedirect:
    messages.warning(request, why)
    return redirect("sessions:show", slug=session.slug)
