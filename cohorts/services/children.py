"""Adding one child by hand; uploads add many with `child_import`."""

from datetime import datetime

from django.db import transaction

from accounts.models import Organisation, User
from cohorts.models import Child
from cohorts.signals import children_placed, happened_to_children


@transaction.atomic
def add_child(
    child: Child, *, organisation: Organisation, source: str, now: datetime, by: User | None
) -> Child:
    """Save a new child in the organisation's cohort, and have them placed in a session.

    `source` says, for the activity log, where the details come from.
    """
    child.organisation = organisation
    child.save(force_insert=True)
    happened_to_children.send(
        Child,
        organisation=organisation,
        kind="record",
        child_ids=[child.pk],
        title="Child record created",
        body=source,
        by=by,
        now=now,
    )
    children_placed.send(Child, organisation=organisation, child_ids=[child.pk], by=by, now=now)
    return child
