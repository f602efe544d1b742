"""What parents will read of a mailing that waits: shown where it can still be called back."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sessions_app import dates_changed
from sessions_app.invitations.messages import FIRST, LATER, examples
from sessions_app.models import Mailing

WILL_READ = "What parents will read"

# A summary of each message, with an example of it on each channel.
Summed = list[tuple[str, Any]]
Tell = Callable[[Mailing, datetime], Summed]
_above: dict[str, Tell] = {}


def register(kind: str, tell: Tell) -> None:
    """Let an app above that queues a kind of mailing say what parents read of it."""
    _above[kind] = tell


def what_parents_read(mailing: Mailing, *, now: datetime) -> Summed:
    """Each message of a mailing, whose session was fetched `with_days`, as on the page on which a
    person confirmed it: for a child who does not exist.
    """
    if tell := _above.get(mailing.kind):
        return tell(mailing, now)
    if mailing.kind == Mailing.Kind.DATES_CHANGED:
        values = dates_changed.personalisation(mailing.change, mailing.session)
        return [(WILL_READ, examples(mailing.session, dates_changed.TEMPLATE, **values))]
    summaries = {FIRST: WILL_READ, LATER: f"{WILL_READ} who are invited again"}
    of_dates = mailing.invitations.values_list("session_date", flat=True)
    templates = sorted({LATER if session_date else FIRST for session_date in of_dates.distinct()})
    return [(summaries[name], examples(mailing.session, name)) for name in templates]
