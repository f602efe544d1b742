"""Messages that wait follow their parent to a corrected address.

Their guards let nothing go to an address that is no longer the child's, so without this a parent
whose address was corrected while a message waited, as texts do at night, would get nothing.
"""

from collections.abc import Iterable

from django.db import connection
from django.dispatch import receiver

from cohorts.signals import children_changed

# Only what nobody is sending or holding back, so that nobody waits for a sender here. An address
# that the letter goes to already gets nothing more.
READDRESS = """
WITH free AS MATERIALIZED (
    SELECT * FROM notifications_message
    WHERE child_id = ANY(%(children)s) AND status = 'waiting'
    FOR UPDATE SKIP LOCKED
)
UPDATE notifications_message AS message SET recipient = present.recipient
FROM (
    SELECT DISTINCT ON (waiting.letter, waiting.channel, contact.recipient)
           waiting.id, contact.recipient
    FROM free AS waiting
    JOIN cohorts_contact AS contact
      ON contact.child_id = waiting.child_id AND contact.parent_id = waiting.parent_id
     AND contact.channel = waiting.channel
    WHERE NOT EXISTS (
          SELECT FROM cohorts_contact AS kept
          WHERE kept.child_id = waiting.child_id AND kept.channel = waiting.channel
            AND kept.recipient = waiting.recipient)
      AND NOT EXISTS (
          SELECT FROM notifications_message AS other
          WHERE other.letter = waiting.letter AND other.channel = waiting.channel
            AND other.recipient = contact.recipient)
    ORDER BY waiting.letter, waiting.channel, contact.recipient, waiting.id
) AS present
WHERE message.id = present.id
"""


def readdress(child_ids: Iterable[int]) -> int:
    """Send what waits for parents of these children to their present addresses; how many.

    Runs in the transaction that changed the addresses.
    """
    with connection.cursor() as cursor:
        cursor.execute(READDRESS, {"children": list(child_ids)})
        return cursor.rowcount


@receiver(children_changed)
def follow(*, child_ids: list[int], **_) -> None:
    readdress(child_ids)
