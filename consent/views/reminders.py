"""Send reminders: when they go by themselves, whom one reaches now, and sending it."""

from datetime import date, datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.permissions import records_consent_required
from calendars import clock
from consent import asking_rules
from consent.forms.requests import STALE, SendRemindersForm
from consent.messages import SCHOOL_REMINDER, school_examples
from consent.selectors import asking
from consent.services.asking import RemindersNotPossible, remind_now, why_no_reminders
from consent.views.lookup import find_session
from govuk.filters import begin_small, count, govuk_date_with_weekday
from sessions_app import asking as school_asking
from sessions_app.display import TOO_LATE, evening
from sessions_app.mailing_words import reminded_notice, when_held
from sessions_app.models import Session
from sessions_app.rules import HELD_FROM
from sessions_app.schedule_rules import asks_on, is_open_for_consent
from sessions_app.selectors.lists import days_of


@require_http_methods(["GET", "HEAD", "POST"])
@records_consent_required
def send(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the schedule of a school session and whom a reminder reaches; on confirmation send."""
    session = find_session(request, slug)
    now = clock.now()
    form = SendRemindersForm(request.POST or None)
    back = reverse("sessions:show", kwargs={"slug": slug})
    if request.method == "POST" and not form.is_valid():
        messages.warning(request, STALE)
        return redirect("consent:send-reminders", slug=slug)
    if request.method == "POST":
        try:
            letters = remind_now(
                session_id=session.pk,
                form_token=form.cleaned_data["token"],
                by=request.user,
                now=now,
            )
        except RemindersNotPossible as refusal:
            messages.warning(request, str(refusal))
        else:
            _say(request, letters)
        return redirect(back)
    today = clock.london_day(now)
    if reason := why_no_reminders(session, today=today):
        messages.warning(request, reason)
        return redirect(back)
    preview = asking.preview(session, now=now)
    return render(
        request,
        "consent/send_reminders.html",
        {
            "session": session,
            "form": form,
            "title": "Send reminders",
            "caption": session.location.name,
            "button": f"Send reminders for {count(preview.children, 'child', 'children')}",
            "back": back,
            "preview": preview,
            "held": when_held(now, is_held=preview.children >= HELD_FROM, texts=preview.texts),
            "examples": school_examples(session, SCHOOL_REMINDER, today=today),
            "schedule": _schedule(session, now=now),
            "days_between": asking_rules.DAYS_BETWEEN,
        },
    )


def _schedule(session: Session, *, now: datetime) -> list[tuple[str, str]]:
    """The requests and each reminder that jobs send: what was sent, and when the others are due.

    Nothing is due as long as messages about consent are called back.
    """
    sent = asking.sent_by_themselves(session)
    goes_at = school_asking.waiting([session.pk], now=now).get(session.pk, now)
    is_called_back, writes_at = goes_at is None, goes_at or now
    days, year = days_of(session), session.academic_year
    rows = []
    if session.consent_requests_on:
        day = asks_on(requests_on=session.consent_requests_on, academic_year=year, now=writes_at)
        is_open = is_open_for_consent(days, day)
        when = _when(
            sent.get(None), day, now=now, is_in_time=is_open, is_called_back=is_called_back
        )
        rows.append(("Request", when))
    ids = {day.value: day.pk for day in session.live_dates}
    for reminder in asking_rules.reminders_to_come(
        dates=days,
        days_before=session.days_before_consent_reminders,
        today=clock.london_day(now),
    ):
        day = asks_on(requests_on=reminder.goes_on, academic_year=year, now=writes_at)
        when = _when(
            sent.get(ids[reminder.date]),
            day,
            now=now,
            is_in_time=day < reminder.date,
            is_called_back=is_called_back,
        )
        rows.append((f"Reminder for {govuk_date_with_weekday(reminder.date)}", when))
    return rows


def _when(
    sent_on: date | None,
    due_on: date,
    *,
    now: datetime,
    is_in_time: bool,
    is_called_back: bool,
) -> str:
    """Sent from Tuesday 22 December 2026; Due today from 4pm; Due on Tuesday 5 January 2027."""
    if sent_on:
        return f"Sent from {govuk_date_with_weekday(sent_on)}"
    if not is_in_time:
        return TOO_LATE
    if is_called_back:
        return "Not sent: called back, until somebody sends it"
    when = evening(due_on, now=now)
    is_near = when.startswith(("Today", "Tomorrow"))
    return f"Due {begin_small(when)}" if is_near else f"Due on {when}"


def _say(request: HttpRequest, letters: int) -> None:
    if not letters:
        messages.warning(
            request,
            "No reminders were sent: everybody who has not answered was written to "
            f"in the last {asking_rules.DAYS_BETWEEN} days, or cannot be written to.",
        )
        return
    messages.success(request, reminded_notice(letters))
