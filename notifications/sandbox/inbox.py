"""What the inbox shows, and what was accepted twice. Source: Notify §14.3.

Plain queries over a read connection; each is given to the store, which runs it off the loop.
"""

import json
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from notifications.sandbox.clock import iso
from notifications.sandbox.store import Row

PAGE_SIZE = 50
DATA_PAGE_SIZE = 500
STATUSES = (
    "created",
    "sending",
    "sent",
    "delivered",
    "temporary-failure",
    "permanent-failure",
    "technical-failure",
)


@dataclass(frozen=True)
class Filters:
    """What the inbox is narrowed to; empty means everything."""

    recipient: str = ""
    reference: str = ""
    template: str = ""
    channel: str = ""
    status: str = ""
    key_type: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "Filters":
        return cls(**{name: query.get(name, "").strip() for name in cls.__dataclass_fields__})

    def conditions(self) -> tuple[list[str], list[Any]]:
        conditions, values = [], []
        if self.recipient:
            conditions.append("(recipient like ? escape '!' or normalised like ? escape '!')")
            values += [f"%{_escape(self.recipient)}%", f"%{_escape(_as_kept(self.recipient))}%"]
        for column, wanted in (
            ("reference", self.reference),
            ("template_id", self.template),
            ("channel", self.channel),
            ("status", self.status),
            ("key_type", self.key_type),
        ):
            if wanted:
                conditions.append(f"{column} = ?")
                values.append(wanted)
        return conditions, values


def _as_kept(recipient: str) -> str:
    """A number typed as people write it, in the form it is kept: 07700 900 is in 447700900123."""
    digits = re.sub(r"[\s()-]", "", recipient)
    return re.sub(r"^(\+44|0)", "44", digits) if re.fullmatch(r"\+?[0-9]+", digits) else recipient


def _escape(text: str) -> str:
    return "".join(f"!{character}" if character in "%_!" else character for character in text)


@dataclass(frozen=True)
class Page:
    messages: list[Row]
    total: int
    number: int
    size: int

    @property
    def last(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def first_shown(self) -> int:
        return (self.number - 1) * self.size + 1

    @property
    def last_shown(self) -> int:
        return self.first_shown + len(self.messages) - 1


def page_of_messages(
    connection: sqlite3.Connection,
    filters: Filters,
    *,
    number: int,
    size: int = PAGE_SIZE,
    since: int | None = None,
) -> Page:
    """One page, newest first; each message says whether it was accepted more than once."""
    conditions, values = filters.conditions()
    if since is not None:
        conditions.append("created_at >= ?")
        values.append(since)
    where = f" where {' and '.join(conditions)}" if conditions else ""
    total = connection.execute(f"select count(*) from messages{where}", values).fetchone()[0]  # noqa: S608
    number = min(max(1, number), max(1, -(-total // size)))
    rows = connection.execute(
        "select messages.*,"  # noqa: S608 - conditions are ours
        " (reference is not null and (select count(*) from (select 1 from messages as twin"
        "   where twin.reference = messages.reference limit 2)) > 1)"
        " or (select count(*) from (select 1 from messages as twin"
        "   where twin.normalised = messages.normalised"
        "   and twin.content_hash = messages.content_hash limit 2)) > 1 as is_duplicate"
        f" from messages{where} order by created_at desc limit ? offset ?",
        [*values, size, (number - 1) * size],
    )
    return Page([dict(row) for row in rows], total, number, size)


def message(connection: sqlite3.Connection, message_id: str) -> Row | None:
    row = connection.execute("select * from messages where id = ?", [message_id]).fetchone()
    return dict(row) if row else None


def receipt_attempts(connection: sqlite3.Connection, message_id: str) -> list[Row]:
    """The receipts posted for a message, oldest first."""
    rows = connection.execute(
        "select * from receipt_attempts where message_id = ? order by seq", [message_id]
    )
    return [{**dict(row), "body": json.loads(row["body"])} for row in rows]


def twins(connection: sqlite3.Connection, found: Row) -> list[str]:
    """Other messages with the same reference, or to the same recipient with the same text."""
    rows = connection.execute(
        "select id from messages where id <> ? and (reference = ?"
        " or (normalised = ? and content_hash = ?)) order by seq",
        [found["id"], found["reference"], found["normalised"], found["content_hash"]],
    )
    return [row["id"] for row in rows]


def as_data(row: Row) -> dict[str, Any]:
    """A message for tests: everything that is kept of it."""
    data = {name: value for name, value in row.items() if name not in ("seq", "content_hash")}
    for name in ("created_at", "sent_at", "updated_at"):
        data[name] = iso(row[name])
    data["raw_request"] = json.loads(row["raw_request"])
    data["is_duplicate"] = bool(row.get("is_duplicate", False))
    return data


def attempts(
    connection: sqlite3.Connection, *, after: int, limit: int = DATA_PAGE_SIZE
) -> list[dict[str, Any]]:
    """The log of calls in order, from the one after `after`."""
    rows = connection.execute(
        "select * from attempts where seq > ? order by seq limit ?", [after, limit]
    )
    return [
        {
            **dict(row),
            "at": iso(row["at"]),
            "stored": row["message_id"] is not None,
            "answered": bool(row["answered"]),
        }
        for row in rows
    ]


def invariants(connection: sqlite3.Connection) -> dict[str, Any]:
    """What a run without loss and without doubles keeps empty, and its figures."""

    def rows(sql: str) -> list[dict[str, Any]]:
        return [dict(row) for row in connection.execute(sql)]

    peak = connection.execute(
        "select max(calls) from (select count(*) as calls from attempts where method = 'POST'"
        " and endpoint in ('email', 'sms') group by at / 1000000)"
    ).fetchone()[0]
    return {
        "accepted": connection.execute("select count(*) from messages").fetchone()[0],
        "duplicate_references": rows(
            "select reference, count(*) as times from messages where reference is not null"
            " group by reference having count(*) > 1 order by reference"
        ),
        "duplicate_messages": rows(
            "select normalised as recipient, group_concat(id, ' ') as ids, count(*) as times"
            " from messages group by normalised, content_hash having count(*) > 1"
            " order by normalised"
        ),
        "peak_posts_per_second": peak or 0,
        "errors": {
            f"{row['verdict']} {row['error']}": row["times"]
            for row in rows(
                "select verdict, error, count(*) as times from attempts"
                " where error is not null group by verdict, error order by verdict, error"
            )
        },
        "statuses": {
            row["status"]: row["times"]
            for row in rows(
                "select status, count(*) as times from messages group by status order by status"
            )
        },
        "receipts_delivered": connection.execute(
            "select count(*) from receipt_attempts where delivered"
        ).fetchone()[0],
        "receipts_undelivered": connection.execute(
            "select count(*) from receipt_attempts where gave_up"
        ).fetchone()[0],
        "receipts_waiting": connection.execute(
            "select count(*) from events where kind = 'receipt'"
        ).fetchone()[0],
    }
