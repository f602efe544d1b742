"""Writing to the activity log: always inside the transaction of what it records."""

from collections.abc import Iterable
from datetime import datetime

from accounts.models import User
from activity.models import Entry


def entry(
    *,
    child_id: int,
    kind: str,
    title: str,
    now: datetime,
    organisation_id: int | None = None,
    session_id: int | None = None,
    body: str = "",
    is_contact_detail: bool = False,
    by: User | None = None,
) -> Entry:
    """An entry that is not saved yet, for `record_all`."""
    return Entry(
        child_id=child_id,
        organisation_id=organisation_id,
        session_id=session_id,
        kind=kind,
        title=title[:300],
        body=body,
        is_contact_detail=is_contact_detail,
        actor=by,
        actor_name=by.full_name if by else "",
        at=now,
    )


def record_all(entries: Iterable[Entry]) -> None:
    """Save many entries at once."""
    Entry.objects.bulk_create(entries, batch_size=2000)


def record(**fields) -> None:
    """Save one entry; takes what `entry` takes."""
    entry(**fields).save()
