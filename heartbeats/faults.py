"""Jobs that go through many organisations or sessions, of which one may be broken."""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db import connection

logger = logging.getLogger(__name__)

Item = TypeVar("Item")


class SomeFailed(Exception):
    """Some of many failed, and the others are done. The log names them."""


def each(items: Iterable[Item], job: Callable[[Item], int], *, what: str) -> int:
    """Do a job for each item, a fault of one keeping no other waiting; the sum of what it returns.

    A fault is logged with `what` and the item, given by its id where it is a row. At the end
    SomeFailed is raised, so that the heartbeat of the schedule shows the failure.
    """
    done = failed = 0
    for item in items:
        try:
            done += job(item)
        except Exception:
            failed += 1
            logger.exception("%s %s failed", what, getattr(item, "pk", item))
            if not connection.in_atomic_block:
                # A connection that was lost is opened anew for the next one.
                connection.close_if_unusable_or_obsolete()
    if failed:
        raise SomeFailed(f"{failed} failed")
    return done
