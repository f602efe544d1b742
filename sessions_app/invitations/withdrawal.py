"""What follows when the messages of a letter were all held back before sending."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from calendars.clock import london_day
from sessions_app import statuses
from sessions_app.models import Invitation


@transaction.atomic
def release(letters: Iterable[UUID], *, now: datetime) -> None:
    """Free the invitations of these letters, which nobody received, to be planned again.

    The statuses are computed anew, so that the planner sees what the guard saw and does not
    plan the same again; the next planning picks up what is still due. Source: §6.1 rule 5.
    """
    invitations = Invitation.objects.filter(letter__in=list(letters), withheld_at__isnull=True)
    child_ids = list(invitations.values_list("child_id", flat=True))
    invitations.update(withheld_at=now)
    statuses.refresh(child_ids, today=london_day(now))
