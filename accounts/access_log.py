"""Who looked at which child's record. Source: vaccination and people §8."""

from collections.abc import Collection
from datetime import datetime

from accounts.models import AccessLogEntry, User


def record_view(*, user: User, child_id: int, area: str, page: str, now: datetime) -> None:
    """Keep that the user opened a page about the child.

    `area` and `page` are values of `AccessLogEntry.Area` and `AccessLogEntry.Page`.
    """
    record_views(user=user, child_ids=[child_id], area=area, page=page, now=now)


def record_views(
    *, user: User, child_ids: Collection[int], area: str, page: str, now: datetime
) -> None:
    """The same of a page about several children, such as brothers and sisters: one query."""
    AccessLogEntry.objects.bulk_create(
        AccessLogEntry(
            user=user,
            child_id=child_id,
            area=AccessLogEntry.Area(area),
            page=AccessLogEntry.Page(page),
            at=now,
        )
        for child_id in child_ids
    )
