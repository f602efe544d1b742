"""Asking Notify what became of messages: unclear attempts by reference, the rest by id.

Source: Notify §11.5, §11.7 and §12 rows 2 to 5, 16, 18, 19, 24 and 26.
"""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf

from notifications import aftermath, notify, rules, stoppages
from notifications.models import Message
from notifications.settling import Settlement

logger = logging.getLogger(__name__)

Status = Message.Status
Answer = TypeVar("Answer")

CHECK_TASK = "notifications.reconcile"
BATCH = 200
THREADS = 10
# What ended without Notify having it, as far as we know: asked about where a receipt says it has.
NOT_SENT = (Status.WITHHELD, Status.REJECTED, Status.PARKED)
# While one worker asks about a message, no other one does.
LEASE = timedelta(minutes=5)
FORGOTTEN = "GOV.UK Notify no longer knows what became of it"
OTHER_KEY = "It was sent with another Notify key, which alone can say what became of it"


def settle_unknown(*, clock: Callable[[], datetime]) -> int:
    """Ask Notify about the unclear attempts that are due to be asked about; how many."""
    asked = 0
    while messages := _lease([Status.UNKNOWN], now=clock()):
        _settle_by_reference(messages, clock)
        asked += len(messages)
    return asked


def check_accepted(*, clock: Callable[[], datetime]) -> int:
    """Ask Notify about accepted messages whose next check is due, and about such as a receipt
    speaks of though they were never sent; how many.
    """
    asked = 0
    known = [Status.ACCEPTED, Status.SENDING, Status.DELIVERED, Status.FAILED, *NOT_SENT]
    while messages := _lease(known, now=clock()):
        _check_by_id(messages, clock)
        asked += len(messages)
    return asked


def put_in_doubt(waiting: QuerySet[Message], *, reason: str, now: datetime) -> int:
    """Have Notify asked whether it has messages that wait, before they are sent; how many.

    Found, they are accepted; twice not found, they wait again.
    """
    return waiting.filter(status=Status.WAITING).update(
        status=Status.UNKNOWN,
        claim=RandomUUID(),
        claimed_at=now,
        attempt_ended_at=now,
        empty_lookups=0,
        next_look_at=now,
        key_type=Coalesce(NullIf(F("key_type"), Value("")), Value(settings.NOTIFY_KEY_TYPE)),
        notify_service=Coalesce(F("notify_service"), Value(notify.service_id())),
        reason=reason,
    )


@transaction.atomic
def _lease(statuses: Sequence[str], *, now: datetime) -> list[Message]:
    messages = list(
        Message.objects.filter(status__in=statuses, next_look_at__lte=now)
        .order_by("next_look_at")
        .select_for_update(skip_locked=True)[:BATCH]
    )
    Message.objects.filter(pk__in=[message.pk for message in messages]).update(
        next_look_at=now + LEASE
    )
    return messages


def _ask_all(
    messages: Sequence[Message], ask: Callable[[notify.Notify, Message], Answer]
) -> list[tuple[Message, Answer]]:
    """Every message with Notify's answer about it. GETs are not limited. Source: Notify §3."""

    def ask_some(share: Sequence[Message]) -> list[tuple[Message, Answer]]:
        with notify.Notify() as connection:
            return [(message, ask(connection, message)) for message in share]

    shares = [messages[start::THREADS] for start in range(min(THREADS, len(messages)))]
    with ThreadPoolExecutor(max(len(shares), 1), thread_name_prefix="lookup") as pool:
        return [answer for answers in pool.map(ask_some, shares) for answer in answers]


def _settle_by_reference(messages: Sequence[Message], clock: Callable[[], datetime]) -> None:
    now = clock()
    settlement = Settlement(now=now)
    answerable = []
    for message in messages:
        if not _same_key(message):
            settlement.park(message, reason=OTHER_KEY)
        elif not rules.still_remembered(message.claimed_at, now):
            settlement.park(message, reason=FORGOTTEN)
        else:
            answerable.append(message)
    answers = _ask_all(
        answerable, lambda connection, message: (clock(), connection.find(message.reference))
    )
    # The wait for a second empty answer is counted from the answer, not from the question.
    settlement.now = now = clock()
    for message, (asked_at, answer) in answers:
        match answer:
            case notify.NoAnswer() | rules.Unauthorised():
                settlement.ask_again(
                    message, at=now + rules.LOOKUP_RETRY, empty_lookups=message.empty_lookups
                )
            case []:
                _settle_empty(settlement, message, asked_at)
            case [*_, oldest]:
                if len(answer) > 1:
                    logger.error("Message %s is at Notify twice", message.reference)
                settlement.accept(
                    message,
                    notify_id=oldest.notify_id,
                    version=oldest.template_version,
                    status=oldest.status,
                    taken_at=oldest.created_at,
                )
    settlement.save()
    _stop_if_refused([answer for _, (_, answer) in answers], now)


def _settle_empty(settlement: Settlement, message: Message, asked_at: datetime) -> None:
    again = rules.after_empty_lookup(
        attempt_ended_at=message.attempt_ended_at,
        empty_lookups=message.empty_lookups,
        asked_at=asked_at,
        now=settlement.now,
    )
    if again:
        settlement.ask_again(message, at=again.at, empty_lookups=again.empty_lookups)
    elif message.strikes >= rules.MOST_STRIKES:
        settlement.park(message, reason=f"Tried too often: {message.reason}")
    else:
        settlement.wait(message, due_at=message.due_at, reason=message.reason)


def _same_key(message: Message) -> bool:
    return (
        message.key_type == settings.NOTIFY_KEY_TYPE
        and str(message.notify_service) == notify.service_id()
    )


def _check_by_id(messages: Sequence[Message], clock: Callable[[], datetime]) -> None:
    answers = _ask_all(messages, _ask_about)
    _write_checked({message.pk: answer for message, answer in answers}, now=clock())
    _stop_if_refused([answer for _, answer in answers], clock())


def _ask_about(connection: notify.Notify, message: Message) -> object:
    if message.notify_id is None:
        return connection.find(message.reference)
    return connection.get(message.notify_id)


@transaction.atomic
def _write_checked(answers: dict[int, object], *, now: datetime) -> None:
    """Apply Notify's word to the rows as they are now: a receipt may have come meanwhile."""
    settlement = Settlement(now=now)
    # Whoever sends one of them again has its child before it.
    failed = [pk for pk, answer in answers.items() if _says_failed(answer)]
    aftermath.lock_ahead(list(Message.objects.filter(pk__in=failed)) if failed else [])
    rows = Message.objects.filter(pk__in=answers).order_by("pk").select_for_update()
    for message in rows:
        match answers[message.pk]:
            case [*_, found] if message.notify_id is None:
                settlement.accept(
                    message,
                    notify_id=found.notify_id,
                    version=found.template_version,
                    status=found.status,
                    taken_at=found.created_at,
                )
            case [] | notify.Gone() if message.status in NOT_SENT:
                settlement.ask_again(message, at=None, empty_lookups=0)
            case list():
                # It has been taken up again meanwhile, or settled.
                continue
            case notify.Known(status=status):
                settlement.conclude(message, status=status)
            case notify.Gone() if not rules.is_final(message.status):
                settlement.park(message, reason=FORGOTTEN)
            case notify.Gone():
                settlement.conclude(message, status=message.notify_status)
            case _:
                settlement.ask_again(message, at=now + LEASE, empty_lookups=0)
    settlement.save()


def _says_failed(answer: object) -> bool:
    match answer:
        case notify.Known(status=status) | [*_, notify.Known(status=status)]:
            return status in rules.FAILURES
    return False


def _stop_if_refused(answers: Sequence[object], now: datetime) -> None:
    for answer in answers:
        if isinstance(answer, rules.Unauthorised):
            stoppages.stop_for(answer, channel="", now=now)
            return
