"""What `sessions_app` announces, inside the transaction that did it."""

from django.dispatch import Signal

# A school's session is closed; its children who were not vaccinated go on to the clinic next.
# Sent with: session (Session), by (User) and now (datetime).
session_closed = Signal()

# The dates of a session are saved, or what follows from them is let go after it was called back.
# Sent with: session (Session), by (User) and now (datetime).
dates_saved = Signal()
