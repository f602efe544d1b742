"""Whose parents are due a reminder of a school session, and what each address would read.

A school has a few thousand children; the number of queries does not depend on it.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from django.db.models import Exists, OuterRef

from consent import facts
from consent.models import SessionReminder
from consent.selectors.contacts import contacts_for_updates
from consent.status_rules import may_be_vaccinated
from sessions_app.choices import ConsentStatus
from sessions_app.models import Membership, ProgrammeStatus, Session

Pair = tuple[int, str]


class Address(NamedTuple):
    """Where one message about a child goes."""

    child_id: int
    channel: str
    recipient: str


@dataclass
class Addressee:
    """Who reads there, the first of those who share it, and what they agreed to."""

    parent_id: int
    programmes: set[str] = field(default_factory=set)


def ready_and_not_reminded(
    session: Session, day: date, *, child_ids: Collection[int] | None = None
) -> list[Pair]:
    """Child and programme of all in a session who may be vaccinated, are not, and were not
    reminded of the day. One query, from the stored statuses.

    `exclusion` is empty only for those who may be written to (I8) and are not vaccinated (I7).
    """
    rows = ProgrammeStatus.objects.filter(
        Exists(
            Membership.objects.filter(
                child=OuterRef("child"), session=session, left_at__isnull=True
            )
        ),
        ~Exists(SessionReminder.objects.standing().filter(child=OuterRef("child"), date=day)),
        academic_year=session.academic_year,
        programme__in=session.programmes.all(),
        exclusion="",
        consent=ConsentStatus.GIVEN,
    )
    if child_ids is not None:
        rows = rows.filter(child__in=child_ids)
    return [
        (child_id, programme)
        for child_id, programme, consent, triage in rows.order_by(
            "child_id", "programme_id"
        ).values_list("child_id", "programme_id", "consent", "triage")
        if may_be_vaccinated(consent=consent, triage=triage)
    ]


def addressees(
    ready: Collection[Pair], academic_year: int, *, today: date
) -> Mapping[Address, Addressee]:
    """Where messages about these children and programmes go: to the parents whose own consent
    counts and is given, each about what they agreed to.

    So nobody hears of a programme from which they were kept out: not who refused, and not the
    parents of a child who consented alone (I7, I9). Parents who share an address get one message.
    A few queries, whatever the number of children.
    """
    children = {child_id for child_id, _ in ready}
    gave = facts.who_gave(children, academic_year, today)
    agreed: dict[tuple[int, int], set[str]] = defaultdict(set)
    for child_id, programme in ready:
        for parent_id in gave.get((child_id, programme), ()):
            agreed[child_id, parent_id].add(programme)
    found: dict[Address, Addressee] = {}
    for contact in contacts_for_updates(children):
        if programmes := agreed.get((contact.child_id, contact.parent_id)):
            address = Address(contact.child_id, contact.channel, contact.recipient)
            found.setdefault(address, Addressee(contact.parent_id)).programmes |= programmes
    return found
