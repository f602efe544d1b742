"""Who looked at which child's record. Source: vaccination and people §8."""

from datetime import datetime

from accounts.models import AccessLogEntry, User


def record_view(*, user: User, child_id: int, area: str, page: str, now: datetime) -> None:
    """Keep that the user opened a page about the child.

    `area` and `page` are values of `AccessLogEntry.Area` and `AccessLogEntry.Page`.
    """
    AccessLogEntry.objects.create(
        user=user,
        child_id=child_id,
        area=AccessLogEntry.Area(area),
        page=AccessLogEntry.Page(page),
        at=now,
    )
