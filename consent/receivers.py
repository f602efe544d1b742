"""What consent does when the apps below announce something."""

from datetime import datetime

from django.dispatch import receiver

from accounts.models import Organisation
from cohorts.models import Child
from cohorts.signals import children_changed, children_placed
from consent.models import ConsentRequest
from consent.services import matching
from notifications.signals import letters_withheld


@receiver(letters_withheld)
def nobody_was_asked(*, letters, now: datetime, **_) -> None:
    """A request of which nothing was sent is no request: it may be sent again at once."""
    ConsentRequest.objects.filter(letter__in=letters, withheld_at__isnull=True).update(
        withheld_at=now
    )


@receiver(children_placed)
def children_came(*, organisation: Organisation, **_) -> None:
    """A response that waits may mean one of them."""
    matching.look_again(organisation.pk)


@receiver(children_changed)
def details_changed(*, child_ids: list[int], **_) -> None:
    """A corrected name or birth date may be what a response gave all along."""
    organisations = Child.objects.filter(pk__in=child_ids, organisation__isnull=False)
    for organisation_id in (
        organisations.order_by().values_list("organisation", flat=True).distinct()
    ):
        matching.look_again(organisation_id)
