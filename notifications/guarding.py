"""Asking the guards just before sending, and writing down what they hold back or change.

What they hold back because its address has changed goes to the present one instead.
"""

import logging
from collections.abc import Mapping, Sequence
from copy import copy
from datetime import datetime, timedelta

from notifications import outbox, readdressing, rewording
from notifications.models import Message
from notifications.patience import impatient
from notifications.readdressing import CONTACT_CHANGED
from notifications.settling import Settlement

logger = logging.getLogger(__name__)

RETRY = timedelta(minutes=1)
# An import may have a child's record for minutes: each try waits for it a while.
RETRY_WRITING = timedelta(minutes=5)


def ask(messages: Sequence[Message], *, now: datetime) -> list[Message]:
    """Those that may still go, as they are or reworded; the others are written down as withheld, or
    wait to go to a corrected address.

    Where a guard fails, its messages wait a minute, and five where what it said cannot be written
    down.
    """
    withheld: list[tuple[Message, str]] = []
    allowed: list[Message] = []
    reworded: list[tuple[Message, rewording.Rewording]] = []
    for template in sorted({message.template for message in messages}):
        batch = [message for message in messages if message.template == template]
        guard = outbox.guard_of(template)
        try:
            answers = guard(batch, now=now) if guard else {}
        except Exception:
            # Without the guard's word nothing goes; the fault must not hold up the others.
            logger.exception("The guard of %s failed: its messages wait", template)
            put_back(batch, now=now, pause=RETRY)
            continue
        answers = {**answers, **_corrected(batch, answers)}
        followed = _follow([m for m in batch if answers.get(m.pk) == CONTACT_CHANGED], now=now)
        for message in batch:
            if message.pk in followed:
                continue
            match answers.get(message.pk):
                case None:
                    allowed.append(message)
                case rewording.Rewording() as instead:
                    reworded.append((message, instead))
                case reason:
                    withheld.append((message, reason))
    _withhold(withheld, now=now)
    return allowed + _reword(reworded, now=now)


def put_back(
    messages: Sequence[Message], *, now: datetime, pause: timedelta = RETRY_WRITING
) -> None:
    """Let them wait and come here again; their time goes on, so that it shows if that never ends.

    The sweep finds as stale claims what cannot be put back either.
    """
    settlement = Settlement(now=now)
    for message in messages:
        settlement.release(message, due_at=now + pause)
    try:
        settlement.save()
    except Exception:
        logger.exception("Messages could not be put back into the queue")


def _follow(changed: Sequence[Message], *, now: datetime) -> set[int]:
    """The ids of those that go to a corrected address, or come here again."""
    try:
        return readdressing.follow_at_last(changed)
    except Exception:
        logger.exception("Messages could not follow to corrected addresses")
        put_back(changed, now=now)
        return {message.pk for message in changed}


def _withhold(withheld: Sequence[tuple[Message, str]], *, now: datetime) -> None:
    if not withheld:
        return
    settlement = Settlement(now=now)
    for message, reason in withheld:
        # Should it fail, the message is put back as it was.
        settlement.withhold(copy(message), reason=reason)
    try:
        with impatient():
            settlement.save()
    except Exception:
        logger.exception("What was withheld could not be written down")
        put_back([message for message, _ in withheld], now=now)


def _reword(
    reworded: Sequence[tuple[Message, rewording.Rewording]], *, now: datetime
) -> list[Message]:
    if not reworded:
        return []
    try:
        with impatient():
            return rewording.reword(reworded, now=now)
    except Exception:
        logger.exception("What messages say instead could not be written down")
        put_back([message for message, _ in reworded], now=now)
        return []


def _corrected(
    batch: Sequence[Message], answers: Mapping[int, str | rewording.Rewording]
) -> dict[int, str]:
    """Those that their guard lets go, but to an address that was put right meanwhile."""
    return {
        message.pk: CONTACT_CHANGED
        for message in batch
        if message.recipient_corrected and not isinstance(answers.get(message.pk), str)
    }
