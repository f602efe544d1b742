"""What saving the dates of a school has its parents written to about, and calling that back.

Jobs ask and remind a school's parents in the evening, and consent knows whom (`register_outlook`).
Where a person's saving makes so many due the same day that it can be called back, the jobs wait
for the `Mailing` that says so: nothing is queued before, so nothing is sent if it is called back.
Source: `docs/decisions/0065-a-schools-requests-can-be-called-back.md`.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from calendars.clock import LONDON, london_day, london_instant
from sessions_app.evening_rules import Writing, next_writing, writing_of
from sessions_app.models import Mailing, Session, SessionDate
from sessions_app.schedule_rules import (
    REMINDS_UNTIL,
    is_open_for_consent,
    next_evening,
)
from sessions_app.signals import correction_released, visit_released


@dataclass(frozen=True)
class SchoolDates:
    """The dates of a school and when parents are written to about them, drafted or saved.

    `rows` has the saved row that each day is, none for a new one.
    """

    rows: Mapping[date, int | None]
    requests_on: date | None
    reminder_days: int | None


@dataclass(frozen=True)
class Letters:
    """Letters to the parents of so many children, in emails and texts, and what they read."""

    children: int = 0
    emails: int = 0
    texts: int = 0
    examples: list[tuple[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class AskingOutlook:
    """How many children's parents jobs write to about a school with such dates.

    `writing` is when they do next. `requests` go on the day `on`, `reminders` to answer on that of
    `writing`; emails and texts are those of both.
    Reminders of tomorrow's visit go at once, or from nine; so does, always at once, to whom a visit
    was told on one of the days `off`, that it is. Of `left_out`, each has its reason.
    """

    writing: Writing | None = None
    on: date | None = None
    requests: int = 0
    reminders: int = 0
    emails: int = 0
    texts: int = 0
    left_out: list[tuple[str, int]] = field(default_factory=list)
    examples: list[tuple[str, Any]] = field(default_factory=list)
    visit: Letters = field(default_factory=Letters)
    off: list[date] = field(default_factory=list)
    correction: Letters = field(default_factory=Letters)

    @property
    def letters(self) -> int:
        """About how many children jobs write of consent the next time."""
        is_next = self.writing is not None and self.on == london_day(self.writing.at)
        return self.reminders + (self.requests if is_next else 0)


CALLED_BACK = Q(called_back_at__isnull=False, released_at=None)
Outlook = Callable[..., AskingOutlook]
_outlooks: list[Outlook] = []


def register_outlook(outlook: Outlook) -> None:
    """Let the app above that asks parents tell whom; called with the session, its `SchoolDates`,
    `now`, and the `Writing` of the jobs.
    """
    _outlooks[:] = [outlook]


def outlook(session: Session, dates: SchoolDates, *, now: datetime) -> AskingOutlook:
    """Whom jobs write to about a school, fetched `with_days`, if it has these dates, and when:
    later where so many are due that it can be called back first.
    """
    if not _outlooks:
        return AskingOutlook()
    (tell,) = _outlooks
    soonest = Writing(next_writing(now))
    found = tell(session, dates, now=now, writing=soonest)
    writing = writing_of(list(dates.rows), letters=found.letters, now=now)
    if london_day(writing.at) == london_day(soonest.at):
        return replace(found, writing=writing)
    return tell(session, dates, now=now, writing=writing)


def outlook_of_release(mailing: Mailing, *, now: datetime) -> AskingOutlook:
    """Whom jobs write to once a called back mailing of a school is let go: about what it was about,
    and nothing else that was called back.
    """
    session = _with_days(mailing.session_id)
    found = outlook(session, saved_dates(session), now=now)
    if mailing.kind == Mailing.Kind.VISIT:
        return AskingOutlook(visit=found.visit)
    if mailing.kind == Mailing.Kind.CORRECTION:
        return AskingOutlook(off=found.off, correction=found.correction)
    return replace(found, visit=Letters(), off=[], correction=Letters())


def hold(session_id: int, *, by: User, now: datetime) -> Mailing | None:
    """Let the jobs of today wait where what a person saved makes many due: until the evening, two
    minutes at least, or the next one where that is past its last job. What waited before, or was
    called back, is settled by that.

    For whoever has locked the session. None where few are due, or nobody is before tomorrow, or
    the next evening would be too late to ask.
    """
    _settle(session_id, by=by, now=now)
    return _hold(session_id, by=by, now=now)


def _hold(session_id: int, *, by: User, now: datetime) -> Mailing | None:
    school = _with_days(session_id)
    found = outlook(school, saved_dates(school), now=now)
    if found.writing is None or not found.writing.is_held:
        return None
    return Mailing.objects.create(
        session=school,
        kind=Mailing.Kind.ASKING,
        queued_by=by,
        queued_at=now,
        letters=found.letters,
        messages=found.emails + found.texts,
        goes_at=found.writing.at,
    )


def saved_dates(session: Session) -> SchoolDates:
    """The dates of a school as they are saved."""
    rows = SessionDate.objects.live().filter(session=session).values_list("value", "pk")
    return SchoolDates(
        dict(rows), session.consent_requests_on, session.days_before_consent_reminders
    )


def jobs_wait(session: Session, *, now: datetime) -> bool:
    """Whether jobs leave the parents of a school in peace: what a person saved can still be called
    back, or was and nobody has let it go since. For whoever holds the session.
    """
    return _of(session, Mailing.Kind.ASKING).filter(_waits(now)).exists()


def waiting(session_ids: Collection[int], *, now: datetime) -> dict[int, datetime | None]:
    """The schools among these whose parents jobs leave in peace, by id: until when, or None where
    that was called back and nobody has let it go since. One query.
    """
    of_these = Mailing.objects.filter(session__in=session_ids, kind=Mailing.Kind.ASKING)
    return {
        session_id: None if called_back_at else goes_at
        for session_id, goes_at, called_back_at in of_these.filter(_waits(now)).values_list(
            "session_id", "goes_at", "called_back_at"
        )
    }


def called_back(session: Session) -> Mailing | None:
    """What a person called back of a school's messages about consent and nobody let go since, with
    who did; None if they go as planned.
    """
    mailings = _of(session, Mailing.Kind.ASKING).filter(CALLED_BACK)
    return mailings.select_related("called_back_by").first()


def visit_was_called_back(session: Session, *, now: datetime) -> bool:
    """Whether today's reminders of a visit were called back and nobody has let them go since."""
    midnight = london_instant(london_day(now), time.min)
    visit = _of(session, Mailing.Kind.VISIT)
    return visit.filter(CALLED_BACK, queued_at__gte=midnight).exists()


def may_still_go(mailing: Mailing, dates: Collection[date], *, now: datetime) -> bool:
    """Whether what was called back could be let go: reminders of a visit on their day, that it is
    off while anybody can be told, messages about consent as long as parents may answer.
    """
    today = london_day(now)
    if mailing.session.is_closed or mailing.kind not in Mailing.OF_SCHOOLS:
        return False
    if mailing.kind == Mailing.Kind.VISIT:
        is_over = now.astimezone(LONDON).time() >= REMINDS_UNTIL
        return london_day(mailing.queued_at) == today and not is_over
    if mailing.kind == Mailing.Kind.CORRECTION:
        return outlook_of_release(mailing, now=now).correction.children > 0
    return is_open_for_consent(dates, next_evening(now))


@transaction.atomic
def release(*, mailing_id: UUID, by: User, now: datetime) -> Mailing | None:
    """Let what was called back at a school go after all; what waits now, if it is many again.

    Whoever is still due is written to, about that alone: messages about consent and reminders of a
    visit that were both called back are let go each by itself. Released once, however many ask.
    """
    session_id = Mailing.objects.values_list("session_id", flat=True).get(pk=mailing_id)
    session = Session.objects.lock(session_id)
    mailing = Mailing.objects.select_for_update(of=("self",), no_key=True).get(pk=mailing_id)
    if mailing.called_back_at is None or mailing.released_at is not None:
        return None
    mailing.released_at, mailing.released_by = now, by
    mailing.save(update_fields=["released_at", "released_by"])
    if mailing.kind == Mailing.Kind.ASKING:
        return _hold(session_id, by=by, now=now)
    released = {
        Mailing.Kind.VISIT: visit_released,
        Mailing.Kind.CORRECTION: correction_released,
    }[Mailing.Kind(mailing.kind)]
    released.send(Session, session=session, by=by, now=now)
    return None


def _with_days(session_id: int) -> Session:
    sessions = Session.objects.with_days().select_related("organisation", "location__team")
    return sessions.get(pk=session_id)


def _waits(now: datetime) -> Q:
    return Q(called_back_at=None, goes_at__gt=now) | CALLED_BACK


def _of(session: Session, kind: Mailing.Kind) -> QuerySet[Mailing]:
    return Mailing.objects.filter(session=session, kind=kind)


def _settle(session_id: int, *, by: User, now: datetime) -> None:
    """Other dates take the place of what waits, and of what was called back: who did that stays."""
    mailings = Mailing.objects.filter(session=session_id, kind__in=Mailing.OF_SCHOOLS)
    kinds = (Mailing.Kind.ASKING, Mailing.Kind.CORRECTION)
    waiting = mailings.filter(kind__in=kinds, goes_at__gt=now, called_back_at=None)
    waiting.update(called_back_at=now, called_back_by=by, released_at=now)
    mailings.filter(CALLED_BACK).update(released_at=now)
