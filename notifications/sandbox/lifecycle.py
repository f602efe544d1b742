"""What becomes of an accepted message: its statuses, and the receipts they cause.

Source: Notify §5, §6 and §14.1. Everything that is to happen is a stored event, so it happens even
when the sandbox is stopped in between.
"""

import asyncio
import json
import logging
import uuid
from typing import Any

from notifications.sandbox import answers
from notifications.sandbox.clock import MICROSECONDS, Clock, iso
from notifications.sandbox.config import Config
from notifications.sandbox.effects import RECEIPT_LATE_S, Course
from notifications.sandbox.faults import Call, Faults
from notifications.sandbox.receipts import ReceiptPoster
from notifications.sandbox.recipients import TEST_KEY_OUTCOMES, Recipient
from notifications.sandbox.store import Row, Store

logger = logging.getLogger(__name__)

WITH_RECEIPT = ("delivered", "temporary-failure", "permanent-failure")
UNSENT = ("created", "technical-failure")
SHORTEST_REST_S = 0.01
APART_S = 0.5
STALE_BY_S = 60
WRONG_TOKEN = "not-the-token"  # noqa: S105 - wrong on purpose


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
                try:
                    self._happen(event)
                except Exception:  # one event that breaks must not stop all others
                    logger.exception("Event %s broke", event["seq"])
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
        following = detail.pop("then", [])
        await self._poster.post(event["message_id"], detail)
        self._store.finish_event(event["seq"])
        if following:
            now = self._clock.micros()
            after = {"service_id": detail["service_id"], **following[0], "then": following[1:]}
            self.plan(now + self._micros(APART_S), "receipt", event["message_id"], after)
        # A failed attempt may have planned the next one.
        self._woken.set()

    def _change_status(self, message_id: str, detail: dict[str, Any]) -> None:
        now = self._clock.micros()
        status = detail["status"]
        sent_at = None if status == "technical-failure" else now
        self._store.set_status(message_id, status, sent_at=sent_at, updated_at=now)
        row = self._store.message(message_id)
        course = detail.get("receipts", "normal")
        if not row or status not in WITH_RECEIPT or course == "none":
            return
        first, *following = receipts_of(row, course)
        self._plan_receipt(
            row,
            now + self._micros(RECEIPT_LATE_S if course == "late" else 0),
            {"service_id": row["service_id"], **first, "then": following},
        )

    def _plan_receipt(self, row: Row, due_at: int, detail: dict[str, Any]) -> None:
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
            due_at += self._micros(rule.delay_s * rule.chance(row["id"]))
        if rule and rule.action == "repeat":
            detail = {**detail, "then": [*detail["then"], {"body": detail["body"]}]}
        self.plan(due_at, "receipt", row["id"], detail)

    def _micros(self, seconds: float) -> int:
        return int(self._config.scaled(seconds) * MICROSECONDS)


def receipts_of(row: Row, course: str) -> list[dict[str, Any]]:
    """The receipts of a final message, to be posted one after the other: body, and token if wrong.

    The course says what is odd about them. Source: Notify §14.2.
    """
    truth = {"body": answers.receipt(row)}
    if course == "thrice":
        return [truth, truth, truth]
    if course == "reversed":
        earlier = iso(row["updated_at"] - STALE_BY_S * MICROSECONDS)
        stale = {**truth["body"], "status": "temporary-failure", "completed_at": earlier}
        return [truth, {"body": stale}]
    if course == "forged":
        forged = {**truth["body"], "status": "permanent-failure"}
        return [{"body": forged, "token": WRONG_TOKEN}, {"body": forged}]
    if course == "foreign":
        foreign = {**truth["body"], "id": str(uuid.uuid4()), "reference": None}
        return [truth, {"body": foreign}]
    return [truth]
