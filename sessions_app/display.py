"""How sessions are put into words for pages."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.urls import reverse

from calendars.clock import LONDON, london_day
from calendars.rules import academic_year_of, first_day_of
from govuk.filters import begin_small, count, govuk_date_with_weekday
from programmes.together import forms_for, name_in_address
from sessions_app.asking import AskingOutlook
from sessions_app.mailing_words import when_held
from sessions_app.models import Session
from sessions_app.rules import HELD_FROM, held_until, join_words
from sessions_app.schedule_rules import (
    REMINDS_FROM,
    WRITES_FROM,
    State,
    asks_on,
    consent_closes_on,
    is_open_for_consent,
)
from sessions_app.selectors.lists import Tab

COLOURS = {
    State.UNSCHEDULED: "purple",
    State.SCHEDULED: "blue",
    State.COMPLETED: "green",
    State.CLOSED: "red",
}
NOT_PROVIDED = "Not provided"
NOTHING_SENT = "Not sent: there is no date after today"
TOO_LATE = "Not sent: responses close before the next messages go"
EMPTY = {
    Tab.TODAY: "There are no sessions today.",
    Tab.UNSCHEDULED: "There are no locations without sessions.",
    Tab.SCHEDULED: "There are no locations with sessions scheduled.",
    Tab.COMPLETED: "There are no locations with all sessions completed.",
    Tab.CLOSED: "There are no locations with closed sessions.",
}
HEADINGS = {
    Tab.TODAY: "with a session today",
    Tab.UNSCHEDULED: "without sessions",
    Tab.SCHEDULED: "with sessions scheduled",
    Tab.COMPLETED: "with all sessions completed",
    Tab.CLOSED: "with closed sessions",
}


def url_name(tab: Tab) -> str:
    """The name of a tab's address; Today is the area's landing page."""
    return "list" if tab == Tab.TODAY else tab.value


def list_heading(tab: Tab, size: int) -> str:
    """1 location without sessions; 3 locations with sessions scheduled."""
    return f"{count(size, 'location')} {HEADINGS[tab]}"


def status_tag(state: State) -> dict[str, str]:
    """Text and colour of a session's status tag. Source: sessions and clinics §3.2."""
    return {"text": state.value, "colour": COLOURS[state]}


def consent_period(dates: Collection[date], today: date) -> str:
    """Open until 10 March, Closed 10 March, or Not provided."""
    closes_on = consent_closes_on(dates)
    if closes_on is None:
        return NOT_PROVIDED
    verb = "Open until" if is_open_for_consent(dates, today) else "Closed"
    return f"{verb} {closes_on.day} {closes_on:%B}"


def notice_text(
    on: date | None, *, today: date, written_on: date | None = None, is_past: bool = False
) -> str:
    """When parents are first written to: Send on Sunday 18 February 2024, or Now.

    `written_on` is the day that happened on, which may be later than the day that was set;
    `is_past` says that no date is left to write about, so nothing is promised.
    """
    if on is None:
        return NOT_PROVIDED
    if written_on is not None:
        return f"Sent from {govuk_date_with_weekday(written_on)}"
    if is_past:
        return NOTHING_SENT
    return "Now" if on < today else f"Send on {govuk_date_with_weekday(on)}"


def requests_text(
    on: date | None,
    *,
    dates: Collection[date],
    academic_year: int,
    now: datetime,
    written_on: date | None = None,
    is_past: bool = False,
    writes_at: datetime | None = None,
) -> str:
    """The same for a school, whose requests go in the evening: Today from 4pm. `writes_at` is when
    jobs write about it next, where that is known to be later than the next time they run.
    """
    today = london_day(now)
    if on is None or written_on is not None or is_past:
        return notice_text(on, today=today, written_on=written_on, is_past=is_past)
    day = asks_on(requests_on=on, academic_year=academic_year, now=writes_at or now)
    if max(on, first_day_of(academic_year)) > today:
        return notice_text(day, today=today)
    return evening(day, now=now) if is_open_for_consent(dates, day) else TOO_LATE


def evening(day: date, *, now: datetime) -> str:
    """When jobs write to parents on a day that has not passed: Today from 4pm, Today before 8pm,
    Tomorrow from 4pm, or Tuesday 5 January 2027.
    """
    today = london_day(now)
    if day == today:
        is_before = now.astimezone(LONDON).time() < WRITES_FROM
        return "Today from 4pm" if is_before else "Today before 8pm"
    is_tomorrow = day == today + timedelta(days=1)
    return "Tomorrow from 4pm" if is_tomorrow else govuk_date_with_weekday(day)


@dataclass(frozen=True)
class Asking:
    """Whom the dates of a school have written to, as a page says it: when and what to how many, in
    the order of time; until when it can be called back.
    """

    outlook: AskingOutlook
    lines: list[tuple[str, str]]
    calling_back: list[str]
    warning: str = ""


def asking(found: AskingOutlook, *, now: datetime) -> Asking:
    """An outlook in words."""
    return Asking(
        outlook=found,
        lines=_asking_lines(found, now=now),
        calling_back=_calling_back(found, now=now),
        warning=_visit_is_off(found),
    )


def _asking_lines(found: AskingOutlook, *, now: datetime) -> list[tuple[str, str]]:
    lines = []
    if found.correction.children:
        lines.append(
            (
                "now",
                f"messages that the visit on {_days_off(found)} will not take place, to the "
                f"parents of {_children(found.correction.children)} who were reminded of it",
            )
        )
    if found.visit.children:
        lines.append(
            (
                "now" if now.astimezone(LONDON).time() >= REMINDS_FROM else "today from 9am",
                "reminders of tomorrow’s visit to the parents of "
                f"{_children(found.visit.children)} who gave consent",
            )
        )
    if found.reminders and found.writing:
        lines.append(
            (
                begin_small(evening(london_day(found.writing.at), now=now)),
                f"reminders to the parents of {_children(found.reminders)} who were asked before "
                "and have not answered",
            )
        )
    if found.requests and found.on:
        when = evening(found.on, now=now)
        is_near = when.startswith(("Today", "Tomorrow"))
        lines.append(
            (
                begin_small(when) if is_near else f"on {when}, from 4pm",
                f"requests for consent to the parents of {_children(found.requests)}",
            )
        )
    return lines


def _calling_back(found: AskingOutlook, *, now: datetime) -> list[str]:
    said = []
    if found.correction.children >= HELD_FROM:
        said.append(
            when_held(
                now,
                is_held=True,
                texts=found.correction.texts,
                what="The messages that the visit will not take place",
            )
        )
    if found.visit.children >= HELD_FROM and now.astimezone(LONDON).time() >= REMINDS_FROM:
        said.append(
            when_held(now, is_held=True, texts=found.visit.texts, what="The reminders of the visit")
        )
    if found.writing and found.writing.is_held:
        until = found.writing.at
        is_short = until == held_until(now)
        tomorrow = "" if london_day(until) == london_day(now) else " tomorrow"
        when = "For two minutes after you confirm" if is_short else f"Until 4pm{tomorrow}"
        said.append(
            f"{when} you can call back the messages about consent. None is sent before then."
        )
    return said


def _visit_is_off(found: AskingOutlook) -> str:
    """A warning that the dates take away a visit of which parents were reminded; empty if not."""
    if not found.correction.children:
        return ""
    return (
        f"The parents of {_children(found.correction.children)} have been reminded of the visit on "
        f"{_days_off(found)}. They will be told that it will not take place."
    )


def _days_off(found: AskingOutlook) -> str:
    return join_words([govuk_date_with_weekday(day) for day in found.off])


def _children(size: int) -> str:
    return count(size, "child", "children")


def reminder_text(weeks: int, *, is_past: bool = False) -> str:
    if is_past:
        return NOTHING_SENT
    return f"Send {weeks} week{'' if weeks == 1 else 's'} before each session"


def parent_links(session: Session) -> dict[str, str]:
    """The addresses of the parents' forms, by the programmes that each is about."""
    return _form_links(session, "parents:start")


def paper_links(session: Session, today: date) -> dict[str, str]:
    """Where to download the forms on paper, by the programmes; none once the session is over."""
    if session.is_closed or session.academic_year < academic_year_of(today):
        return {}
    return _form_links(session, "consent:paper-form")


def _form_links(session: Session, name: str) -> dict[str, str]:
    names = {programme.key: programme.name for programme in session.programmes.all()}
    return {
        join_words([names[key] for key in form]): reverse(
            name, kwargs={"slug": session.slug, "programmes": name_in_address(form)}
        )
        for form in forms_for(names)
    }
