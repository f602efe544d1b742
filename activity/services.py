"""Writing to the activity log: always inside the transaction of what it records."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from uuid import UUID

import orjson
from django.db import connection

from accounts.models import User

TITLE_LENGTH = 300


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
    subject: UUID | None = None,
    voids: str = "",
    by: User | None = None,
    by_name: str = "",
) -> dict[str, object]:
    """The columns of an entry, for `record_all`. `by_name` is for who has no account here.

    `voids` is the word with which pages strike through the earlier entries of the same `subject`.
    """
    return {
        "child_id": child_id,
        "organisation_id": organisation_id,
        "session_id": session_id,
        "kind": kind,
        "title": title[:TITLE_LENGTH],
        "body": body,
        "is_contact_detail": is_contact_detail,
        "subject": subject,
        "voids": voids,
        "actor_id": by.pk if by else None,
        "actor_name": by.full_name if by else by_name,
        "at": now,
    }


# One statement with one document of all rows: every message sent writes an entry, and to build a
# statement with a value for each cell, or a list for each column, takes several times as long.
COLUMNS = {
    "child_id": "bigint",
    "organisation_id": "bigint",
    "session_id": "bigint",
    "kind": "text",
    "title": "text",
    "body": "text",
    "is_contact_detail": "boolean",
    "subject": "uuid",
    "voids": "text",
    "actor_id": "bigint",
    "actor_name": "text",
    "at": "timestamptz",
}
RECORD_ALL = """
INSERT INTO activity_entry ({names}) SELECT * FROM json_to_recordset(%s) AS entry ({columns})
""".format(  # noqa: S608 - put together from the constants above
    names=", ".join(COLUMNS),
    columns=", ".join(f"{name} {type_}" for name, type_ in COLUMNS.items()),
)


def record_all(entries: Iterable[dict[str, object]]) -> None:
    """Save many entries at once: what `entry` makes."""
    remaining = iter(entries)
    while batch := list(islice(remaining, 2000)):
        with connection.cursor() as cursor:
            cursor.execute(RECORD_ALL, [orjson.dumps(batch, default=str).decode()])


def record(**fields) -> None:
    """Save one entry; takes what `entry` takes."""
    record_all([entry(**fields)])


RECORD_FOR_CHILDREN = """
INSERT INTO activity_entry
    (child_id, organisation_id, session_id, kind, title, body, is_contact_detail, actor_id,
     actor_name, at)
SELECT child_id, %s, %s, %s, %s, %s, false, %s, %s, %s FROM unnest(%s::bigint[]) AS child_id
"""


def record_for_children(
    child_ids: Sequence[int],
    *,
    kind: str,
    title: str,
    now: datetime,
    organisation_id: int | None = None,
    session_id: int | None = None,
    body: str = "",
    by: User | None = None,
) -> None:
    """Save the same entry for each of many children, in one statement."""
    if not child_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            RECORD_FOR_CHILDREN,
            [
                organisation_id,
                session_id,
                kind,
                title[:TITLE_LENGTH],
                body,
                by.pk if by else None,
                by.full_name if by else "",
                now,
                list(child_ids),
            ],
        )
