"""When jobs write what the saving of a school's dates makes due, and until when that can be called
back: plain values in and out.

Source: `docs/decisions/0065-a-schools-requests-can-be-called-back.md`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from calendars.clock import LONDON, london_instant
from sessions_app.rules import HELD_FROM, held_until
from sessions_app.schedule_rules import (
    WRITES_FROM,
    WRITES_UNTIL,
    is_open_for_consent,
    next_evening,
)


@dataclass(frozen=True, slots=True)
class Writing:
    """The instant from which jobs write about a school; if it is held, it can be called back until
    then, and not a letter is queued before.
    """

    at: datetime
    is_held: bool = False


def next_writing(now: datetime) -> datetime:
    """The instant from which the next job of an evening writes that begins now or later."""
    return max(now, london_instant(next_evening(now), WRITES_FROM))


def writing_of(dates: Collection[date], *, letters: int, now: datetime) -> Writing:
    """When jobs write about a school with these dates, to which so many `letters` go with the next
    job: at once that evening, or, where they are many, once a person could call them back.

    That is in the evening, two minutes from now at least, or the next evening where that is past
    the last job. Nothing waits for which the next evening would be too late, and nothing that is
    only due tomorrow: it can be changed until then.
    """
    may_go_at = held_until(now)
    day = next_evening(may_go_at)
    is_over = now.astimezone(LONDON).time() >= WRITES_UNTIL
    if letters < HELD_FROM or is_over or not is_open_for_consent(dates, day):
        return Writing(next_writing(now))
    return Writing(max(london_instant(day, WRITES_FROM), may_go_at), is_held=True)
