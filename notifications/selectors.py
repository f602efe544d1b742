"""Reads for pages: what is in trouble, what stands still, and how far sending is."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import Count, Min, Q, QuerySet

from accounts.models import Organisation
from calendars.clock import london_day, london_instant
from notifications import wording
from notifications.models import Channel, Lane, Message, Stoppage

Status = Message.Status

# An unclear attempt is settled within minutes; one that takes longer needs a look.
LONG_UNKNOWN = timedelta(hours=1)
SHOWN_FOR = timedelta(days=30)
NOT_DELIVERED = (Status.FAILED, Status.REJECTED)
# Of what is not final by then nothing more is heard as a rule; and nobody is told of it for ever.
NEVER_FINAL_AFTER = timedelta(days=5)
NEVER_FINAL_SHOWN_UNTIL = timedelta(days=14)
COUNTED_UP_TO = 10_000


def messages_of(organisation: Organisation | None) -> QuerySet[Message]:
    """The messages an operator may see: their organisation's, or all without one."""
    if organisation is None:
        return Message.objects.all()
    return Message.objects.for_organisation(organisation)


def needing_a_person(organisation: Organisation | None, now: datetime) -> QuerySet[Message]:
    """Messages of which nothing more happens by itself, and those unclear for over an hour."""
    stuck = Q(status=Status.PARKED) | Q(status=Status.UNKNOWN, claimed_at__lt=now - LONG_UNKNOWN)
    return _listed(messages_of(organisation).filter(stuck))


def not_delivered(organisation: Organisation | None, now: datetime) -> QuerySet[Message]:
    """Messages of the last 30 days that failed or were refused."""
    return _listed(
        messages_of(organisation).filter(status__in=NOT_DELIVERED, created_at__gte=now - SHOWN_FOR)
    )


def never_final(organisation: Organisation | None, now: datetime) -> QuerySet[Message]:
    """Messages that Notify accepted five days to two weeks ago, and that have come to nothing final
    by the last look, which is on the sixth day. Source: Notify §11.7.
    """
    return messages_of(organisation).filter(
        status__in=[Status.ACCEPTED, Status.SENDING],
        next_look_at__isnull=True,
        accepted_at__lt=now - NEVER_FINAL_AFTER,
        accepted_at__gte=now - NEVER_FINAL_SHOWN_UNTIL,
    )


def _listed(messages: QuerySet[Message]) -> QuerySet[Message]:
    """Without those that a person has sent again: the new message speaks for itself."""
    return (
        messages.filter(resends__isnull=True)
        .select_related("child", "organisation")
        .order_by("-created_at", "-pk")
    )


def title_of(message: Message) -> str:
    """What the activity log calls it."""
    return wording.title(message.template, message.channel)


def stoppages(now: datetime) -> QuerySet[Stoppage]:
    """What stands still at the moment."""
    return Stoppage.objects.filter(ended_at__isnull=True).filter(
        Q(until__isnull=True) | Q(until__gt=now)
    )


@dataclass(frozen=True)
class Queue:
    """Messages that are due and wait. `is_more` says that there are more than counted."""

    waiting: int
    is_more: bool
    oldest_due_at: datetime | None


def _due(organisation: Organisation | None, now: datetime) -> QuerySet[Message]:
    return messages_of(organisation).filter(
        status=Status.WAITING, lane__in=Lane.values, channel__in=Channel.values, due_at__lte=now
    )


def queue(organisation: Organisation | None, now: datetime) -> Queue:
    """What should have gone by now; counted no further than ten thousand."""
    due = _due(organisation, now)
    counted = due.order_by()[: COUNTED_UP_TO + 1].count()
    oldest = due.aggregate(oldest=Min("due_at"))["oldest"] if counted else None
    return Queue(min(counted, COUNTED_UP_TO), counted > COUNTED_UP_TO, oldest)


@dataclass(frozen=True)
class Progress:
    """How far the sending of what is due has come: "312 of 1,450 sent"."""

    done: int
    total: int


def sending_progress(
    organisation: Organisation, session_id: int | None, now: datetime
) -> Progress | None:
    """Progress of an organisation's sending, or of one session's; None when nothing is due.

    Counts what has been due since the London day of the oldest message that waits.
    """
    due = _due(organisation, now)
    everything = messages_of(organisation).exclude(status=Status.WITHHELD)
    if session_id is not None:
        due, everything = (
            due.filter(session_id=session_id),
            everything.filter(session_id=session_id),
        )
    oldest = due.aggregate(oldest=Min("due_at"))["oldest"]
    if oldest is None:
        return None
    since = london_instant(london_day(oldest), time())
    counts = everything.filter(due_at__gte=since, due_at__lte=now).aggregate(
        total=Count("pk"),
        open=Count("pk", filter=Q(status__in=[Status.WAITING, Status.CLAIMED])),
    )
    return Progress(done=counts["total"] - counts["open"], total=counts["total"])
