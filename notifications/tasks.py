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
    """Every minute: find what the broker lost, and settle what is unclear."""
    sweeping.sweep(clock=clock.now)


@shared_task(name=receipts.APPLY_TASK)
def apply_receipts() -> None:
    """Apply delivery receipts, and ask Notify where a receipt alone is not believed."""
    hints.take_up(receipts.APPLY_TASK)
    if receipts.apply_waiting(clock=clock.now):
        lookups.check_accepted(clock=clock.now)


@shared_task(name="notifications.reconcile")
def reconcile() -> None:
    """Every quarter of an hour: ask about messages of which no receipt came."""
    lookups.check_accepted(clock=clock.now)


@shared_task(name="notifications.forget_receipts")
def forget_receipts() -> None:
    """Nightly: remove what has been applied for longer than receipts are kept."""
    receipts.forget(before=clock.now() - timedelta(days=settings.RECEIPTS_KEPT_DAYS))
