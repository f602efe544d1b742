"""What follows when a letter reached nobody: its invitations may be planned again."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from calendars.clock import london_day
from cohorts.models import Contact
from notifications.models import Message
from sessions_app import statuses
from sessions_app.models import Invitation


@transaction.atomic
def release(letters: Iterable[UUID], *, now: datetime) -> None:
    """Free the invitations of these letters, which nobody received, to be planned again.

    The statuses are computed anew, so that the planner sees what the guard saw and does not
    plan the same again; the next planning picks up what is still due. What a person called back
    is not freed by a guard. Source: §6.1 rule 5.
    """
    invitations = Invitation.objects.standing().filter(letter__in=list(letters))
    child_ids = list(invitations.values_list("child_id", flat=True))
    invitations.update(withheld_at=now)
    statuses.refresh(child_ids, today=london_day(now))


# Final states in which a parent did not get the message.
UNDELIVERED = (Message.Status.FAILED, Message.Status.REJECTED, Message.Status.WITHHELD)


def release_undelivered(child_ids: Iterable[int], *, now: datetime) -> int:
    """Free the invitations of these children that reached nobody, if there is an address now
    that they were not sent to; returns how many.

    Every message must have ended without success: one that may still arrive keeps its invitation.
    Source: sessions and clinics §6.1 rule 5.
    """
    sent = Message.objects.filter(letter=OuterRef("letter"))
    tried = Message.objects.filter(
        letter=OuterRef(OuterRef("letter")),
        channel=OuterRef("channel"),
        recipient=OuterRef("recipient"),
    )
    untried = Contact.objects.filter(~Exists(tried), child=OuterRef("child"))
    return (
        Invitation.objects.standing()
        .filter(
            Exists(sent),
            ~Exists(sent.exclude(status__in=UNDELIVERED)),
            Exists(untried),
            child__in=list(child_ids),
        )
        .update(withheld_at=now)
    )
