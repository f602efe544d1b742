"""Scheduling a session: a draft of its dates, what would follow, and confirming it.

Nothing is live before it is confirmed, so that half-finished dates write to nobody.
Source: sessions and clinics §4, E2 to E6, E21 to E24.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from activity.models import Entry
from activity.services import record_for_children
from calendars.clock import london_day
from govuk.filters import govuk_date
from sessions_app import asking, dates_changed, invitations
from sessions_app.asking import SchoolDates
from sessions_app.models import ScheduleDraft, Session, SessionDate
from sessions_app.schedule_rules import (
    Changes,
    Day,
    Notice,
    anchor_date,
    changes,
    is_in_year,
    most_reminder_weeks,
    next_reminder_on,
    notice,
)
from sessions_app.selectors.written import first_written_on, invited_children
from sessions_app.signals import dates_saved

DAYS_A_WEEK = 7
CHANGED_MEANWHILE = "Somebody else changed this session while you were editing it. Start again."


class ScheduleRefused(Exception):
    """The draft cannot be confirmed; the message says why, for people."""


@dataclass(frozen=True)
class Answers:
    """What a draft says; a day of notice only where a person chose one."""

    days: tuple[Day, ...] = ()
    notice_on: date | None = None
    reminder_weeks: int = 1

    @property
    def dates(self) -> list[date]:
        return sorted(day.value for day in self.days)

    def to_json(self) -> dict:
        return {
            "days": [[day.id, day.value.isoformat()] for day in self.days],
            "notice_on": self.notice_on and self.notice_on.isoformat(),
            "reminder_weeks": self.reminder_weeks,
        }

    @classmethod
    def from_json(cls, stored: dict) -> "Answers":
        return cls(
            days=tuple(Day(key, date.fromisoformat(value)) for key, value in stored["days"]),
            notice_on=stored["notice_on"] and date.fromisoformat(stored["notice_on"]),
            reminder_weeks=stored["reminder_weeks"],
        )


@dataclass(frozen=True)
class Schedule:
    """A draft beside what is saved: what the pages show and what confirming would do."""

    session: Session
    saved: Answers
    answers: Answers
    attended: frozenset[int]
    is_frozen: bool
    written_on: date | None
    notice: Notice
    today: date

    @property
    def changes(self) -> Changes:
        return changes({day.id: day.value for day in self.saved.days}, self.answers.days)

    @property
    def is_changed(self) -> bool:
        return bool(self.changes) or self.answers != self.saved

    @property
    def anchor(self) -> date | None:
        return anchor_date(self.answers.dates, self.today)

    @property
    def is_past(self) -> bool:
        """Whether there are dates and none that a parent could still be written to about."""
        return bool(self.answers.days) and max(self.answers.dates) <= self.today

    @property
    def most_reminder_weeks(self) -> int:
        return most_reminder_weeks(anchor=self.anchor, requests_on=self.notice.on)

    @property
    def has_valid_reminders(self) -> bool:
        """Whether the reminders of a school session still come after its requests."""
        return (
            self.session.is_clinic
            or self.is_frozen
            or self.anchor is None
            or self.answers.reminder_weeks <= self.most_reminder_weeks
        )

    @property
    def next_reminder_on(self) -> date | None:
        return next_reminder_on(
            self.answers.dates, weeks=self.answers.reminder_weeks, today=self.today
        )


def start(session: Session, *, by: User) -> ScheduleDraft:
    """A new draft that says what is saved, and remembers it; kept once it is amended."""
    saved = _saved(session).to_json()
    return ScheduleDraft(session=session, owner=by, answers={"saved": saved, "answers": saved})


def fingerprint(draft: ScheduleDraft) -> str:
    """Tells one saved state of a session from another, for a page that was opened on it."""
    saved = json.dumps(draft.answers["saved"], sort_keys=True)
    return hashlib.sha256(saved.encode()).hexdigest()[:12]


def find(session: Session, draft_id: UUID, *, by: User) -> ScheduleDraft | None:
    """The person's own draft for the session; none once it was confirmed or forgotten."""
    draft = ScheduleDraft.objects.filter(pk=draft_id, session=session, owner=by).first()
    if draft is not None:
        draft.session = session
    return draft


def read(draft: ScheduleDraft, *, today: date) -> Schedule:
    """What the draft says and what would follow."""
    session = draft.session
    answers = Answers.from_json(draft.answers["answers"])
    written_on = first_written_on(session) if session.notice_on is not None else None
    is_frozen = written_on is not None
    return Schedule(
        session=session,
        saved=Answers.from_json(draft.answers["saved"]),
        answers=answers,
        attended=frozenset(
            SessionDate.objects.live()
            .filter(session=session, attended_at__isnull=False)
            .values_list("pk", flat=True)
        ),
        is_frozen=is_frozen,
        written_on=written_on,
        notice=_notice(session, answers, is_frozen=is_frozen, today=today),
        today=today,
    )


def amend(draft: ScheduleDraft, **answers) -> None:
    """Change answers of the draft, nothing else, and keep it."""
    amended = replace(Answers.from_json(draft.answers["answers"]), **answers)
    draft.answers = {**draft.answers, "answers": amended.to_json()}
    draft.save()


@transaction.atomic
def confirm(
    *, session_id: int, draft_id: UUID, accepts_lost_bookings: bool, by: User, now: datetime
) -> int:
    """Make a draft live and invite whoever is due at once; returns how many letters that queued.
    A school's jobs wait until it can no longer be called back, where many are due today.

    An amended date stays the same date, a removed one is kept with what was sent for it, and one
    that is offered again comes back with its history: nobody is invited twice. Children who were
    invited before get an entry in their log. Raises `ScheduleRefused` if the session was closed
    or changed meanwhile, if an answer no longer holds, or if dates that families may have booked
    would go and nobody accepted that. A draft that is gone was confirmed: nothing happens again.
    """
    session = Session.objects.lock(session_id)
    draft = find(session, draft_id, by=by)
    if draft is None:
        return 0
    if session.is_closed:
        raise ScheduleRefused("This session is closed. Its dates cannot be changed.")
    schedule = read(draft, today=london_day(now))
    _check(schedule)
    invited = list(invited_children(session))
    if schedule.changes.gone and invited and not accepts_lost_bookings:
        raise ScheduleRefused("Confirm that you will tell families who have booked.")
    _save_dates(schedule, now=now)
    _save_notice(schedule, by=by, now=now)
    if invited and schedule.changes:
        record_for_children(
            invited,
            kind=Entry.Kind.SESSION_DATES_CHANGED,
            title=f"Session dates changed at {session.location.name}",
            body=in_words(schedule.changes),
            organisation_id=session.organisation_id,
            session_id=session.pk,
            now=now,
            by=by,
        )
        if session.is_clinic:
            dates_changed.record(session, in_words=in_words(schedule.changes), by=by, now=now)
    draft.delete()
    if session.is_clinic:
        invitations.free(session, now=now)
    else:
        asking.hold(session.pk, by=by, now=now)
    # What waited is settled now: what this brings about waits in its turn.
    dates_saved.send(Session, session=session, by=by, now=now)
    return invitations.plan(now=now, session_ids=[session.pk], by=by) if session.is_clinic else 0


def rows_of(schedule: Schedule) -> dict[date, int]:
    """The saved date that each date of the draft is: kept, amended, or offered once more."""
    new = [day.value for day in schedule.answers.days if day.id is None]
    return _returning(schedule.session, new) | {
        day.value: day.id for day in schedule.answers.days if day.id is not None
    }


def school_dates(schedule: Schedule) -> SchoolDates:
    """The dates of a school as drafted, for whom its parents would be written to about."""
    rows = rows_of(schedule)
    return SchoolDates(
        {day: rows.get(day) for day in schedule.answers.dates},
        schedule.notice.on,
        schedule.answers.reminder_weeks * DAYS_A_WEEK,
    )


def in_words(changed: Changes) -> str:
    """What happened to the dates, a line for each."""
    lines = [f"{govuk_date(old)} moved to {govuk_date(new)}" for old, new in changed.moved]
    lines += [f"{govuk_date(day)} removed" for day in changed.removed]
    lines += [f"{govuk_date(day)} added" for day in changed.added]
    return "\n".join(lines)


def forget_drafts(*, before: datetime) -> int:
    """Delete the drafts that nobody touched since; returns how many."""
    return ScheduleDraft.objects.filter(updated_at__lt=before).delete()[0]


def _saved(session: Session) -> Answers:
    rows = SessionDate.objects.live().filter(session=session).order_by("value")
    is_chosen = (
        session.invitations_on_chosen if session.is_clinic else session.consent_requests_on_chosen
    )
    days = (
        session.days_before_consent_reminders or session.organisation.days_before_consent_reminders
    )
    return Answers(
        days=tuple(Day(row.pk, row.value) for row in rows),
        notice_on=session.notice_on if is_chosen else None,
        reminder_weeks=max(1, days // DAYS_A_WEEK),
    )


def _notice(session: Session, answers: Answers, *, is_frozen: bool, today: date) -> Notice:
    organisation = session.organisation
    if session.is_clinic:
        days_before, reminder_days = organisation.days_before_invitations, 0
    else:
        days_before = organisation.days_before_consent_requests
        reminder_days = answers.reminder_weeks * DAYS_A_WEEK
    return notice(
        answers.dates,
        chosen=answers.notice_on,
        frozen=session.notice_on if is_frozen else None,
        days_before=days_before,
        today=today,
        reminder_days=reminder_days,
    )


def _check(schedule: Schedule) -> None:
    """Refuse what the forms refuse, and what became wrong since they were filled in."""
    session, answers = schedule.session, schedule.answers
    if _saved(session) != schedule.saved:
        raise ScheduleRefused(CHANGED_MEANWHILE)
    dates = answers.dates
    if len(set(dates)) != len(dates) or not all(
        is_in_year(day, session.academic_year) for day in dates
    ):
        raise ScheduleRefused("The session dates are not valid. Change them.")
    amended = {day.id: day.value for day in answers.days}
    if any(
        amended.get(day.id) != day.value
        for day in schedule.saved.days
        if day.id in schedule.attended
    ):
        raise ScheduleRefused("Children have attended on a date that you changed. Start again.")
    chosen = (answers.notice_on, answers.reminder_weeks)
    if schedule.is_frozen and chosen != (schedule.saved.notice_on, schedule.saved.reminder_weeks):
        raise ScheduleRefused(
            "Parents were written to while you were editing, so when that begins "
            "cannot be changed any more. Start again."
        )
    if not schedule.notice.is_valid:
        raise ScheduleRefused("Choose a new date for writing to parents: it no longer fits.")
    if not schedule.has_valid_reminders:
        raise ScheduleRefused("Choose again when to remind parents: it no longer fits.")


def _save_dates(schedule: Schedule, *, now: datetime) -> None:
    session, answers = schedule.session, schedule.answers
    amended = {day.id: day.value for day in answers.days if day.id is not None}
    rows = list(SessionDate.objects.live().filter(session=session))
    moved = [row for row in rows if row.pk in amended and amended[row.pk] != row.value]
    leaving = [row.pk for row in rows if row.pk not in amended] + [row.pk for row in moved]
    # First out of the way: dates may change places, and a day can be live only once.
    SessionDate.objects.filter(pk__in=leaving).update(removed_at=now)
    for row in moved:
        row.value, row.removed_at = amended[row.pk], None
    SessionDate.objects.bulk_update(moved, ["value", "removed_at"])
    _offer(session, [day.value for day in answers.days if day.id is None])


def _offer(session: Session, days: Sequence[date]) -> None:
    """Add dates; one that was offered before comes back with what was sent for it."""
    returning = _returning(session, days)
    SessionDate.objects.filter(pk__in=returning.values()).update(removed_at=None)
    SessionDate.objects.bulk_create(
        SessionDate(session=session, value=day) for day in days if day not in returning
    )


def _returning(session: Session, days: Sequence[date]) -> dict[date, int]:
    """The last removed row of each of these days that was offered before."""
    removed = SessionDate.objects.filter(
        session=session, value__in=days, removed_at__isnull=False
    ).order_by("removed_at")
    return dict(removed.values_list("value", "pk"))


def _save_notice(schedule: Schedule, *, by: User, now: datetime) -> None:
    session, on = schedule.session, schedule.notice.on
    if not session.is_clinic:
        session.consent_requests_on = on
        session.consent_requests_on_chosen = schedule.notice.is_chosen
        session.days_before_consent_reminders = (
            schedule.answers.reminder_weeks * DAYS_A_WEEK if on else None
        )
    else:
        if schedule.answers.notice_on != schedule.saved.notice_on or not schedule.notice.is_chosen:
            chosen = schedule.notice.is_chosen
            session.invitations_on_chosen_by = by if chosen else None
            session.invitations_on_chosen_at = now if chosen else None
        session.invitations_on = on
        session.invitations_on_chosen = schedule.notice.is_chosen
    session.save()
