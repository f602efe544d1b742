from celery import shared_task


@shared_task(name="heartbeats.pulse")
def pulse() -> None:
    """Prove by its heartbeat that a worker takes jobs from the queue that this one came through."""
