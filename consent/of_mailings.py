"""What parents will read of a mailing about consent or a visit that waits to be sent."""

from datetime import datetime

from calendars.clock import london_day
from consent.messages import (
    SCHOOL_REMINDER,
    school_examples,
    visit_examples,
    visit_off_examples,
)
from consent.models import SessionReminder
from consent.of_dates import asked_because_of_dates
from consent.reminding_rules import day_reminded_of
from consent.services import correcting
from sessions_app.asking import saved_dates
from sessions_app.evening_rules import Writing
from sessions_app.mailing_examples import WILL_READ, Summed
from sessions_app.models import Mailing


def of_reminders(mailing: Mailing, now: datetime) -> Summed:
    """What is read by parents whom a person reminds to answer."""
    read = school_examples(mailing.session, SCHOOL_REMINDER, today=london_day(now))
    return [(WILL_READ, read)]


def of_asking(mailing: Mailing, now: datetime) -> Summed:
    """What jobs write about a school, as saved, once they need not wait any longer."""
    session, writing = mailing.session, Writing(mailing.goes_at, is_held=True)
    dates = saved_dates(session)
    return asked_because_of_dates(session, dates, now=now, writing=writing).examples


def of_visit(mailing: Mailing, now: datetime) -> Summed:
    """The reminder of the visit on the day after a person saved it."""
    return [(WILL_READ, visit_examples(mailing.session, day_reminded_of(mailing.queued_at)))]


def of_correction(mailing: Mailing, now: datetime) -> Summed:
    """That a visit will not take place, about the first day that is off."""
    off = SessionReminder.objects.filter(correction__in=correcting.letters_of(mailing))
    days = off.order_by("date").values_list("date", flat=True)[:1]
    today = london_day(now)
    return [(WILL_READ, visit_off_examples(mailing.session, day, today=today)) for day in days]
