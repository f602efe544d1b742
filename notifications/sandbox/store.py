"""What the sandbox remembers, in one SQLite file.

One connection writes, on the event loop; the writes of requests that are answered together are
committed together. Pages read through a second connection, off the loop, so that a long list never
holds up a request.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

SCHEMA = Path(__file__).with_name("schema.sql")
# Raised whenever a table changes.
SCHEMA_VERSION = 2
EMPTIED = ("messages", "attempts", "events", "receipt_attempts", "received", "effects")
PAGE_SIZE = 250

Result = TypeVar("Result")
Row = dict[str, Any]


class Store:
    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._writer = self._connect()
        self._create_tables()
        self._writer.execute("update events set taken = 0")
        self._writer.commit()
        self._reader = self._connect()
        self._reader_lock = asyncio.Lock()
        self._commit: asyncio.Future[None] | None = None

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = normal")
        connection.execute("pragma cache_size = -64000")
        return connection

    def _create_tables(self) -> None:
        """Make the tables; a file that another version of the sandbox left is begun afresh."""
        [version] = self._writer.execute("pragma user_version").fetchone()
        if version != SCHEMA_VERSION:
            for table in self._rows("select name from sqlite_master where type = 'table'"):
                self._writer.execute(f"drop table {table['name']}")
            self._writer.execute(f"pragma user_version = {SCHEMA_VERSION}")
        self._writer.executescript(SCHEMA.read_text(encoding="utf-8"))

    def close(self) -> None:
        self._writer.commit()
        self._writer.close()
        self._reader.close()

    async def committed(self) -> None:
        """Return once everything written so far can be seen by other connections."""
        if self._commit is None:
            loop = asyncio.get_running_loop()
            self._commit = loop.create_future()
            loop.call_soon(self._flush)
        # Shielded: a caller that goes away must not cancel the others' commit.
        await asyncio.shield(self._commit)

    def _flush(self) -> None:
        waiting, self._commit = self._commit, None
        try:
            self._writer.commit()
        except sqlite3.Error as error:
            if waiting and not waiting.done():
                waiting.set_exception(error)
            return
        if waiting and not waiting.done():
            waiting.set_result(None)

    async def read(self, query: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run a query for a page without holding up requests."""
        await self.committed()
        async with self._reader_lock:
            return await asyncio.to_thread(query, self._reader)

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        return [dict(row) for row in self._writer.execute(sql, values)]

    def _row(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        row = self._writer.execute(sql, values).fetchone()
        return dict(row) if row else None

    def _insert(self, table: str, row: Row) -> int:
        names = ", ".join(row)
        marks = ", ".join("?" * len(row))
        cursor = self._writer.execute(
            f"insert into {table} ({names}) values ({marks})",  # noqa: S608 - names are ours
            list(row.values()),
        )
        return cursor.lastrowid or 0

    # Messages

    def add_message(self, row: Row) -> None:
        self._insert("messages", row)

    def message(self, message_id: str) -> Row | None:
        return self._row("select * from messages where id = ?", [message_id])

    def set_status(
        self, message_id: str, status: str, *, sent_at: int | None, updated_at: int
    ) -> None:
        self._writer.execute(
            "update messages set status = ?, updated_at = ?, sent_at = coalesce(sent_at, ?)"
            " where id = ?",
            [status, updated_at, sent_at, message_id],
        )

    def list_messages(
        self,
        service_id: str,
        key_type: str,
        *,
        created_from: int,
        created_to: int,
        reference: str | None = None,
        statuses: Sequence[str] = (),
        channels: Sequence[str] = (),
        older_than: str | None = None,
    ) -> list[Row]:
        """A page of at most 250, newest first. An unknown `older_than` gives none."""
        conditions = ["service_id = ?", "key_type = ?", "created_at >= ?", "created_at <= ?"]
        values: list[Any] = [service_id, key_type, created_from, created_to]
        if reference is not None:
            conditions.append("reference = ?")
            values.append(reference)
        for column, allowed in (("status", statuses), ("channel", channels)):
            if allowed:
                conditions.append(f"{column} in ({', '.join('?' * len(allowed))})")
                values.extend(allowed)
        if older_than is not None:
            conditions.append("created_at < (select created_at from messages where id = ?)")
            values.append(older_than)
        return self._rows(
            f"select * from messages where {' and '.join(conditions)}"  # noqa: S608
            " order by created_at desc limit ?",
            [*values, PAGE_SIZE],
        )

    def sent_since(self, created_from: int) -> list[Row]:
        """How many messages each service has sent from live and team keys, by channel."""
        return self._rows(
            "select service_id, channel, count(*) as sent,"
            " sum(coalesce(rate_multiplier, 1) > 1) as abroad from messages"
            " where created_at >= ? and key_type <> 'test' group by service_id, channel",
            [created_from],
        )

    def expire(self, service_id: str, cutoff: int) -> int:
        """Forget what was created before `cutoff`; how many messages that were."""
        old = "select id from messages where service_id = ? and created_at < ?"
        for table in ("events", "receipt_attempts"):
            self._writer.execute(
                f"delete from {table} where message_id in ({old})",  # noqa: S608
                [service_id, cutoff],
            )
        self._writer.execute(
            "delete from received where service_id = ? and created_at < ?", [service_id, cutoff]
        )
        return self._writer.execute(
            "delete from messages where service_id = ? and created_at < ?", [service_id, cutoff]
        ).rowcount

    # Calls and faults

    def add_attempt(self, row: Row) -> int:
        return self._insert("attempts", row)

    def update_attempt(self, seq: int, **changes: Any) -> None:
        columns = ", ".join(f"{name} = ?" for name in changes)
        self._writer.execute(
            f"update attempts set {columns} where seq = ?",  # noqa: S608 - names are ours
            [*changes.values(), seq],
        )

    def count_failure(self, key: str) -> int:
        """One more time that an effect meets `key`; how many times that makes."""
        row = self._writer.execute(
            "insert into effects (key, failures) values (?, 1)"
            " on conflict (key) do update set failures = failures + 1 returning failures",
            [key],
        ).fetchone()
        return int(row[0])

    # What is to happen later

    def add_event(self, due_at: int, kind: str, message_id: str | None, detail: str = "{}") -> None:
        self._insert(
            "events",
            {"due_at": due_at, "kind": kind, "message_id": message_id, "detail": detail},
        )

    def take_due_events(self, now: int, limit: int = 500) -> list[Row]:
        """The next events that are due; each stays stored until it is finished."""
        events = self._rows(
            "select * from events where taken = 0 and due_at <= ? order by due_at, seq limit ?",
            [now, limit],
        )
        self._writer.executemany(
            "update events set taken = 1 where seq = ?", [[event["seq"]] for event in events]
        )
        return events

    def finish_event(self, seq: int) -> None:
        self._writer.execute("delete from events where seq = ?", [seq])

    def next_event_at(self) -> int | None:
        row = self._writer.execute("select min(due_at) from events where taken = 0").fetchone()
        return row[0]

    def add_receipt_attempt(self, row: Row) -> None:
        self._insert("receipt_attempts", row)

    # Received texts and templates

    def add_received(self, row: Row) -> None:
        self._insert("received", row)

    def list_received(
        self, service_id: str, *, created_from: int, older_than: str | None
    ) -> list[Row]:
        condition, values = "", [service_id, created_from]
        if older_than is not None:
            condition = " and seq < (select seq from received where id = ?)"
            values.append(older_than)
        return self._rows(
            "select * from received where service_id = ? and created_at >= ?"  # noqa: S608
            f"{condition} order by seq desc limit ?",
            [*values, PAGE_SIZE],
        )

    def add_template(self, row: Row) -> None:
        self._insert("templates", row)

    def latest_templates(self) -> list[Row]:
        return self._rows(
            "select * from templates as newest where version ="
            " (select max(version) from templates where id = newest.id)"
        )

    def template_version(self, template_id: str, version: int) -> Row | None:
        return self._row(
            "select * from templates where id = ? and version = ?", [template_id, version]
        )

    def reset(self) -> None:
        """Forget everything but the templates."""
        for table in EMPTIED:
            self._writer.execute(f"delete from {table}")  # noqa: S608 - names are ours
