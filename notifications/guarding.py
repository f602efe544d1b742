"""Asking the guards just before sending, and writing down what they hold back or change.

What they hold back because its address has changed goes to the present one instead.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from notifications import outbox, readdressing, rewording
from notifications.models import Message
from notifications.patience import impatient
from notifications.settling import Settlement

logger = logging.getLogger(__name__)

RETRY = timedelta(minutes=1)


def ask(messages: Sequence[Message], *, now: datetime) -> list[Message]:
    """Those that may still go, as they are or reworded; the others are written down as withheld, or
    wait to go to a corrected address.

    Where a guard fails, its messages wait a minute.
    """
    settlement = Settlement(now=now)
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
            for message in batch:
                settlement.release(message, due_at=now + RETRY)
            continue
        answers = {**answers, **_corrected(batch, answers)}
        changed = [m for m in batch if answers.get(m.pk) == readdressing.CONTACT_CHANGED]
        try:
            followed = readdressing.follow_at_last(changed)
        except Exception:
            # The sweep finds them as stale claims, and they come here again.
            logger.exception("Messages could not follow to corrected addresses")
            followed = {message.pk for message in changed}
        for message in batch:
            if message.pk in followed:
                continue
            match answers.get(message.pk):
                case None:
                    allowed.append(message)
                case rewording.Rewording() as instead:
                    reworded.append((message, instead))
                case reason:
                    settlement.withhold(message, reason=reason)
    # The sweep finds as stale claims what cannot be written down; the others go all the same.
    if settlement:
        try:
            with impatient():
                settlement.save()
        except Exception:
            logger.exception("What was withheld could not be written down")
    if reworded:
        try:
            with impatient():
                kept = rewording.reword(reworded, now=now)
            allowed += kept
        except Exception:
            logger.exception("What messages say instead could not be written down")
    return allowed


def _corrected(
    batch: Sequence[Message], answers: Mapping[int, str | rewording.Rewording]
) -> dict[int, str]:
    """Those that their guard lets go, but to an address that was put right meanwhile."""
    return {
        message.pk: readdressing.CONTACT_CHANGED
        for message in batch
        if message.recipient_corrected and not isinstance(answers.get(message.pk), str)
    }
