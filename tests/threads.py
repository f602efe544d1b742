"""Jobs at the same time, on real transactions."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

from django.db import connection, transaction

from cohorts.models import Child

WAITS_FOR_A_LOCK = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def at_once(*jobs: Callable) -> list:
    """Run the jobs in threads that start together, each on a connection of its own.

    Returns what they returned, in order; raises what one of them raised.
    """
    barrier = Barrier(len(jobs))

    def run(job):
        try:
            barrier.wait(timeout=60)
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return [future.result() for future in [pool.submit(run, job) for job in jobs]]


def while_an_import_has(child_id: int, job: Callable) -> None:
    """Run the job while somebody else has a child locked, as an import may for minutes."""
    has_child, is_over = Event(), Event()

    def import_a_file():
        with transaction.atomic():
            Child.objects.lock(child_id)
            has_child.set()
            assert is_over.wait(60)

    def work():
        try:
            assert has_child.wait(60)
            job()
        finally:
            is_over.set()

    at_once(import_a_file, work)


def wait_for_a_waiter():
    """Return once another connection waits for a lock, or two seconds have passed."""
    ended = Event()
    for _ in range(100):
        with connection.cursor() as cursor:
            cursor.execute(WAITS_FOR_A_LOCK)
            if cursor.fetchone()[0]:
                return
        ended.wait(0.02)
