"""What `accounts` announces, inside the transaction that did it, to whoever stands above."""

from django.dispatch import Signal

# An operator saved a row on the admin site.
# Sent with: row (the model's instance), before (a dict of the fields that were changed, with what
# they held), by (the operator), now (datetime).
saved_by_operator = Signal()
