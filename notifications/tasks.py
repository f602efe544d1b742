"""Jobs of the workers. They take no more than numbers, and may run twice, late or at once."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from calendars import clock
from notifications import hints, lookups, outbox, receipts, sending, sweeping


@shared_task(name=outbox.SEND_TASK)
def send_due(lane: int) -> None:
    """Send what is due in a lane."""
    hints.take_up(outbox.SEND_TASK, lane)
    sending.send_due(lane=lane, clock=clock.now)


@shared_task(name="notifications.sweep")
def sweep() -> None:
    """Every minute: find what the broker lost, and what a sender left."""
    sweeping.sweep(clock=clock.now)


@shared_task(name="notifications.settle_unclear")
def settle_unclear() -> None:
    """Every minute: ask Notify what became of unclear attempts."""
    sweeping.settle_unclear(clock=clock.now)


@shared_task(name=receipts.APPLY_TASK)
def apply_receipts() -> None:
    """Apply delivery receipts, and have Notify asked where a receipt alone is not believed."""
    hints.take_up(receipts.APPLY_TASK)
    if receipts.apply_waiting(clock=clock.now):
        # It may take long, and the queue of this job is for what does not.
        hints.give(lookups.CHECK_TASK, queue="default")


@shared_task(name=lookups.CHECK_TASK)
def reconcile() -> None:
    """Every quarter of an hour, and after receipts: ask about messages of which none is believed,
    or none came.
    """
    hints.take_up(lookups.CHECK_TASK)
    lookups.check_accepted(clock=clock.now)


@shared_task(name="notifications.forget_receipts")
def forget_receipts() -> None:
    """Nightly: remove what has been applied for longer than receipts are kept."""
    receipts.forget(before=clock.now() - timedelta(days=settings.RECEIPTS_KEPT_DAYS))
