"""Going on after the database was restored from a copy: nothing that Notify has goes again.

The copy calls messages waiting that Notify accepted after it was made, and knows nothing of those
that were queued since. Until Notify was asked about the first and has listed the second, nothing
is sent. Source: Notify §3.4, §7 and §11.5, `docs/operations/restoring.md`.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import transaction
from django.db.models import F, Max, Value
from django.db.models.functions import Coalesce, Least, NullIf

from calendars.clock import LONDON, real_seconds
from notifications import aftermath, allowance, notify, restore_rules, rules, wording
from notifications.models import Channel, ForgottenMessage, Message, Stoppage
from notifications.settling import Settlement

Status = Message.Status
UNSETTLED = (Status.WAITING, Status.CLAIMED, Status.UNKNOWN)

IN_DOUBT = "The database was restored: GOV.UK Notify is asked whether it has this message"
HELD = "The database is being restored: Notify's list is not compared to its end yet"
COMPARED = (
    "The database was restored from a copy of {copied:%-d %B %Y at %H:%M}. Enter again what was "
    "recorded after that, first which children must not be written to; then let sending go on"
)
TRIES = 6
PAUSE_SECONDS = 5


class CannotCompare(Exception):
    """Notify's list could not be read; a sentence for the operator."""


@dataclass
class Comparison:
    """What Notify's list said: messages that the copy called unsent, and such it had forgotten."""

    accepted: int = 0
    forgotten: int = 0


def is_held() -> bool:
    """Whether sending is held for a restore."""
    return Stoppage.objects.filter(kind=Stoppage.Kind.RESTORED, ended_at__isnull=True).exists()


def latest_trace() -> datetime | None:
    """The last moment at which the database did something with a message."""
    traces = Message.objects.aggregate(
        *(Max(name) for name in ("created_at", "claimed_at", "accepted_at", "settled_at"))
    )
    return max(filter(None, traces.values()), default=None)


@transaction.atomic
def quarantine(*, dumped_at: datetime, now: datetime) -> int:
    """Hold all sending, and put every unsettled message in doubt; how many those are.

    Each may have been sent after the copy was made, so it is looked up by reference: found, or
    twice not found from five minutes after now on. What was copied more than six days ago is
    parked by that look-up, because Notify forgets. Safe to repeat.
    """
    _hold(HELD, now=now)
    return Message.objects.filter(status__in=UNSETTLED).update(
        status=Status.UNKNOWN,
        claim=RandomUUID(),
        claimed_at=Least(Coalesce(F("claimed_at"), Value(dumped_at)), Value(dumped_at)),
        attempt_ended_at=now,
        empty_lookups=0,
        next_look_at=now + rules.QUARANTINE,
        key_type=Coalesce(NullIf(F("key_type"), Value("")), Value(settings.NOTIFY_KEY_TYPE)),
        notify_service=Coalesce(F("notify_service"), Value(notify.service_id())),
        reason=IN_DOUBT,
    )


def _hold(reason: str, *, now: datetime) -> None:
    running = Stoppage.objects.filter(scope=Stoppage.Scope.ALL, ended_at__isnull=True)
    held = running.filter(kind=Stoppage.Kind.RESTORED)
    if held.update(reason=reason):
        return
    running.update(ended_at=now)
    Stoppage.objects.create(
        scope=Stoppage.Scope.ALL, kind=Stoppage.Kind.RESTORED, reason=reason, since=now
    )


def compare(*, dumped_at: datetime, clock: Callable[[], datetime]) -> Comparison:
    """Read Notify's list back to the copy: settle what the database knows, keep what it forgot.

    Not before five minutes after the last sender ended. Sending stays held for a person to let it
    go on. Raises CannotCompare; what was read until then is kept, and it may be repeated.
    """
    comparison = Comparison()
    # Whoever names too late an instant must not stop it too early.
    back_to = min(filter(None, (dumped_at, latest_trace())))
    with notify.Notify() as connection:
        for channel in Channel.values:
            than: UUID | None = None
            while page := _page(connection, channel, than):
                if _compare_page(page, channel, back_to, clock(), comparison):
                    break
                than = page[-1].notify_id
    _hold(COMPARED.format(copied=dumped_at.astimezone(LONDON)), now=clock())
    return comparison


def _page(connection: notify.Notify, channel: str, than: UUID | None) -> Sequence[notify.Listed]:
    answer: object = None
    for attempt in range(TRIES):
        if attempt:
            time.sleep(real_seconds(PAUSE_SECONDS * attempt))
        answer = connection.list_older(channel, than=than)
        if isinstance(answer, list):
            return answer
        if isinstance(answer, rules.Unauthorised):
            break
    reason = getattr(answer, "reason", "")
    raise CannotCompare(f"GOV.UK Notify does not list its messages: {reason}.")


@transaction.atomic
def _compare_page(
    page: Sequence[notify.Listed],
    channel: str,
    back_to: datetime,
    now: datetime,
    comparison: Comparison,
) -> bool:
    """Whether the page reaches back to what the copy knows for sure."""
    failed = [each.reference for each in page if each.status in rules.FAILURES]
    aftermath.lock_ahead(list(Message.objects.filter(reference__in=failed)) if failed else [])
    rows = {
        row.reference: row
        for row in Message.objects.filter(reference__in=[each.reference for each in page])
        .order_by("pk")
        .select_for_update()
    }
    settlement = Settlement(now=now)
    forgotten = []
    is_known_from_here = False
    for each in page:
        row = rows.get(each.reference)
        if row is None:
            forgotten.append(each)
        elif row.notify_id is None:
            settlement.accept(
                row,
                notify_id=each.notify_id,
                version=each.template_version,
                status=each.status,
                taken_at=each.created_at,
            )
            comparison.accepted += 1
        else:
            is_known_from_here |= restore_rules.reaches_known(row.accepted_at, back_to=back_to)
            if not rules.is_final(row.status):
                settlement.conclude(row, status=each.status)
    settlement.save()
    comparison.forgotten += _keep(forgotten, channel, now)
    return is_known_from_here


def _keep(listed: Sequence[notify.Listed], channel: str, now: datetime) -> int:
    """Keep what is ours by its template; what others send with our service is not."""
    names = {
        each.template_id: each.name
        for each in wording.all_wordings().values()
        if each.channel == channel
    }
    ours = [each for each in listed if each.template_id in names and each.reference]
    _count_for_their_days(ours, channel, now)
    ForgottenMessage.objects.bulk_create(
        [
            ForgottenMessage(
                reference=each.reference[:64],
                notify_id=each.notify_id,
                notify_status=each.status,
                template_version=each.template_version,
                template=names[each.template_id],
                channel=channel,
                recipient=each.recipient,
                words=restore_rules.words_of(each.subject, each.body),
                found_at=now,
            )
            for each in ours
        ],
        ignore_conflicts=True,
    )
    return len(ours)


def _count_for_their_days(listed: Sequence[notify.Listed], channel: str, now: datetime) -> None:
    """Count what Notify took after the copy was made, once however often the list is read."""
    kept = set(
        ForgottenMessage.objects.filter(
            reference__in=[each.reference[:64] for each in listed]
        ).values_list("reference", flat=True)
    )
    days = Counter(
        rules.allowance_day(each.created_at or now)
        for each in listed
        if each.reference[:64] not in kept
    )
    for day, number in sorted(days.items()):
        allowance.count({channel: number}, day=day)
