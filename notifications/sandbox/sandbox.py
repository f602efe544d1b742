"""The sandbox as a whole: what it is set up with, what it knows, and taking a message in."""

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from notifications.sandbox import acceptance, answers, effects
from notifications.sandbox.acceptance import Accepted
from notifications.sandbox.clock import MICROSECONDS, Clock, from_micros, to_micros, utc_day
from notifications.sandbox.config import ApiKey, Config, Service
from notifications.sandbox.effects import Course, Effect
from notifications.sandbox.faults import Faults
from notifications.sandbox.lifecycle import Lifecycle, course_of
from notifications.sandbox.limits import Limits
from notifications.sandbox.receipts import ReceiptPoster
from notifications.sandbox.recipients import is_smoke_test
from notifications.sandbox.store import Store
from notifications.sandbox.templates import STALE_AFTER_S, Templates

logger = logging.getLogger(__name__)

END_OF_TIME = 2**63 - 1
# The settings of a run that the control API may change.
TIMES = ("time_scale", "sending_after_s", "final_after_s", "receipt_timeout_s", "receipt_retry_s")


class Abandoned(Exception):
    """The sandbox was emptied while a call was waiting."""


@dataclass(frozen=True)
class Caller:
    """Who made an authenticated call."""

    service: Service
    key: ApiKey


class Sandbox:
    def __init__(self, config: Config, data: Path, *, base_url: str) -> None:
        self._as_configured = config.pristine()
        self.config = config
        self.base_url = base_url
        self.clock = Clock()
        self.store = Store(data)
        self.services: dict[str, Service] = {}
        self.templates = Templates(
            self.store,
            folder=config.templates_dir,
            service_id=config.services[0].id,
            namespace=config.template_namespace,
            stale_after_s=config.scaled(STALE_AFTER_S),
        )
        self.limits = Limits()
        self.faults = Faults()
        self.poster = ReceiptPoster(self.store, self.clock, config, self.services)
        self.lifecycle = Lifecycle(self.store, self.clock, config, self.faults, self.poster)
        self._was_reset = asyncio.Event()
        self._restore_services()
        self._count_today()

    def _restore_services(self) -> None:
        self.services.clear()
        self.services.update(
            (service.id, service) for service in self._as_configured.pristine().services
        )

    def _count_today(self) -> None:
        """Take up the day's allowances where the last run left them."""
        today = utc_day(self.clock.micros())
        midnight = from_micros(self.clock.micros()).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        for row in self.store.sent_since(to_micros(midnight)):
            self.limits.sent[row["service_id"], today, row["channel"]] = row["sent"]
            if row["channel"] == "sms":
                self.limits.sent[row["service_id"], today, "international_sms"] = row["abroad"]

    async def start(self) -> None:
        if not self.config.templates_dir.is_dir():
            logger.warning("There is no templates folder %s.", self.config.templates_dir)
        self.templates.load(self.clock.micros())
        await self.store.committed()
        await self.poster.start()
        self.lifecycle.start()

    async def stop(self) -> None:
        await self.lifecycle.stop()
        await self.poster.close()
        self.store.close()

    def reset(self) -> None:
        """Forget messages, calls, faults and counts; services and clock as configured.

        Calls that are waiting for a fault to end are abandoned, so that none of them stores a
        message afterwards.
        """
        self._was_reset.set()
        self._was_reset = asyncio.Event()
        self.lifecycle.abandon_posting()
        self.store.reset()
        self.faults.remove()
        self.limits.reset()
        self.clock.reset()
        self._restore_services()
        for name in TIMES:
            setattr(self.config, name, getattr(self._as_configured, name))
        self.lifecycle.wake()

    def now(self) -> int:
        return self.clock.micros()

    async def wait(self, seconds: float) -> None:
        """A wait of the contract, as long as this run makes it; Abandoned if reset meanwhile."""
        was_reset = self._was_reset
        try:
            async with asyncio.timeout(self.config.scaled(seconds)):
                await was_reset.wait()
        except TimeoutError:
            return
        raise Abandoned

    async def accept(
        self, message: Accepted, caller: Caller, effect: Effect | None, fault: str | None
    ) -> dict[str, Any]:
        """Store a message, plan its way, and give the body of the 201 once it can be seen."""
        request = message.request
        document = answers.accepted(message, service_id=caller.service.id, base_url=self.base_url)
        if is_smoke_test(request.recipient):
            return document
        now = self.now()
        row = acceptance.message_row(
            message,
            service=caller.service,
            key=caller.key,
            effect=effect.name if effect else fault,
            now=now,
        )
        self.store.add_message(row)
        today = utc_day(now)
        self.limits.count(caller.service.id, caller.key.type, request.channel, today)
        if request.recipient.is_international:
            self.limits.count(caller.service.id, caller.key.type, "international_sms", today)
        course = self._course(message, caller, effect)
        if course.receipts == "early":
            await self.lifecycle.deliver_at_once(row)
        else:
            self.lifecycle.begin(
                row,
                course,
                passes_sent=request.recipient.is_crown_dependency and caller.key.type != "test",
            )
        await self.store.committed()
        return document

    def _course(self, message: Accepted, caller: Caller, effect: Effect | None) -> Course:
        if effect:
            return effect.course
        return course_of(message.request.recipient, key_type=caller.key.type)

    def effect_on(self, message: Accepted) -> tuple[Effect | None, effects.Fault | None]:
        """What a magic recipient orders, and the fault if this attempt still meets it."""
        effect = effects.effect_of(message.request.recipient.normalised)
        if not effect or not effect.fault:
            return effect, None
        who = message.request.reference or message.request.recipient.normalised
        failures = self.store.count_failure(f"{effect.name}|{who}")
        meets = effect.repeats == 0 or failures <= effect.repeats
        return effect, effect.fault if meets else None

    def created_to(self, lag_s: float) -> int:
        """Rows newer than this are hidden from a look-up that runs so far behind; else none are.

        A clock that was set back has left rows of a later time, which Notify lists like any other.
        """
        if not lag_s:
            return END_OF_TIME
        return self.now() - int(self.config.scaled(lag_s) * MICROSECONDS)
