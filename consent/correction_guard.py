"""The last look before parents are told that a visit is off: it must still be, and there must be
somebody to tell. It names the days that are left then. Source: design §4.4; decision 0069.
"""

from collections.abc import Sequence
from datetime import datetime

from calendars.clock import london_day
from consent.messages import what_now
from consent.models import SessionReminder
from consent.selectors.correcting import UNREAD, MayBeTold
from notifications.models import Message
from notifications.rewording import Rewording
from sessions_app.models import Session
from sessions_app.selectors.lists import days_of

CHANGED_AGAIN = "The dates have changed again"
TAKES_PLACE = "The session is on that date after all"
DAY_HAS_PASSED = "The day of the session has passed"
NOT_TOLD = "The reminder of that date was not sent"


def correction_guard(messages: Sequence[Message], *, now: datetime) -> dict[int, str | Rewording]:
    """Message id → why it must not be sent any more, for those that must not, or what it says
    instead, for those that would name other days now.

    A constant number of queries for a batch of one academic year.
    """
    today = london_day(now)
    reminders = {
        reminder.correction: reminder
        for reminder in SessionReminder.objects.filter(
            correction__in={message.letter for message in messages}
        )
    }
    read = Message.objects.filter(letter__in=[one.letter for one in reminders.values()])
    told = set(
        read.exclude(status__in=UNREAD).values_list("letter", "parent_id", "channel").distinct()
    )
    sessions = {
        session.pk: session
        for session in Session.objects.with_days().filter(
            pk__in={reminder.session_id for reminder in reminders.values()}
        )
    }
    may_be_told = MayBeTold(
        {message.child_id for message in messages}, list(sessions.values()), today=today
    )
    answers: dict[int, str | Rewording] = {}
    for message in messages:
        reminder = reminders.get(message.letter)
        if reminder is None:
            answers[message.pk] = CHANGED_AGAIN
            continue
        session = sessions[reminder.session_id]
        if reminder.date in days_of(session):
            answers[message.pk] = TAKES_PLACE
        elif reminder.date < today:
            answers[message.pk] = DAY_HAS_PASSED
        elif (reminder.letter, message.parent_id, message.channel) not in told:
            answers[message.pk] = NOT_TOLD
        elif reason := may_be_told.why_not(reminder, session, message):
            answers[message.pk] = reason
        elif (now_said := what_now(session, today=today)) != message.personalisation["what_now"]:
            answers[message.pk] = Rewording(
                personalisation=message.personalisation | {"what_now": now_said},
                note="written anew: the dates have changed since",
            )
    return answers
