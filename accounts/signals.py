"""What `accounts` announces, inside the transaction that did it, to whoever stands above."""

from django.dispatch import Signal

# An operator saved a row on the admin site.
# Sent with: row (the model's instance), now (datetime).
saved_by_operator = Signal()
