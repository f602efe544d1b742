"""Waiting for others' locks no longer than those who are behind can bear: an import may have the
children of a whole organisation for a minute.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

LONGEST_WAIT_MS = 5000
# Of a job of the urgent queue, which comes again: the others there are behind it.
SHORT_WAIT_MS = 1000


@contextmanager
def impatient(milliseconds: int | None = None) -> Iterator[None]:
    """A transaction that raises OperationalError rather than wait longer for one lock."""
    longest = LONGEST_WAIT_MS if milliseconds is None else milliseconds
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{longest}ms"])
        yield
