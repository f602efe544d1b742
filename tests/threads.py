"""Jobs at the same time, on real transactions."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

from django.db import connection

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


def wait_for_a_waiter():
    """Return once another connection waits for a lock, or two seconds have passed."""
    ended = Event()
    for _ in range(100):
        with connection.cursor() as cursor:
            cursor.execute(WAITS_FOR_A_LOCK)
            if cursor.fetchone()[0]:
                return
        ended.wait(0.02)
