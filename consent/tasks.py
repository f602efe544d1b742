"""What consent does by the clock."""

from datetime import timedelta

from celery import shared_task

from calendars import clock
from consent.services import responses

DRAFTS_ARE_KEPT = timedelta(days=1)


@shared_task(name="consent.forget_drafts")
def forget_drafts() -> None:
    """Delete drafts of responses that nobody went on with. Source: consent §15."""
    responses.forget_drafts(before=clock.now() - DRAFTS_ARE_KEPT)
