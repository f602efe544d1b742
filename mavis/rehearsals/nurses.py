"""Nurses who change the dates of clinics while invitations go out, and two of them at once."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

from django.db import OperationalError, connection

from accounts.models import User
from calendars import clock
from mavis.rehearsals.cohort import Cohort
from sessions_app import schedule
from sessions_app.models import ScheduleDraft, Session
from sessions_app.selectors.written import has_written


def edit_dates(cohort: Cohort, chance: random.Random) -> None:
    """Move the first date of a clinic by some days and add another.

    Only where somebody was invited, which fixes the day on which the others are.
    """
    if session := _written(cohort, chance):
        _confirm(_amended(session, cohort.nurses[session.organisation_id], added_after=14))


def edit_dates_at_once(cohort: Cohort, chance: random.Random) -> int:
    """Let two save different dates for one session in the same moment; how many of them could."""
    session = _written(cohort, chance)
    if session is None:
        return 0
    nurse = cohort.nurses[session.organisation_id]
    drafts = [_amended(session, nurse, added_after=days) for days in (14, 21)]
    together = Barrier(len(drafts))

    def save(draft: ScheduleDraft) -> bool:
        together.wait()
        try:
            _confirm(draft)
        except (schedule.ScheduleRefused, OperationalError):
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(len(drafts)) as pool:
        return sum(pool.map(save, drafts))


def _written(cohort: Cohort, chance: random.Random) -> Session | None:
    written = [session for session in cohort.sessions if has_written(session)]
    return Session.objects.get(pk=chance.choice(written).pk) if written else None


def _amended(session: Session, nurse: User, *, added_after: int) -> ScheduleDraft:
    draft = schedule.start(session, by=nurse)
    answers = schedule.read(draft, today=clock.today()).saved
    first, *others = answers.days
    taken = {day.value for day in answers.days}
    days = (d for d in (first.value + timedelta(days=n) for n in (1, -1, 2)) if d not in taken)
    moved = schedule.Day(first.id, next(days))
    added = schedule.Day(None, max(taken) + timedelta(days=added_after))
    schedule.amend(draft, days=(moved, *others, added)[:6])
    return draft


def _confirm(draft: ScheduleDraft) -> None:
    schedule.confirm(
        session_id=draft.session_id,
        draft_id=draft.pk,
        accepts_lost_bookings=True,
        by=draft.owner,
        now=clock.now(),
    )
