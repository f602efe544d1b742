"""Background jobs of consent. Their arguments are ids only."""

from datetime import timedelta

from celery import shared_task
from django.db import OperationalError

from calendars import clock
from consent.services import (
    asking,
    expiry,
    matching,
    online,
    online_replies,
    reminding,
    responses,
)
from notifications import hints
from notifications.patience import SHORT_WAIT_MS, impatient

DRAFTS_ARE_KEPT = timedelta(days=1)
# A hint that has not been taken up after so long was lost.
HINTS_TAKE = timedelta(minutes=2)
# A reply that has not been queued after so long was forgotten.
REPLIES_TAKE = timedelta(minutes=5)


@shared_task(name="consent.forget_drafts")
def forget_drafts() -> None:
    """Delete drafts of responses that nobody went on with. Source: consent §15."""
    before = clock.now() - DRAFTS_ARE_KEPT
    responses.forget_drafts(before=before)
    online.forget_drafts(before=before)


@shared_task(
    name=online.MATCH_TASK, autoretry_for=(OperationalError,), retry_backoff=5, max_retries=6
)
def match_online_response(response_id: int) -> None:
    """Look for the child that a recorded response means; one not found waits for a person.

    Then the parent is told what was recorded, whether or not a child was found. Where somebody has
    the child for long, as an import may, it comes again: messages wait in the same queue.
    """
    hints.take_up(online.MATCH_TASK, response_id)
    now = clock.now()
    with impatient(SHORT_WAIT_MS):
        matching.match(response_id, now=now)
    online_replies.confirm(response_id, now=now)


@shared_task(name="consent.match_overlooked")
def match_overlooked() -> None:
    """Look for the children of responses whose hint was lost."""
    now = clock.now()
    matching.match_overlooked(before=now - HINTS_TAKE, now=now)


@shared_task(name=matching.MATCH_WAITING_TASK)
def match_waiting(organisation_id: int | None = None) -> None:
    """Look again for the children of all that waits: every night, and when children were added."""
    if organisation_id is not None:
        hints.take_up(matching.MATCH_WAITING_TASK, organisation_id)
    matching.match_waiting(now=clock.now(), organisation_id=organisation_id)


@shared_task(name="consent.ask_and_remind")
def ask_and_remind() -> None:
    """Queue what is due to parents of schools' children: at four, and again every quarter of an
    hour of the evening for what was missed.
    """
    asking.plan_each(now=clock.now())


@shared_task(name="consent.remind_of_sessions")
def remind_of_sessions() -> None:
    """Remind parents who agreed of tomorrow's visit to the school: at nine, and again every quarter
    of an hour of the day for what was missed.
    """
    reminding.remind_each(now=clock.now())


@shared_task(name="consent.confirm_overlooked")
def confirm_overlooked() -> None:
    """Confirm the answers of parents whose hint was lost, or before which matching failed."""
    now = clock.now()
    online_replies.confirm_overlooked(before=now - REPLIES_TAKE, now=now)


@shared_task(name="consent.expire_self_consents")
def expire_self_consents() -> None:
    """Let the children's own consents of earlier days lapse: every night, and until the morning
    for what was missed.
    """
    expiry.expire_each(now=clock.now())
