"""What cannot have been written truly: moments that lie ahead, left by a clock that was wrong.

While a clock runs an hour ahead, what is queued is due in an hour and what is claimed looks fresh
for an hour. Once it is right again, such moments are treated as now. Source: lessons §2.
"""

from datetime import datetime, timedelta

from calendars.clock import LONDON, london_instant
from notifications.rules import TEXTS_FROM, send_not_before

# Two machines never differ by as much: Notify refuses a clock that is half a minute off.
AHEAD = timedelta(minutes=5)


def is_ahead(moment: datetime | None, now: datetime) -> bool:
    """Whether a moment that was written down as past lies too far ahead to be true."""
    return moment is not None and moment - now > AHEAD


def next_opening(now: datetime) -> datetime:
    """When texts next begin to go: until then, and no later, a whole evening's texts may wait."""
    local = now.astimezone(LONDON)
    day = local.date() + timedelta(days=1 if local.time() >= TEXTS_FROM else 0)
    return london_instant(day, TEXTS_FROM)


def due_when_right(
    *,
    channel: str,
    due_at: datetime,
    created_at: datetime,
    claimed_at: datetime | None,
    now: datetime,
) -> datetime:
    """When a waiting message is really due: as long from now as it was from when that was written.

    That was when it was created, or after its last attempt. Only a moment that cannot be true
    says that the clock was wrong: `due_at` alone may well lie ahead.
    """
    written = [each for each in (created_at, claimed_at) if each and is_ahead(each, now)]
    if not written:
        return due_at
    return send_not_before(channel, max(now, due_at - (max(written) - now)))
