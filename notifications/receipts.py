"""Delivery receipts: read, stored as they come, and applied by a job.

A receipt is Notify's word only as far as its token is secret: nothing that harms follows from
one until Notify confirms it. Source: Notify §6, §12 rows 19 to 23.
"""

import json
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts import bearer
from notifications import hints, lookups, rules
from notifications.models import Message, Receipt
from notifications.settling import Settlement

logger = logging.getLogger(__name__)

Status = Message.Status

BATCH = 500
FORGET_BATCH = 5000
MOST_BYTES = 20_000
APPLY_TASK = "notifications.apply_receipts"
NOT_BELIEVED = (
    "A receipt came before it was sent: GOV.UK Notify is asked whether it has this message"
)


class UnreadableReceipt(ValueError):
    """The body is not a delivery receipt."""


def is_from_notify(authorization: str) -> bool:
    """Whether the header carries the current or the previous token; takes as long if not."""
    return bearer.is_known(authorization, settings.NOTIFY_CALLBACK_TOKENS)


def read(body: bytes) -> Receipt:
    """An unsaved receipt; whom it went to is left out. Raises UnreadableReceipt."""
    try:
        document = json.loads(body)
        notify_id = uuid.UUID(document["id"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnreadableReceipt(type(error).__name__) from error
    version = document.get("template_version")
    if not (version is None or (isinstance(version, int) and 0 <= version < 2**31)):
        raise UnreadableReceipt("template_version is not a number")
    status = _text(document, "status")
    if not status:
        raise UnreadableReceipt("it has no status")
    return Receipt(
        notify_id=notify_id,
        reference=_text(document, "reference"),
        status=status,
        completed_at=_text(document, "completed_at"),
        sent_at=_text(document, "sent_at"),
        template_version=version,
    )


def _text(document: Mapping, name: str) -> str:
    """A text that fits its column; "" for none."""
    value = document.get(name)
    if value is None:
        return ""
    longest = Receipt._meta.get_field(name).max_length
    if not isinstance(value, str) or len(value) > longest or "\0" in value:
        raise UnreadableReceipt(f"{name} is not what it should be")
    return value


def store(receipt: Receipt, *, now: datetime) -> None:
    """Keep it, once however often it comes, and have it applied."""
    receipt.received_at = now
    Receipt.objects.bulk_create([receipt], ignore_conflicts=True)
    hints.give(APPLY_TASK, queue="urgent")


def forget(*, before: datetime) -> int:
    """Remove receipts that were applied before an instant, a batch at a time; how many.

    What they said stands in the messages; one that came again would change nothing.
    """
    forgotten = 0
    while True:
        oldest = Receipt.objects.filter(applied_at__lt=before, received_at__lt=before)
        number, _ = Receipt.objects.filter(
            pk__in=list(oldest.order_by().values_list("pk", flat=True)[:FORGET_BATCH])
        ).delete()
        forgotten += number
        if number < FORGET_BATCH:
            return forgotten


def apply_waiting(*, clock: Callable[[], datetime]) -> int:
    """Apply the receipts that wait; how many there were."""
    applied = 0
    while number := _apply_batch(now=clock()):
        applied += number
    return applied


@transaction.atomic
def _apply_batch(*, now: datetime) -> int:
    receipts = list(
        Receipt.objects.filter(applied_at__isnull=True)
        .order_by("received_at", "pk")
        .select_for_update(skip_locked=True)[:BATCH]
    )
    by_id, by_reference = _messages_of(receipts)
    settlement = Settlement(now=now)
    doubted: list[int] = []
    for receipt in receipts:
        message = by_id.get(receipt.notify_id) or by_reference.get(receipt.reference)
        receipt.applied_at = now
        receipt.outcome = _apply(receipt, message, settlement, doubted) if message else "not ours"
    settlement.save()
    lookups.put_in_doubt(Message.objects.filter(pk__in=doubted), reason=NOT_BELIEVED, now=now)
    Receipt.objects.bulk_update(receipts, ["applied_at", "outcome"])
    return len(receipts)


def _messages_of(
    receipts: Sequence[Receipt],
) -> tuple[dict[uuid.UUID, Message], dict[str, Message]]:
    """The messages that receipts speak of, locked, by Notify's id and by our reference."""
    messages = list(
        Message.objects.filter(
            Q(notify_id__in=[receipt.notify_id for receipt in receipts])
            | Q(reference__in=[receipt.reference for receipt in receipts if receipt.reference])
        )
        .order_by("pk")
        .select_for_update()
    )
    by_id = {message.notify_id: message for message in messages if message.notify_id}
    return by_id, {message.reference: message for message in messages}


def _apply(receipt: Receipt, message: Message, settlement: Settlement, doubted: list[int]) -> str:
    """Do what the receipt asks for, in words for the record.

    What waits and must not go before Notify was asked about it is added to `doubted`.
    """
    if message.notify_id not in (None, receipt.notify_id):
        logger.error(
            "Message %s: a receipt names it as %s besides %s",
            message.reference,
            receipt.notify_id,
            message.notify_id,
        )
        return "another message of the same reference"
    if message.notify_id is None and not _may_be_there(message, receipt.status):
        if message.status == Status.WAITING:
            message.status, message.reason = Status.UNKNOWN, NOT_BELIEVED
            doubted.append(message.pk)
        elif message.status != Status.UNKNOWN:
            settlement.ask_again(message, at=settlement.now, empty_lookups=message.empty_lookups)
        return "ask: it was not being sent"
    verdict = rules.weigh_receipt(message_status_now=message.status, receipt_status=receipt.status)
    if message.notify_id is None:
        # It came before the answer to our request was written down, and proves that there is one.
        settlement.accept(
            message,
            notify_id=receipt.notify_id,
            version=receipt.template_version,
            status=receipt.status if verdict.action == "apply" else "created",
        )
    elif verdict.action == "apply":
        settlement.conclude(message, status=receipt.status)
    if verdict.action == "ask":
        settlement.ask_again(message, at=settlement.now, empty_lookups=0)
    return f"{verdict.action}: {verdict.why}"


def _may_be_there(message: Message, receipt_status: str) -> bool:
    """Whether Notify may well have a message of which it has told us nothing yet.

    One that was parked because nobody can ask about it any more may have been delivered.
    """
    if message.status == Status.UNKNOWN:
        return message.reason != NOT_BELIEVED
    if message.status == Status.PARKED:
        unknown = message.reason in (lookups.FORGOTTEN, lookups.OTHER_KEY)
        return unknown and receipt_status == "delivered"
    return message.status == Status.CLAIMED
