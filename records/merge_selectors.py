"""What follows from merging two contacts: for siblings, consent, triage and messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from cohorts.models import Child
from consent.selectors.merging import Prospect, prospects
from notifications.models import Message
from records.contacts import Pair


@dataclass(frozen=True)
class Consequences:
    """`siblings` are the other children of either, but nobody whose record is sensitive: neither
    named nor counted here (decision 0063). `waiting` messages are about those who are shown.
    """

    siblings: Sequence[Child]
    prospects: Sequence[Prospect]
    waiting: int


def consequences(child: Child, pair: Pair, *, today: date) -> Consequences:
    """What the merge brings, in a constant number of queries."""
    both = (pair.stays.parent.pk, pair.goes.parent.pk)
    return Consequences(
        siblings=[one for one in pair.shown if one != child],
        prospects=prospects(pair.shown, stays=both[0], goes=both[1], today=today),
        waiting=Message.objects.filter(
            parent__in=both, child__in=pair.shown, status=Message.Status.WAITING
        ).count(),
    )
