"""Requests that reached nobody: they go again once there is another address (I14), or once what
they left out may be asked about.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from cohorts.models import Contact
from consent.models import ConsentRequest
from consent.selectors import asking
from consent.selectors.asking import Pair
from notifications.models import Message
from sessions_app.models import Session


def free(session: Session, *, now: datetime, child_ids: Collection[int] | None = None) -> None:
    """Let a request that reached nobody be sent again, once there is an address that it was not
    sent to. One that may still arrive keeps its place. With `child_ids`, only those of these.

    What a message leaves out it does not ask about.
    """
    sent = _naming(OuterRef("letter"), OuterRef("programme"))
    tried = _naming(OuterRef(OuterRef("letter")), OuterRef(OuterRef("programme"))).filter(
        channel=OuterRef("channel"), recipient=OuterRef("recipient")
    )
    untried = Contact.objects.filter(~Exists(tried), child=OuterRef("child"), is_asked=True)
    requests = ConsentRequest.objects.filter(session=session, withheld_at__isnull=True)
    if child_ids is not None:
        requests = requests.filter(child__in=child_ids)
    requests.filter(
        Exists(sent), ~Exists(sent.exclude(status__in=Message.REACHED_NOBODY)), Exists(untried)
    ).update(withheld_at=now)


def free_unnamed(letters: Collection[UUID], *, now: datetime) -> set[int]:
    """Let what requests ask about be asked again where no message names it: each was held back, or
    leaves it out. The children whom those are about.
    """
    naming = _naming(OuterRef("letter"), OuterRef("programme"))
    unnamed = ConsentRequest.objects.filter(
        ~Exists(naming.exclude(status=Message.Status.WITHHELD)),
        letter__in=letters,
        withheld_at__isnull=True,
    )
    child_ids = set(unnamed.values_list("child_id", flat=True))
    unnamed.update(withheld_at=now)
    return child_ids


def _naming(letter: OuterRef, programme: OuterRef) -> QuerySet[Message]:
    """The messages of a letter that name a programme of it."""
    return Message.objects.filter(letter=letter).exclude(left_out__contains=[programme])


def to_ask_once_freed(
    session: Session, *, now: datetime, child_ids: Collection[int] | None = None
) -> list[Pair]:
    """Child id and programme of each request that the job would send at that instant, about these
    children if any are named, failed ones that go again among them. Nothing is changed.
    """
    with transaction.atomic():
        free(session, now=now, child_ids=child_ids)
        due = asking.to_ask(session, now=now, child_ids=child_ids)
        # The job frees and asks in one go; here only the answer is wanted.
        transaction.set_rollback(True)
    return due
