"""Whom an operator's change of programmes writes to: what clinics, which invite, and schools, which
ask for consent, have in common.

Nobody is written to before the next night has worked out anew how children stand.
Source: `docs/decisions/0066-operators-are-asked-before-they-write.md`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Exists, OuterRef

from accounts import foretelling
from accounts.foretelling import Effect
from accounts.models import Organisation, User
from calendars.rules import birth_academic_year_of
from govuk.filters import count, govuk_date_with_weekday
from programmes.models import OrganisationProgramme, Programme
from sessions_app import statuses
from sessions_app.choices import Exclusion
from sessions_app.models import Membership, ProgrammeStatus, Session

# Called as `effects(organisation, programme, now=…)`.
Effects = Callable[..., list[Effect]]


def register(effects: Effects) -> None:
    """Have operators told what `effects` says: where an organisation takes up a programme, and of
    every organisation that runs it where it comes to be for other year groups.
    """

    def taken_up(
        row: OrganisationProgramme, *, before: Mapping[str, object], by: User, now: datetime
    ) -> list[Effect]:
        return effects(row.organisation, row.programme, now=now) if before else []

    def for_other_year_groups(
        programme: Programme, *, before: Mapping[str, object], by: User, now: datetime
    ) -> list[Effect]:
        if "year_groups" not in before:
            return []
        return [
            effect
            for organisation in programme.organisations.order_by("name")
            for effect in effects(organisation, programme, now=now)
        ]

    foretelling.register(OrganisationProgramme, taken_up)
    foretelling.register(Programme, for_other_year_groups)


def unless_undone(
    organisation: Organisation, families: int, are_written_to: str, *, on: date, at: str
) -> Effect:
    """That so many families "are invited" or the like on a day, unless that is undone before."""
    return Effect(
        families,
        f"{organisation}: the parents of {count(families, 'child', 'children')} {are_written_to}, "
        f"on {govuk_date_with_weekday(on)} from {at}. Undo this before then, and nobody is written "
        "to.",
    )


@dataclass(frozen=True)
class Newly:
    """Children who came to be eligible for a programme; `for_this_only` are those for no other."""

    children: set[int] = field(default_factory=set)
    for_this_only: set[int] = field(default_factory=set)


def newly_eligible(
    sessions: Iterable[Session], programme: Programme, *, academic_year: int, today: date
) -> dict[int, Newly]:
    """Of the children in each of the year's sessions, by its id, those who can be written to about
    the programme now while their stored status still says that it is not for them.
    """
    known = ProgrammeStatus.objects.filter(
        child=OuterRef("child"), programme=programme, academic_year=academic_year
    ).exclude(exclusion=Exclusion.YEAR_GROUP)
    born = [birth_academic_year_of(group, academic_year) for group in programme.year_groups]
    session_of: dict[int, int] = dict(
        Membership.objects.filter(
            ~Exists(known),
            session__in=sessions,
            left_at__isnull=True,
            child__birth_academic_year__in=born,
        ).values_list("child_id", "session_id")
    )
    found: dict[int, Newly] = defaultdict(Newly)
    for ids in statuses.chunks(session_of):
        due: dict[int, set[str]] = defaultdict(set)
        for status in statuses.compute(ids, academic_year, today=today):
            if not status.exclusion:
                due[status.child_id].add(status.programme_id)
        for child_id, keys in due.items():
            if programme.pk in keys:
                newly = found[session_of[child_id]]
                newly.children.add(child_id)
                if len(keys) == 1:
                    newly.for_this_only.add(child_id)
    return found
