"""Jobs of the workers. They take no more than numbers, and may run twice, late or at once."""

from celery import shared_task

from calendars import clock
from notifications import hints, outbox, sending, sweeping


@shared_task(name=outbox.SEND_TASK)
def send_due(lane: int) -> None:
    """Send what is due in a lane."""
    hints.take_up(outbox.SEND_TASK, lane)
    sending.send_due(lane=lane, clock=clock.now)


@shared_task(name="notifications.sweep")
def sweep() -> None:
    """Every minute: find what the broker lost, and settle what is unclear."""
    sweeping.sweep(clock=clock.now)
