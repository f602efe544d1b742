"""Asking and reminding the parents of a school's children, by itself and at a person's wish.

Everything is decided while the session cannot change and its children are locked: two who plan at
once, or one who runs twice, write to nobody twice. Unique constraints of `ConsentRequest` hold it.
Source: consent §8.1 and §8.3.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, datetime
from uuid import UUID, uuid4, uuid5

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from calendars.clock import london_day
from calendars.rules import academic_year_of
from cohorts.models import Child, Contact
from consent import asking_rules, messages
from consent.models import ConsentRequest
from consent.selectors import asking
from consent.selectors.asking import Pair
from consent.selectors.sessions import is_closed, is_open_to_parents
from consent.services import undelivered
from consent.services.sending_off import send_off
from heartbeats import faults
from notifications.models import Lane, Message
from programmes.models import Programme
from sessions_app import asking as school_asking
from sessions_app.models import Mailing, Membership, Session
from sessions_app.selectors.lists import days_of

Kind = ConsentRequest.Kind


class RemindersNotPossible(Exception):
    """No reminders may be sent now; the message is a sentence for the page."""


def plan_each(*, now: datetime) -> int:
    """Queue what is due in every school session of the year; how many letters. A letter is to all
    parents of one child.

    Does nothing outside the hours in which parents are written to. A fault of one session is
    logged and keeps no other waiting; SomeFailed is raised at the end.
    """
    if not asking_rules.is_time_to_write(now):
        return 0
    return faults.each(
        list(_sessions(now).order_by("pk").values_list("pk", flat=True)),
        lambda session_id: plan(session_id, now=now),
        what="Asking for consent in session",
    )


@transaction.atomic
def plan(session_id: int, *, now: datetime) -> int:
    """Queue the requests and reminders of a school session that are due; how many letters.

    A child gets one letter at most: a request before a reminder, the reminder of an earlier date
    before that of a later one, and nothing within three days of the one before. Nothing at all
    while what a person saved can be called back, or once it was (`sessions_app.asking`).
    """
    Session.objects.hold(session_id)
    session = _with_days(session_id)
    today = london_day(now)
    if session.is_clinic or not is_open_to_parents(session, today=today):
        return 0
    if school_asking.jobs_wait(session, now=now):
        return 0
    letters = 0
    if asking_rules.requests_are_due(
        dates=days_of(session),
        requests_on=session.consent_requests_on,
        is_closed=is_closed(session, today=today),
        today=today,
    ):
        undelivered.free(session, now=now)
        letters += _write(
            session,
            Kind.REQUEST,
            lambda ids: asking.to_ask(session, now=now, child_ids=ids),
            now=now,
        )
    rows = {day.value: day.pk for day in session.live_dates}
    for day in asking_rules.dates_to_remind_of(
        dates=rows,
        days_before=session.days_before_consent_reminders,
        is_closed=is_closed(session, today=today),
        today=today,
    ):
        letters += _write(
            session,
            Kind.REMINDER,
            lambda ids, row=rows[day]: asking.to_remind_of_date(
                session, row, now=now, child_ids=ids
            ),
            now=now,
            date_of=lambda pair, row=rows[day]: row,
        )
    return letters


@transaction.atomic
def remind_now(*, session_id: int, form_token: UUID, by: User, now: datetime) -> int:
    """Remind everybody in a school session who was asked and has not answered; how many letters.

    One form reminds once: the same `form_token` again, as after a second click, answers the same
    and writes nothing. To many families they wait two minutes, in which they can be called back
    (`sessions_app.invitations.mailings`). Each reminder stands for the automatic one that would
    follow within three days. Raises RemindersNotPossible.
    """
    Session.objects.hold(session_id)
    session = _with_days(session_id)
    if reason := why_no_reminders(session, today=london_day(now)):
        raise RemindersNotPossible(reason)
    before = _written_by(form_token, session)
    if before is not None:
        return before
    letters = _write(
        session,
        Kind.REMINDER,
        lambda ids: asking.to_remind_now(session, now=now, child_ids=ids),
        now=now,
        date_of=_dates_stood_for(session, today=london_day(now)),
        form_token=form_token,
        by=by,
    )
    # A second click in the same moment finds what the first has committed meanwhile.
    return letters or _written_by(form_token, session) or 0


def _written_by(form_token: UUID, session: Session) -> int | None:
    """How many letters of a form stand: none once they were called back, after which another try
    needs another form; None where it has written none.
    """
    members = Membership.objects.filter(session=session).values_list("child_id", flat=True)
    named = [_letter(form_token, session, child_id) for child_id in members]
    written = ConsentRequest.objects.filter(session=session, letter__in=named)
    if not written.exists():
        return None
    return written.filter(withheld_at__isnull=True).values("letter").distinct().count()


def _letter(form_token: UUID, session: Session, child_id: int) -> UUID:
    return uuid5(form_token, f"{session.pk}/{child_id}")


def why_no_reminders(session: Session, *, today: date) -> str:
    """Why reminders cannot be sent in a session, fetched `with_days`; empty when they can."""
    if session.is_clinic:
        return "Reminders are sent for school sessions only."
    if is_closed(session, today=today):
        return "Reminders cannot be sent because this session is closed."
    if not days_of(session):
        return "Reminders can be sent once session dates are scheduled."
    if not is_open_to_parents(session, today=today):
        return "Reminders can no longer be sent because online responses are closed."
    return ""


def _sessions(now: datetime) -> QuerySet[Session]:
    """The open school sessions of this academic year that have begun to ask."""
    return (
        Session.objects.filter(
            academic_year=academic_year_of(london_day(now)),
            closed_at__isnull=True,
            consent_requests_on__lte=london_day(now),
            all_dates__removed_at__isnull=True,
            all_dates__value__gt=london_day(now),
        )
        .exclude(pk__in=Session.objects.clinics())
        .distinct()
    )


def _with_days(session_id: int) -> Session:
    sessions = Session.objects.with_days().select_related("organisation", "location__team")
    return sessions.get(pk=session_id)


def _write(
    session: Session,
    kind: str,
    find: Callable[[Collection[int] | None], list[Pair]],
    *,
    now: datetime,
    date_of: Callable[[Pair], int | None] = lambda pair: None,
    form_token: UUID | None = None,
    by: User | None = None,
) -> int:
    """Write down who is due and queue their messages.

    Who is due is looked for twice: to lock them, and again when nobody else can change it.
    """
    children = {child_id for child_id, _ in find(None)}
    if not children:
        return 0
    Child.objects.lock_all(children)
    letters: dict[int, UUID] = {}
    for child_id in children:
        letters[child_id] = _letter(form_token, session, child_id) if form_token else uuid4()
    if form_token and ConsentRequest.objects.filter(letter__in=letters.values()).exists():
        # By a second click in the same moment.
        return 0
    ConsentRequest.objects.bulk_create(
        (
            ConsentRequest(
                letter=letters[pair[0]],
                kind=kind,
                child_id=pair[0],
                programme_id=pair[1],
                session=session,
                session_date_id=date_of(pair),
                requested_at=now,
                requested_by=by,
            )
            for pair in sorted(find(children))
        ),
        ignore_conflicts=True,
    )
    return _queue(session, kind, letters, now=now, by=by)


def _queue(
    session: Session, kind: str, letters: dict[int, UUID], *, now: datetime, by: User | None
) -> int:
    """One message to each address of the children whose letters were written down."""
    asked: dict[int, list[str]] = defaultdict(list)
    for child_id, programme in ConsentRequest.objects.filter(
        letter__in=letters.values(), child__in=list(letters), requested_at=now
    ).values_list("child_id", "programme_id"):
        asked[child_id].append(programme)
    children = Child.objects.in_bulk(asked)
    programmes = {programme.key: programme for programme in _programmes_of(session)}
    template = messages.SCHOOL_REQUEST if kind == Kind.REQUEST else messages.SCHOOL_REMINDER
    contacts = Contact.objects.filter(child__in=asked, is_asked=True).order_by(
        "child_id", "channel", "recipient", "parent_id"
    )
    send_off(
        session,
        Mailing.Kind.REMINDERS,
        (
            Message(
                letter=letters[contact.child_id],
                template=template,
                channel=contact.channel,
                recipient=contact.recipient,
                personalisation=messages.personalisation(
                    children[contact.child_id],
                    session,
                    [one for key, one in programmes.items() if key in asked[contact.child_id]],
                    today=messages.read_on(contact.channel, now),
                ),
                child_id=contact.child_id,
                parent_id=contact.parent_id,
                lane=Lane.BULK,
            )
            for contact in _each_address_once(contacts)
        ),
        children=len(asked),
        by=by,
        now=now,
    )
    return len(asked)


def letters_of(mailing: Mailing) -> dict[UUID, int]:
    """The reminders that a person sent off at once, each with its child."""
    return dict(
        ConsentRequest.objects.filter(
            session=mailing.session_id,
            kind=Kind.REMINDER,
            requested_by=mailing.queued_by_id,
            requested_at=mailing.queued_at,
        ).values_list("letter", "child_id")
    )


def _each_address_once(contacts: Iterable[Contact]) -> Iterable[Contact]:
    """Parents of a child who share an address get one message, the first of them."""
    seen = set()
    for contact in contacts:
        address = (contact.child_id, contact.channel, contact.recipient)
        if address not in seen:
            seen.add(address)
            yield contact


def _programmes_of(session: Session) -> Sequence[Programme]:
    return list(session.programmes.order_by("name"))


def _dates_stood_for(session: Session, *, today: date) -> Callable[[Pair], int | None]:
    """Which date a person's reminder of a child and programme stands for: of those whose own are
    due within three days, the first they were not reminded of.
    """
    rows = {day.value: day.pk for day in session.live_dates}
    coming = [
        rows[day]
        for day in asking_rules.stands_for(
            dates=rows, days_before=session.days_before_consent_reminders, today=today
        )
    ]
    reminded = set(
        ConsentRequest.objects.filter(
            session_date__in=coming, withheld_at__isnull=True
        ).values_list("session_date_id", "child_id", "programme_id")
    )
    return lambda pair: next((row for row in coming if (row, *pair) not in reminded), None)
