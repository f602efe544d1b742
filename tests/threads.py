"""Jobs at the same time, on real transactions."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection


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
