"""Reminding parents who agreed of the day on which their child is to be vaccinated at school.

Everything is decided while the session cannot change and its children are locked: two who plan at
once, or one who runs twice, remind nobody twice. A constraint of `SessionReminder` holds it.
Source: consent §8.1; sessions and clinics §8.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from calendars.clock import london_day
from cohorts.models import Child
from consent import messages, reminding_rules
from consent.models import SessionReminder
from consent.selectors import reminding
from consent.selectors.reminding import Address, Addressee
from consent.selectors.sessions import programmes_of
from consent.services.sending_off import send_off
from heartbeats import faults
from notifications.models import Lane, Message
from sessions_app import asking
from sessions_app.models import Mailing, Session, SessionDate
from sessions_app.selectors.lists import days_of


def remind_each(*, now: datetime) -> int:
    """Queue the reminders of every school session of tomorrow; of how many children.

    Does nothing outside the hours in which parents are reminded. A fault of one session is logged
    and keeps no other waiting; SomeFailed is raised at the end.
    """
    if not reminding_rules.is_time_to_remind(now):
        return 0
    dates = SessionDate.objects.live().filter(value=reminding_rules.day_reminded_of(now))
    sessions = Session.objects.filter(
        pk__in=dates.values("session"), closed_at__isnull=True
    ).exclude(pk__in=Session.objects.clinics())
    return faults.each(
        list(sessions.order_by("pk").values_list("pk", flat=True)),
        lambda session_id: remind(session_id, now=now),
        what="Reminding of session",
    )


@transaction.atomic
def remind(session_id: int, *, now: datetime, by: User | None = None) -> int:
    """Queue the reminders of tomorrow's visit that are due in a session; of how many children.
    Those of many that a person's saving brings about wait two minutes, and can be called back.

    One letter a child, to each parent whose consent is given. Nothing for a clinic, for a closed
    session, or outside the hours. Who is due is looked for twice: to lock them, and again when
    nobody else can change it.
    """
    Session.objects.hold(session_id)
    sessions = Session.objects.with_days().select_related("organisation", "location__team")
    session = sessions.get(pk=session_id)
    day = reminding_rules.date_to_remind_of(
        dates=days_of(session), is_clinic=session.is_clinic, is_closed=session.is_closed, now=now
    )
    if day is None or asking.visit_was_called_back(session, now=now):
        return 0
    children = {child_id for child_id, _ in reminding.ready_and_not_reminded(session, day)}
    if not children:
        return 0
    Child.objects.lock_all(children)
    ready = reminding.ready_and_not_reminded(session, day, child_ids=children)
    addressees = reminding.addressees(ready, session.academic_year, today=london_day(now))
    letters = _write_down(session, day, addressees, now=now)
    _queue(session, day, letters, addressees, now=now, by=by)
    return len(letters)


def _write_down(
    session: Session, day: date, addressees: Mapping[Address, Addressee], *, now: datetime
) -> dict[int, UUID]:
    """One reminder for each child that somebody reads about; the letters of those that are new."""
    named: dict[int, set[str]] = defaultdict(set)
    for address, addressee in addressees.items():
        named[address.child_id] |= addressee.programmes
    reminders = [
        SessionReminder(
            child_id=child_id,
            session=session,
            date=day,
            programmes=sorted(programmes),
            reminded_at=now,
        )
        for child_id, programmes in sorted(named.items())
    ]
    SessionReminder.objects.bulk_create(reminders, ignore_conflicts=True)
    kept = SessionReminder.objects.filter(letter__in=[one.letter for one in reminders])
    return dict(kept.values_list("child_id", "letter"))


def _queue(
    session: Session,
    day: date,
    letters: Mapping[int, UUID],
    addressees: Mapping[Address, Addressee],
    *,
    now: datetime,
    by: User | None,
) -> None:
    children = Child.objects.in_bulk(letters)
    programmes = programmes_of(session)
    send_off(
        session,
        Mailing.Kind.VISIT,
        (
            Message(
                letter=letters[address.child_id],
                template=messages.SESSION_REMINDER,
                channel=address.channel,
                recipient=address.recipient,
                personalisation=messages.about_visit(
                    children[address.child_id],
                    session,
                    [one for one in programmes if one.key in addressee.programmes],
                    day=day,
                ),
                child_id=address.child_id,
                parent_id=addressee.parent_id,
                lane=Lane.BULK,
            )
            for address, addressee in addressees.items()
            if address.child_id in letters
        ),
        children=len(letters),
        by=by,
        now=now,
    )


def letters_of(mailing: Mailing) -> dict[UUID, int]:
    """The reminders that a person's saving of the dates brought about, each with its child."""
    return dict(
        SessionReminder.objects.filter(
            session=mailing.session_id, reminded_at=mailing.queued_at
        ).values_list("letter", "child_id")
    )
