"""What `sessions_app` announces, inside the transaction that did it."""

from django.dispatch import Signal

# A school's session is closed; its children who were not vaccinated go on to the clinic next.
# Sent with: session (Session), by (User) and now (datetime).
session_closed = Signal()

# The dates of a session are saved.
# Sent with: session (Session), by (User) and now (datetime).
dates_saved = Signal()

# Reminders of tomorrow's visit to a school are let go after they were called back.
# Sent with: session (Session), by (User) and now (datetime).
visit_released = Signal()

# The same of the messages that such a visit is off.
# Sent with: session (Session), by (User) and now (datetime).
correction_released = Signal()
