"""Background jobs of uploads. Their arguments are ids only."""

from celery import shared_task

from calendars import clock
from cohorts.services import confirming, uploads


@shared_task(name=uploads.RUN_TASK)
def run_upload(upload_id: int) -> None:
    """Import one stored file."""
    uploads.run_upload(upload_id=upload_id, now=clock.now())


@shared_task(name="cohorts.restart_stale_uploads")
def restart_stale_uploads() -> None:
    """Every minute: begin again what a dead worker or a lost message left."""
    uploads.restart_stale_uploads(now=clock.now())


@shared_task(name="cohorts.wipe_old_content")
def wipe_old_content() -> None:
    """Nightly: discard files that nobody confirmed, forget the content of others after 30 days."""
    confirming.discard_unconfirmed(now=clock.now())
    uploads.wipe_old_content(now=clock.now())
