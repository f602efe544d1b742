"""What consent does when the apps below announce something."""

from datetime import datetime

from django.dispatch import receiver

from consent.models import ConsentRequest
from notifications.signals import letters_withheld


@receiver(letters_withheld)
def nobody_was_asked(*, letters, now: datetime, **_) -> None:
    """A request of which nothing was sent is no request: it may be sent again at once."""
    ConsentRequest.objects.filter(letter__in=letters, withheld_at__isnull=True).update(
        withheld_at=now
    )
