from celery import shared_task

from calendars import clock
from heartbeats import catching_up


@shared_task(name="heartbeats.pulse")
def pulse() -> None:
    """Prove by its heartbeat that a worker takes jobs from the queue that this one came through."""


@shared_task(name="heartbeats.catch_up")
def catch_up() -> None:
    """Every minute: send the next of the nightly jobs that were missed while beat was down."""
    catching_up.catch_up(now=clock.now())
