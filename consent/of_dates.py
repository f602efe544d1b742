"""Whose parents are written to because of a school's dates: for the page that confirms them."""

from collections import Counter
from collections.abc import Collection
from copy import copy
from datetime import date, datetime
from uuid import UUID

from calendars.clock import london_day, london_instant
from calendars.rules import academic_year_of
from cohorts.models import Contact
from consent import asking_rules, reminding_rules
from consent.messages import (
    SCHOOL_REMINDER,
    SCHOOL_REQUEST,
    school_examples,
    visit_examples,
    visit_off_examples,
)
from consent.models import ConsentRequest
from consent.of_files import reasons
from consent.selectors import asking, correcting, reminding
from consent.selectors.sessions import is_closed
from consent.services import undelivered
from notifications.models import Channel
from sessions_app.asking import AskingOutlook, Letters, SchoolDates, saved_dates
from sessions_app.evening_rules import Writing
from sessions_app.models import Mailing, Membership, Session, SessionDate
from sessions_app.schedule_rules import WRITES_FROM, asks_on, is_open_for_consent

NO_TIME = "No day is left on which parents could respond"


def asked_because_of_dates(
    session: Session, dates: SchoolDates, *, now: datetime, writing: Writing
) -> AskingOutlook:
    """What jobs would write about a school, fetched `with_days`, once it had these dates and they
    write next at that time.

    Nothing is changed. A constant number of queries, whatever the number of children.
    """
    today = london_day(now)
    if session.is_clinic or is_closed(session, today=today):
        return AskingOutlook()
    drafted = copy(session)
    drafted.live_dates = [SessionDate(session=session, value=one) for one in sorted(dates.rows)]
    off, correction = _corrected(drafted, dates, today=today)
    if not dates.rows:
        return AskingOutlook(off=off, correction=correction)
    day, asked = _asked(session, dates, at=writing.at)
    late = set() if day else _children_to_ask(session, now=writing.at)
    reminded = _reminded(session, dates, at=writing.at) - asked
    members = set(
        Membership.objects.filter(session=session, left_at__isnull=True).values_list(
            "child_id", flat=True
        )
    )
    templates = [
        (SCHOOL_REQUEST, asked and "What parents will read who are asked for consent"),
        (SCHOOL_REMINDER, reminded and "What parents will read who are reminded to answer"),
    ]
    return AskingOutlook(
        writing=writing,
        on=day,
        requests=len(asked),
        reminders=len(reminded),
        **_messages(asked | reminded),
        left_out=sorted(
            (reason, size)
            for reason, size in (
                reasons(session, members - asked - reminded - late)
                + Counter({NO_TIME: len(late - reminded)})
            ).items()
        ),
        examples=[
            (summary, school_examples(drafted, template, today=max(today, day) if day else today))
            for template, summary in templates
            if summary
        ],
        visit=_of_visit(drafted, dates, now=now),
        off=off,
        correction=correction,
    )


def due_then(mailing: Mailing, now: datetime) -> Collection[int]:
    """The children about whom jobs would write the evening on which a mailing goes that waits."""
    sessions = Session.objects.with_days().select_related("organisation", "location__team")
    school = sessions.get(pk=mailing.session_id)
    dates, at = saved_dates(school), max(now, mailing.goes_at)
    day, asked = _asked(school, dates, at=at)
    return _reminded(school, dates, at=at) | (asked if day == london_day(at) else set())


def letters_of_jobs(mailing: Mailing) -> dict[UUID, int]:
    """What jobs wrote about a school since a person saved its dates, each letter with its child:
    nothing as long as they wait for that to be called back.
    """
    return dict(
        ConsentRequest.objects.filter(
            session=mailing.session_id,
            requested_by__isnull=True,
            requested_at__gte=mailing.queued_at,
            withheld_at__isnull=True,
        ).values_list("letter", "child_id")
    )


def _asked(session: Session, dates: SchoolDates, *, at: datetime) -> tuple[date | None, set[int]]:
    """The day on which requests go, where jobs write next at that time, and about whom."""
    if dates.requests_on is None:
        return None, set()
    day = asks_on(requests_on=dates.requests_on, academic_year=session.academic_year, now=at)
    if not is_open_for_consent(list(dates.rows), day):
        return None, set()
    return day, _children_to_ask(session, now=max(at, london_instant(day, WRITES_FROM)))


def _children_to_ask(session: Session, *, now: datetime) -> set[int]:
    return {child_id for child_id, _ in undelivered.to_ask_once_freed(session, now=now)}


def _reminded(session: Session, dates: SchoolDates, *, at: datetime) -> set[int]:
    """About whom reminders to answer go on the day of that time."""
    today = london_day(at)
    writes_on = asks_on(requests_on=today, academic_year=session.academic_year, now=at)
    is_of_year = session.academic_year == academic_year_of(today)
    has_begun = dates.requests_on is not None and dates.requests_on <= today
    if writes_on != today or not is_of_year or not has_begun:
        return set()
    due = asking_rules.dates_to_remind_of(
        dates=list(dates.rows), days_before=dates.reminder_days, is_closed=False, today=today
    )
    return {
        child_id
        for day in due
        for child_id, _ in asking.to_remind_of_date(session, dates.rows[day], now=at)
    }


def _of_visit(session: Session, dates: SchoolDates, *, now: datetime) -> Letters:
    """Whose parents are reminded of tomorrow's visit today, and what they read."""
    tomorrow = reminding_rules.day_reminded_of(now)
    if tomorrow not in dates.rows or reminding_rules.is_too_late_to_remind(now):
        return Letters()
    ready = reminding.ready_and_not_reminded(session, tomorrow)
    found = reminding.addressees(ready, session.academic_year, today=london_day(now))
    if not found:
        return Letters()
    channels = [address.channel for address in found]
    summary = "What parents will read who are reminded of the visit"
    return Letters(
        children=len({address.child_id for address in found}),
        emails=channels.count(Channel.EMAIL),
        texts=channels.count(Channel.TEXT),
        examples=[(summary, visit_examples(session, tomorrow))],
    )


def _corrected(session: Session, dates: SchoolDates, *, today: date) -> tuple[list[date], Letters]:
    """The days that parents were told of and that are off, and who is told so on saving."""
    told = correcting.told_in_vain(session, dates.rows, today=today)
    if not told:
        return [], Letters()
    off = sorted({one.date for one in told})
    channels = [one.channel for one in told]
    summary = "What parents will read who were reminded of a visit that will not take place"
    return off, Letters(
        children=len({one.child_id for one in told}),
        emails=channels.count(Channel.EMAIL),
        texts=channels.count(Channel.TEXT),
        examples=[(summary, visit_off_examples(session, off[0], today=today))],
    )


def _messages(child_ids: Collection[int]) -> dict[str, int]:
    """How many emails and texts letters about these children come to."""
    contacts = Contact.objects.filter(child__in=child_ids, is_asked=True).order_by()
    addresses = contacts.values_list("channel", "child_id", "recipient").distinct()
    channels = [channel for channel, _, _ in addresses]
    return {"emails": channels.count(Channel.EMAIL), "texts": channels.count(Channel.TEXT)}
