"""What `notifications` announces, inside the transaction that did it, to whoever stands above."""

from django.dispatch import Signal

# Letters of which every message was held back by its guard, so that nothing was sent.
# Sent with: letters (set of UUIDs), now (datetime).
letters_withheld = Signal()

# Letters of which a message was held back, failed, or was written without a part of what they are
# about: it may be that nobody is told of that any more. Whoever hears it has all messages of the
# letters locked.
# Sent with: letters (set of UUIDs), now (datetime).
letters_curtailed = Signal()
