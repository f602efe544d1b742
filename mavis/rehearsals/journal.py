"""What the database itself writes down of every message's way and every job of the timetable, and
trouble it makes on demand.

Triggers of the rehearsal's own database: no process that is killed can forget what they noted.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg

from notifications import rules

INSTALL = """
CREATE SCHEMA rehearsal;
CREATE TABLE rehearsal.step (
    id bigserial PRIMARY KEY, message_id bigint, reference text, was text, status text,
    claim uuid, reason text, at timestamptz DEFAULT clock_timestamp());
CREATE TABLE rehearsal.trouble (code text, chance float);
INSERT INTO rehearsal.trouble VALUES ('', 0);

CREATE FUNCTION rehearsal.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rehearsal.step (message_id, reference, was, status, claim, reason)
    VALUES (NEW.id, NEW.reference, OLD.status, NEW.status, coalesce(OLD.claim, NEW.claim),
            NEW.reason);
    RETURN NULL;
END $$;
CREATE TRIGGER rehearsal_note AFTER UPDATE ON notifications_message FOR EACH ROW
    WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION rehearsal.note();

CREATE TABLE rehearsal.beat (
    id bigserial PRIMARY KEY, schedule text, is_sent_after_all bool,
    at timestamptz DEFAULT clock_timestamp());
CREATE FUNCTION rehearsal.note_beat() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.caught_up_at IS DISTINCT FROM OLD.caught_up_at THEN
        INSERT INTO rehearsal.beat (schedule, is_sent_after_all) VALUES (NEW.schedule, true);
    END IF;
    IF NEW.last_started_at IS DISTINCT FROM OLD.last_started_at THEN
        INSERT INTO rehearsal.beat (schedule, is_sent_after_all) VALUES (NEW.schedule, false);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER rehearsal_beat AFTER UPDATE ON heartbeats_heartbeat FOR EACH ROW
    EXECUTE FUNCTION rehearsal.note_beat();

CREATE FUNCTION rehearsal.make_trouble() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE now_wrong text;
BEGIN
    SELECT code INTO now_wrong FROM rehearsal.trouble WHERE random() < chance;
    IF now_wrong <> '' THEN
        RAISE EXCEPTION 'trouble of the rehearsal' USING ERRCODE = now_wrong;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER rehearsal_trouble BEFORE INSERT OR UPDATE ON notifications_message
    FOR EACH STATEMENT EXECUTE FUNCTION rehearsal.make_trouble();
"""
DISK_FULL, DEADLOCK = "53100", "40P01"


@dataclass(frozen=True)
class Step:
    """One change of a message's status; `claim` is the one that the change began or ended."""

    reference: str
    was: str
    status: str
    claim: UUID | None
    reason: str
    at: datetime

    @property
    def is_claim(self) -> bool:
        return self.status == "claimed"

    @property
    def gives_up_claim(self) -> bool:
        """Whether the sweep found that whoever held the claim is gone."""
        return self.was == "claimed" and self.reason == rules.SENDER_GONE


@dataclass(frozen=True)
class Beat:
    """A job of the timetable that began, or that was sent because its run had been missed."""

    schedule: str
    is_sent_after_all: bool
    at: datetime


class Server:
    """The database server of a rehearsal, seen from above: every call has its own connection."""

    def __init__(self, url: str) -> None:
        self._url = url

    @contextlib.contextmanager
    def connected(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(
            self._url, autocommit=True, connect_timeout=5, options="-c statement_timeout=0"
        ) as connection:
            yield connection

    def install(self) -> None:
        """Make the journal; the tables of Mavis are there already."""
        with self.connected() as connection:
            connection.execute(INSTALL)

    def make_trouble(self, code: str, *, chance: float) -> None:
        """Let that share of all writes to messages fail with the error; "" ends it."""
        with self.connected() as connection:
            connection.execute(
                "UPDATE rehearsal.trouble SET code = %s, chance = %s", [code, chance]
            )

    def set_statement_timeout(self, milliseconds: int) -> None:
        """Have every new connection to the database break off longer statements; 0 ends it."""
        with self.connected() as connection:
            connection.execute(
                f"ALTER DATABASE {connection.info.dbname} SET statement_timeout = {milliseconds:d}"
            )
        self.cut_connections()

    def cut_connections(self) -> int:
        """Break every other connection, as a failing network would; how many there were."""
        with self.connected() as connection:
            cut = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            return cut.rowcount

    def lock_messages(self) -> psycopg.Connection:
        """A connection that holds every message against everybody until it is closed."""
        connection = psycopg.connect(self._url, connect_timeout=5)
        connection.execute("SET lock_timeout = '2s'")
        connection.execute("LOCK TABLE notifications_message IN ACCESS EXCLUSIVE MODE")
        return connection

    def steps(self) -> list[Step]:
        """The whole journal, in order."""
        with self.connected() as connection:
            rows = connection.execute(
                "SELECT reference, was, status, claim, reason, at FROM rehearsal.step ORDER BY id"
            )
            return [Step(*row) for row in rows]

    def beats(self, *, since: datetime) -> list[Beat]:
        """What the timetable's jobs did since a real instant, in order."""
        with self.connected() as connection:
            rows = connection.execute(
                "SELECT schedule, is_sent_after_all, at FROM rehearsal.beat WHERE at >= %s"
                " ORDER BY id",
                [since],
            )
            return [Beat(*row) for row in rows]
