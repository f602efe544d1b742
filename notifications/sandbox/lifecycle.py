"""What becomes of an accepted message: its statuses, and the receipts they cause.

Source: Notify §5, §6 and §14.1. Everything that is to happen is a stored event, so it happens even
when the sandbox is stopped in between.
"""

import asyncio
import json
import random
import uuid
from collections.abc import Iterator
from typing import Any

from notifications.sandbox import answers
from notifications.sandbox.clock import MICROSECONDS, Clock, iso
from notifications.sandbox.config import Config
from notifications.sandbox.effects import RECEIPT_LATE_S, Course
from notifications.sandbox.faults import Call, Faults
from notifications.sandbox.receipts import ReceiptPoster
from notifications.sandbox.recipients import TEST_KEY_OUTCOMES, Recipient
from notifications.sandbox.store import Row, Store

WITH_RECEIPT = ("delivered", "temporary-failure", "permanent-failure")
UNSENT = ("created", "technical-failure")
SHORTEST_REST_S = 0.01
APART_S = 0.5
STALE_BY_S = 60


def course_of(recipient: Recipient, *, key_type: str) -> Course:
    """What becomes of a message to an ordinary recipient."""
    if key_type == "test":
        return Course(TEST_KEY_OUTCOMES.get(recipient.typed, "delivered"))
    if recipient.is_international:
        return Course("sent", receipts="none")
    return Course()


class Lifecycle:
    def __init__(
        self, store: Store, clock: Clock, config: Config, faults: Faults, poster: ReceiptPoster
    ) -> None:
        self._store = store
        self._clock = clock
        self._config = config
        self._faults = faults
        self._poster = poster
        self._woken = asyncio.Event()
        self._rests_until: int | None = 0
        self._posting: set[asyncio.Task[None]] = set()

    def begin(self, message: Row, course: Course, *, passes_sent: bool) -> None:
        """Plan an accepted message's way; `passes_sent` where networks report through `sent`."""
        if course.final == "created":
            return
        now = message["created_at"]
        if course.final not in UNSENT:
            status = "sent" if passes_sent or course.final == "sent" else "sending"
            self.plan(
                now + self._micros(self._config.sending_after_s),
                "status",
                message["id"],
                {"status": status},
            )
        if course.final not in ("sending", "sent"):
            self.plan(
                now + self._micros(self._config.final_after_s),
                "status",
                message["id"],
                {"status": course.final, "receipts": course.receipts},
            )

    async def deliver_at_once(self, message: Row) -> None:
        """Make a message final and post its receipt before anything else happens."""
        now = self._clock.micros()
        self._store.set_status(message["id"], "delivered", sent_at=now, updated_at=now)
        await self._store.committed()
        row = self._store.message(message["id"])
        if row:
            await self._poster.post(
                row["id"], {"service_id": row["service_id"], "body": answers.receipt(row)}
            )

    def plan(self, due_at: int, kind: str, message_id: str | None, detail: dict[str, Any]) -> None:
        """Let something happen at an instant of the sandbox's clock."""
        self._store.add_event(due_at, kind, message_id, json.dumps(detail))
        if self._rests_until is None or due_at < self._rests_until:
            self._woken.set()

    def wake(self) -> None:
        """Look again at what is due, since the clock was moved."""
        self._woken.set()

    def start(self) -> None:
        """Let everything happen when it is due, until `stop`."""
        self._running = asyncio.create_task(self._run())

    async def stop(self) -> None:
        self._running.cancel()
        await asyncio.gather(self._running, *self.abandon_posting(), return_exceptions=True)

    def abandon_posting(self) -> set[asyncio.Task[None]]:
        """Break off the receipts that are being posted; what is stored stays due."""
        for task in self._posting:
            task.cancel()
        return set(self._posting)

    async def _run(self) -> None:
        while True:
            events = self._store.take_due_events(self._clock.micros())
            for event in events:
                self._happen(event)
            if events:
                await self._store.committed()
            await self._rest()

    async def _rest(self) -> None:
        self._rests_until = self._store.next_event_at()
        wait = None
        if self._rests_until is not None:
            wait = max(SHORTEST_REST_S, self._clock.real_seconds_until(self._rests_until))
        try:
            async with asyncio.timeout(wait):
                await self._woken.wait()
        except TimeoutError:
            pass
        self._woken.clear()

    def _happen(self, event: Row) -> None:
        detail = json.loads(event["detail"])
        if event["kind"] == "status":
            self._change_status(event["message_id"], detail)
            self._store.finish_event(event["seq"])
            return
        task = asyncio.create_task(self._post(event, detail))
        self._posting.add(task)
        task.add_done_callback(self._posting.discard)

    async def _post(self, event: Row, detail: dict[str, Any]) -> None:
        await self._poster.post(event["message_id"], detail)
        self._store.finish_event(event["seq"])
        # A failed attempt may have planned the next one.
        self._woken.set()

    def _change_status(self, message_id: str, detail: dict[str, Any]) -> None:
        now = self._clock.micros()
        status = detail["status"]
        sent_at = None if status == "technical-failure" else now
        self._store.set_status(message_id, status, sent_at=sent_at, updated_at=now)
        row = self._store.message(message_id)
        if not row or status not in WITH_RECEIPT:
            return
        for delay_s, receipt in self._receipts(row, detail.get("receipts", "normal")):
            self._plan_receipt(row, now + self._micros(delay_s), receipt)

    def _receipts(self, row: Row, plan: str) -> Iterator[tuple[float, dict[str, Any]]]:
        """The receipts of a final status: after how many seconds, and with which body and token."""
        truth = answers.receipt(row)
        if plan in ("normal", "thrice", "reversed", "foreign"):
            yield 0, {"body": truth}
        if plan == "thrice":
            yield APART_S, {"body": truth}
            yield 2 * APART_S, {"body": truth}
        if plan == "reversed":
            earlier = iso(row["updated_at"] - STALE_BY_S * MICROSECONDS)
            stale = {**truth, "status": "temporary-failure", "completed_at": earlier}
            yield APART_S, {"body": stale}
        if plan == "forged":
            forged = {**truth, "status": "permanent-failure"}
            yield 0, {"body": forged, "token": "not-the-token"}
            yield APART_S, {"body": forged}
        if plan == "foreign":
            foreign = {**truth, "id": str(uuid.uuid4()), "reference": None}
            yield APART_S, {"body": foreign}
        if plan == "late":
            yield RECEIPT_LATE_S, {"body": truth}

    def _plan_receipt(self, row: Row, due_at: int, receipt: dict[str, Any]) -> None:
        detail = {"service_id": row["service_id"], **receipt}
        rule = self._faults.meeting(
            Call(
                "receipt",
                channel=row["channel"],
                to=row["recipient"],
                reference=row["reference"],
                template_id=row["template_id"],
                key_type=row["key_type"],
            )
        )
        if rule and rule.action == "drop":
            return
        if rule and rule.action == "delay":
            due_at += self._micros(rule.delay_s)
        if rule and rule.action == "shuffle":
            # By chance up to the delay, so that receipts overtake each other.
            due_at += self._micros(random.Random(f"{rule.seed}{row['id']}").random() * rule.delay_s)  # noqa: S311
        if rule and rule.action == "repeat":
            self.plan(due_at + self._micros(APART_S), "receipt", row["id"], detail)
        self.plan(due_at, "receipt", row["id"], detail)

    def _micros(self, seconds: float) -> int:
        return int(self._config.scaled(seconds) * MICROSECONDS)
