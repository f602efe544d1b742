"""Recognising, after a restore, what was sent after the copy and comes to be written again.

Source: `docs/decisions/0051-resuming-after-a-restore.md`.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from cohorts.models import Child
from notifications import aftermath, restore_rules, rules, wording
from notifications.models import ForgottenMessage, Message
from notifications.restore_rules import Sent, Verdict
from notifications.settling import Settlement

SIMILAR = (
    "A message about this child went to this address after the copy was made from which the "
    "database was restored. It said something else"
)
# How long it may matter what was forgotten: children come back with files, weeks later.
KEPT_FOR = timedelta(days=60)
# What Notify has and the database had forgotten, by channel, address and template.
Candidates = dict[tuple[str, str, str], list[ForgottenMessage]]


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
    candidates: Candidates = defaultdict(list)
    for each in (
        ForgottenMessage.objects.filter(recipient__in={message.recipient for message in messages})
        .order_by("pk")
        .select_for_update()
    ):
        candidates[_key(each)].append(each)
    alike = [message for message in messages if _key(message) in candidates]
    if not alike:
        return list(messages)
    children = Child.objects.in_bulk({message.child_id for message in alike if message.child_id})
    # A claim leaves out what only few are asked: it is read for all of them at once.
    again = Message.objects.filter(pk__in=[each.pk for each in alike], resend_of__isnull=False)
    asked_for_again = set(again.values_list("pk", flat=True))
    settlement = Settlement(now=now)
    to_send = []
    taken: list[tuple[Message, ForgottenMessage]] = []
    for message in messages:
        found = candidates.get(_key(message), [])
        verdict, meant = _weigh(
            message,
            found,
            child=children.get(message.child_id),
            is_asked_for_again=message.pk in asked_for_again,
        )
        match verdict:
            case Verdict.GO:
                to_send.append(message)
            case Verdict.A_PERSON_DECIDES:
                settlement.park(message, reason=SIMILAR)
            case Verdict.SENT_ALREADY:
                twin = next(each for each in found if each.pk == meant)
                found.remove(twin)
                taken.append((message, twin))
    _take_over(settlement, taken)
    settlement.save()
    return to_send


def _key(message: Message | ForgottenMessage) -> tuple[str, str, str]:
    return message.channel, message.recipient, message.template


def _weigh(
    message: Message,
    found: Sequence[ForgottenMessage],
    *,
    child: Child | None,
    is_asked_for_again: bool,
) -> tuple[Verdict, int | None]:
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
        # As the message says it, where no child was found.
        child_name=child.given_name if child else message.personalisation["short_child_name"],
        is_asked_for_again=is_asked_for_again,
        sent=[Sent(each.pk, each.words) for each in found],
    )


TAKE_OVER = """
UPDATE notifications_message AS message SET reference = twin.reference
FROM unnest(%s::bigint[], %s::uuid[], %s::text[]) AS twin (id, held_claim, reference)
WHERE message.id = twin.id AND message.claim = twin.held_claim
RETURNING message.id
"""


def _take_over(settlement: Settlement, taken: Sequence[tuple[Message, ForgottenMessage]]) -> None:
    """Let messages that are still claimed be those that Notify has, which are forgotten no more."""
    if not taken:
        return
    aftermath.lock_ahead(
        [message for message, sent in taken if sent.notify_status in rules.FAILURES]
    )
    with connection.cursor() as cursor:
        cursor.execute(
            TAKE_OVER,
            [
                [message.pk for message, _ in taken],
                [message.claim for message, _ in taken],
                [sent.reference for _, sent in taken],
            ],
        )
        held = {pk for (pk,) in cursor.fetchall()}
    known = [(message, sent) for message, sent in taken if message.pk in held]
    for message, sent in known:
        settlement.accept(
            message,
            notify_id=sent.notify_id,
            version=sent.template_version,
            status=sent.notify_status,
            is_counted=True,
        )
    ForgottenMessage.objects.filter(pk__in=[sent.pk for _, sent in known]).delete()
