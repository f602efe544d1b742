"""Telling parents who were reminded of a visit that it is off: its date was moved or removed.

Runs in the transaction that saves the dates, which has locked the session: no reminder is written
meanwhile, and what is saved and what parents are told are one. Source: lessons §2; decision 0069.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from uuid import UUID, uuid4

from accounts.models import User
from calendars.clock import london_day
from cohorts.models import Child
from consent import messages
from consent.models import SessionReminder
from consent.selectors.correcting import Told, corrections_that_wait, told_in_vain
from consent.services.sending_off import send_off
from notifications import outbox
from notifications.models import Lane, Message
from sessions_app import rules
from sessions_app.models import Mailing, Session
from sessions_app.selectors.lists import days_of


def correct(session_id: int, *, by: User, now: datetime) -> Mailing | None:
    """Tell whoever was told of a day of the school that is no more, once; None where nobody was.

    For whoever has locked the session and saved its dates. To many families it waits two minutes
    and can be called back. What was to be told of earlier changes and has not gone is told anew.
    """
    sessions = Session.objects.with_days().select_related("organisation", "location__team")
    session, today = sessions.get(pk=session_id), london_day(now)
    _take_back(session, today=today)
    letters = SessionReminder.objects.standing().filter(session=session, date__gte=today)
    # What waits stays unsent until these dates are committed: then its guard holds it back.
    outbox.keep_waiting(letters.values_list("letter", flat=True))
    told = told_in_vain(session, days_of(session), today=today)
    if not told:
        return None
    corrections = {
        reminder_id: uuid4() for reminder_id in sorted({one.reminder_id for one in told})
    }
    reminders = list(SessionReminder.objects.filter(pk__in=corrections))
    for reminder in reminders:
        reminder.correction, reminder.corrected_at = corrections[reminder.pk], now
    SessionReminder.objects.bulk_update(reminders, ["correction", "corrected_at"], batch_size=2000)
    children = {one.child_id for one in told}
    return send_off(
        session,
        Mailing.Kind.CORRECTION,
        _messages(session, told, corrections, today=today),
        children=len(children),
        by=by,
        now=now,
    )


def letters_of(mailing: Mailing) -> dict[UUID, int]:
    """The letters that take back a visit because of a person's saving, each with its child."""
    return dict(
        SessionReminder.objects.filter(
            session=mailing.session_id, corrected_at=mailing.queued_at
        ).values_list("correction", "child_id")
    )


def _take_back(session: Session, *, today: date) -> None:
    """Let the reminders stand of which nobody was told yet that they are off."""
    letters = SessionReminder.objects.filter(
        session=session, date__gte=today, correction__isnull=False
    )
    outbox.keep_waiting(letters.values_list("correction", flat=True))
    corrections_that_wait(session, today=today).update(correction=None, corrected_at=None)


def _messages(
    session: Session, told: list[Told], corrections: Mapping[int, UUID], *, today: date
) -> Iterator[Message]:
    children = Child.objects.in_bulk({one.child_id for one in told})
    lane = Lane.BULK if len(children) >= rules.HELD_FROM else Lane.URGENT
    for one in told:
        yield Message(
            letter=corrections[one.reminder_id],
            template=messages.VISIT_OFF,
            channel=one.channel,
            recipient=one.recipient,
            personalisation=messages.about_visit_off(
                children[one.child_id],
                session,
                vaccination=one.vaccination,
                day=one.date,
                today=today,
            ),
            child_id=one.child_id,
            parent_id=one.parent_id,
            lane=lane,
        )
