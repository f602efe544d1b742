"""Background jobs of consent. Their arguments are ids only."""

from datetime import timedelta

from celery import shared_task

from calendars import clock
from consent.services import online, responses
from notifications import hints

DRAFTS_ARE_KEPT = timedelta(days=1)


@shared_task(name="consent.forget_drafts")
def forget_drafts() -> None:
    """Delete drafts of responses that nobody went on with. Source: consent §15."""
    before = clock.now() - DRAFTS_ARE_KEPT
    responses.forget_drafts(before=before)
    online.forget_drafts(before=before)


@shared_task(name=online.MATCH_TASK)
def match_online_response(response_id: int) -> None:
    """Look for the child that a recorded response means; one not found waits for a person."""
    hints.take_up(online.MATCH_TASK, response_id)
