"""What `notifications` announces, inside the transaction that did it, to whoever stands above."""

from django.dispatch import Signal

# Letters of which every message was held back by its guard, so that nothing was sent.
# Sent with: letters (set of UUIDs), now (datetime).
letters_withheld = Signal()
