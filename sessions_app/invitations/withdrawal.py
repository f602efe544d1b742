"""What follows when an invitation reached nobody: it may be planned again."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from calendars.clock import london_day
from cohorts.models import Contact
from notifications.models import Message
from sessions_app import statuses
from sessions_app.models import Invitation


@transaction.atomic
def release(letters: Iterable[UUID], *, now: datetime) -> None:
    """Free what these letters invite to and nobody is told, to be planned again: of an invitation
    every message was held back, or leaves its programme out; or some reached nobody, and there is
    an address now that they were not sent to.

    The statuses are computed anew, so that the planner sees what the guard saw and does not
    plan the same again; the next planning picks up what is still due. What a person called back
    is not freed by a guard. Source: §6.1 rule 5.
    """
    told = _messages_of(OuterRef("letter"), OuterRef("programme"))
    all_held_back = ~Exists(told.exclude(status=Message.Status.WITHHELD))
    untold = Invitation.objects.standing().filter(
        all_held_back | _reached_nobody(), letter__in=list(letters)
    )
    child_ids = list(untold.values_list("child_id", flat=True))
    untold.update(withheld_at=now)
    statuses.refresh(child_ids, today=london_day(now))


def release_undelivered(child_ids: Iterable[int], *, now: datetime) -> int:
    """Free the invitations of these children that reached nobody, if there is an address now
    that they were not sent to; returns how many.

    Every message must have ended without success: one that may still arrive keeps its invitation.
    Source: sessions and clinics §6.1 rule 5.
    """
    sent = _messages_of(OuterRef("letter"), OuterRef("programme"))
    return (
        Invitation.objects.standing()
        .filter(Exists(sent), _reached_nobody(), child__in=list(child_ids))
        .update(withheld_at=now)
    )


def _reached_nobody() -> Q:
    """Of invitations: every message has ended without success, and an address is untried."""
    sent = _messages_of(OuterRef("letter"), OuterRef("programme"))
    tried = _messages_of(OuterRef(OuterRef("letter")), OuterRef(OuterRef("programme"))).filter(
        channel=OuterRef("channel"), recipient=OuterRef("recipient")
    )
    untried = Contact.objects.filter(~Exists(tried), child=OuterRef("child"), is_asked=True)
    return Q(~Exists(sent.exclude(status__in=Message.REACHED_NOBODY)), Exists(untried))


def _messages_of(letter: OuterRef, programme: OuterRef) -> QuerySet[Message]:
    """The messages of a letter that name a programme of it."""
    return Message.objects.filter(letter=letter).exclude(left_out__contains=[programme])
