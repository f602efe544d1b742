"""The statements that write down outcomes of many messages: one for all of them.

A row changes only while its claim is still the one the outcome belongs to. Source: Notify §11.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import orjson
from django.db import connection

from notifications.models import Message

# Column and PostgreSQL type of what an outcome may change. All rows go as one document: to write
# a list for each column costs several times as much.
COLUMNS = {
    "status": "text",
    "due_at": "timestamptz",
    "attempts": "smallint",
    "strikes": "smallint",
    "empty_lookups": "smallint",
    "attempt_ended_at": "timestamptz",
    "next_look_at": "timestamptz",
    "notify_id": "uuid",
    "notify_status": "text",
    "template_version": "integer",
    "accepted_at": "timestamptz",
    "settled_at": "timestamptz",
    "reason": "text",
}
UPDATE = """
UPDATE notifications_message AS message
SET {assignments},
    claim = CASE WHEN change.status IN ('claimed', 'unknown') THEN message.claim END
FROM json_to_recordset(%s) AS change (id bigint, held_claim uuid, {columns})
WHERE message.id = change.id AND message.claim IS NOT DISTINCT FROM change.held_claim
RETURNING message.id, message.child_id
""".format(  # noqa: S608 - put together from the constants above
    assignments=", ".join(f"{name} = change.{name}" for name in COLUMNS),
    columns=", ".join(f"{name} {type_}" for name, type_ in COLUMNS.items()),
)
# Of few: `COLUMNS` is written for every message.
PUT_OFF = """
UPDATE notifications_message AS message
SET first_due_at = coalesce(message.first_due_at, put_off.due_at)
FROM unnest(%s::bigint[], %s::timestamptz[]) AS put_off (id, due_at)
WHERE message.id = put_off.id
"""


def write(messages: Sequence[Message]) -> dict[int, int | None]:
    """Store what became of messages, in ascending order of their ids, as their fields say it now.

    Of those whose claim was still theirs: the id of each, with that of its child as it is stored.
    """
    changes = [
        {"id": message.pk, "held_claim": message.claim}
        | {name: getattr(message, name) for name in COLUMNS}
        for message in messages
    ]
    with connection.cursor() as cursor:
        cursor.execute(UPDATE, [orjson.dumps(changes).decode()])
        return dict(cursor.fetchall())


def note_put_off(due_at: Mapping[int, datetime]) -> None:
    """Keep when messages were due before a first try put them off, by their ids."""
    if not due_at:
        return
    ids = sorted(due_at)
    with connection.cursor() as cursor:
        cursor.execute(PUT_OFF, [ids, [due_at[pk] for pk in ids]])
