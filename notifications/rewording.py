"""Letting a message say less than was written: a part of what its letter is about fell away while
it waited.

The row keeps its reference, letter and address, so that it goes once as ever. The new words are
committed before they are sent. Source: `docs/decisions/0064-a-message-says-what-is-left.md`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from activity import services as activity
from activity.models import Entry
from notifications import wording
from notifications.aftermath import take_letters
from notifications.models import Message
from notifications.signals import letters_curtailed


@dataclass(frozen=True)
class Rewording:
    """What a message says instead, and for the child's page what is different, as the end of a
    sentence. `left_out` is all that the letter is about and the message does not name now.
    """

    personalisation: dict[str, object]
    note: str
    left_out: frozenset[str] = frozenset()


UPDATE = """
UPDATE notifications_message AS message
SET personalisation = change.personalisation, left_out = change.left_out
FROM json_to_recordset(%s)
    AS change (id bigint, held_claim uuid, personalisation jsonb, left_out text[])
WHERE message.id = change.id AND message.claim = change.held_claim
RETURNING message.id
"""


@transaction.atomic
def reword(rewordings: Sequence[tuple[Message, Rewording]], *, now: datetime) -> list[Message]:
    """Write down what claimed messages say instead; those that are still claimed, with it.

    The others must not be sent: somebody else has them. Of two senders that leave the same part
    out of the last two messages of a letter, the second one sees what the first did.
    """
    if not rewordings:
        return []
    take_letters({message.letter for message, _ in rewordings})
    changed = _update(rewordings)
    kept = [(message, instead) for message, instead in rewordings if message.pk in changed]
    activity.record_all(
        activity.entry(
            child_id=message.child_id,
            organisation_id=message.organisation_id,
            session_id=message.session_id,
            kind=Entry.Kind.MESSAGE_WITHHELD,
            title=f"{wording.title(message.template, message.channel)} {instead.note}",
            body=message.recipient,
            is_contact_detail=True,
            now=now,
        )
        for message, instead in kept
        if message.child_id is not None
    )
    for message, instead in kept:
        message.personalisation = instead.personalisation
        message.left_out = sorted(instead.left_out)
    if kept:
        letters_curtailed.send(Message, letters={message.letter for message, _ in kept}, now=now)
    return [message for message, _ in kept]


def _update(rewordings: Sequence[tuple[Message, Rewording]]) -> set[int]:
    changes = [
        {
            "id": message.pk,
            "held_claim": message.claim,
            "personalisation": instead.personalisation,
            "left_out": sorted(instead.left_out),
        }
        for message, instead in rewordings
    ]
    with connection.cursor() as cursor:
        cursor.execute(UPDATE, [json.dumps(changes, default=str)])
        return {pk for (pk,) in cursor.fetchall()}
