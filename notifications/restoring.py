"""Going on after the database was restored from a copy: nothing that Notify has goes again.

The copy calls messages waiting that Notify accepted after it was made, and knows nothing of those
that were queued since. Until Notify was asked about the first and has listed the second, nothing
is sent. Source: Notify §3.4, §7 and §11.5, `docs/operations/restoring.md`.
"""

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import transaction
from django.db.models import F, Max, Value
from django.db.models.functions import Coalesce, Least, NullIf

from calendars.clock import LONDON, real_seconds
from notifications import allowance, notify, restore_rules, rules, wording
from notifications.models import Channel, ForgottenMessage, Message, Stoppage
from notifications.restore_rules import Sent, Verdict
from notifications.settling import Settlement

logger = logging.getLogger(__name__)

Status = Message.Status
UNSETTLED = (Status.WAITING, Status.CLAIMED, Status.UNKNOWN)

IN_DOUBT = "The database was restored: GOV.UK Notify is asked whether it has this message"
SIMILAR = (
    "A message about this child went to this address after the copy was made from which the "
    "database was restored. It said something else"
)
HELD = "The database is being restored: Notify's list is not compared to its end yet"
COMPARED = (
    "The database was restored from a copy of {copied:%-d %B %Y at %H:%M}. Enter again what was "
    "recorded after that, first which children must not be written to; then let sending go on"
)
# How long it may matter what was forgotten: children come back with files, weeks later.
KEPT_FOR = timedelta(days=60)
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


def has_forgotten() -> bool:
    """Whether anything that was forgotten may still come to be written again."""
    return ForgottenMessage.objects.exists()


def let_go(*, now: datetime) -> int:
    """Delete what has not come back for two months; how many."""
    return ForgottenMessage.objects.filter(found_at__lt=now - KEPT_FOR).delete()[0]


@transaction.atomic
def recognise(messages: Collection[Message], *, now: datetime) -> list[Message]:
    """Of messages just claimed, those to be sent.

    One that Notify had before the restore takes over that one's reference and is accepted; one
    that is only like it needs a person.
    """
    candidates = defaultdict(list)
    for each in (
        ForgottenMessage.objects.filter(recipient__in={message.recipient for message in messages})
        .order_by("pk")
        .select_for_update()
    ):
        candidates[each.channel, each.recipient, each.template].append(each)
    if not candidates:
        return list(messages)
    settlement = Settlement(now=now)
    to_send = []
    for message in messages:
        found = candidates[message.channel, message.recipient, message.template]
        verdict, meant = _weigh(message, found)
        match verdict:
            case Verdict.GO:
                to_send.append(message)
            case Verdict.A_PERSON_DECIDES:
                settlement.park(message, reason=SIMILAR)
            case Verdict.SENT_ALREADY:
                twin = next(each for each in found if each.pk == meant)
                found.remove(twin)
                _take_over(settlement, message, twin)
    settlement.save()
    return to_send


def _weigh(message: Message, found: Sequence[ForgottenMessage]) -> tuple[Verdict, int | None]:
    if not found:
        return Verdict.GO, None
    try:
        words = wording.get(message.template, message.channel)
    except wording.UnknownWording:
        # Whoever sends it refuses it for that.
        return Verdict.GO, None
    preview = words.preview(message.personalisation)
    return restore_rules.weigh(
        words=restore_rules.words_of(preview.subject, preview.body),
        child_name=_child_named(message),
        is_asked_for_again=message.resend_of_id is not None,
        sent=[Sent(each.pk, each.words) for each in found],
    )


def _child_named(message: Message) -> str:
    """The first name of the child whom a message is about, as it says where no child was found."""
    if message.child is None:
        return message.personalisation["short_child_name"]
    return message.child.given_name


def _take_over(settlement: Settlement, message: Message, sent: ForgottenMessage) -> None:
    held = Message.objects.filter(pk=message.pk, claim=message.claim)
    if not held.update(reference=sent.reference):
        return
    settlement.accept(
        message,
        notify_id=sent.notify_id,
        version=sent.template_version,
        status=sent.notify_status,
        is_counted=True,
    )
    sent.delete()
