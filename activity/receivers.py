"""Writing down what lower apps announce, inside the transaction that did it."""

from collections.abc import Sequence
from datetime import datetime

from django.dispatch import receiver

from accounts.models import Organisation, User
from activity.services import record_for_children
from cohorts.signals import happened_to_children


@receiver(happened_to_children)
def record_what_happened(
    *,
    organisation: Organisation | None,
    kind: str,
    child_ids: Sequence[int],
    title: str,
    body: str,
    by: User | None,
    now: datetime,
    **_signal: object,
) -> None:
    """One entry for each child, of the organisation they belonged to then, if to any."""
    record_for_children(
        child_ids,
        kind=kind,
        title=title,
        body=body,
        organisation_id=organisation.pk if organisation else None,
        by=by,
        now=now,
    )
