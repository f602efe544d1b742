"""What `consent` announces, inside the transaction that did it."""

from django.dispatch import Signal

# Whether a child was found for what a parent answered online is known for the first time. Sent
# once for each response, whatever came of it, so that whoever confirms the answer to the parent
# can do so without telling them whether we know the child; and again when a response that had
# waited is linked with a child later.
# Sent with: response (an OnlineResponse; without `child` while it waits for a person), consents
# (the list of ConsentResponse that it became, empty while it waits), is_first (bool: nothing was
# announced of this response before), by (User or None) and now (datetime).
# Whoever sends a message marks `confirmation_sent_at`, which guards against a second one.
response_considered = Signal()
