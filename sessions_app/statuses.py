"""Each child's stored status per programme: computed in one place, from facts of every app.

Apps above register a provider for what they know. Whoever changes a fact calls `refresh` in
the same transaction; lists, counts and invitations read the stored rows.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from django.db import connection, transaction

from calendars.rules import year_group_of
from cohorts.models import Child, Contact
from heartbeats.faults import SomeFailed
from programmes.models import OrganisationProgramme
from sessions_app import rules
from sessions_app.choices import ConsentStatus, TriageStatus, VaccinationStatus
from sessions_app.models import ProgrammeStatus
from sessions_app.schedule_rules import years_to_prepare

CHUNK = 5000
# Enough to find a dozen broken records; were all broken, halving would take for ever.
MOST_HALVED = 200

logger = logging.getLogger(__name__)

Pair = tuple[int, str]
# child ids, academic year, today → by name ("consent", "triage", "vaccination", "exclusion"), the
# value for each (child id, programme key) it knows.
FactProvider = Callable[[Sequence[int], int, date], Mapping[str, Mapping[Pair, str]]]

UNKNOWN = {
    "consent": ConsentStatus.NO_RESPONSE,
    "triage": TriageStatus.NOT_NEEDED,
    "vaccination": VaccinationStatus.NOT_VACCINATED,
    "exclusion": "",
}
_providers: list[FactProvider] = []


def register_facts(provider: FactProvider) -> None:
    """Let `provider` say from now on what it knows of "consent", "triage", "vaccination" or
    "exclusion": the last is what keeps parents from being written to and no status tells.

    A pair it leaves out takes the value of nothing known yet.
    """
    _providers.append(provider)


class Status(NamedTuple):
    """A row of `ProgrammeStatus` without its id."""

    child_id: int
    programme_id: str
    academic_year: int
    consent: str
    triage: str
    vaccination: str
    exclusion: str


def chunks(ids: Iterable[int], size: int = CHUNK) -> Iterator[list[int]]:
    """The distinct ids in ascending order, a few thousand at a time.

    The order is the same for everybody, so that two writers never wait for each other in a ring.
    """
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]


def compute(child_ids: Sequence[int], academic_year: int, *, today: date) -> list[Status]:
    """What the statuses of these children are today, from the facts themselves.

    One row for each programme that the child's organisation runs, in a constant number of
    queries. Children outside every cohort have none. Triage and exclusion follow from what was
    answered, also where no consent is required any more.
    """
    year_groups: dict[int, list[tuple[str, frozenset[int]]]] = defaultdict(list)
    for organisation_id, key, groups in OrganisationProgramme.objects.values_list(
        "organisation_id", "programme_id", "programme__year_groups"
    ):
        year_groups[organisation_id].append((key, frozenset(groups)))
    contactable = set(
        Contact.objects.filter(child_id__in=child_ids).values_list("child_id", flat=True)
    )
    known: dict[str, Mapping[Pair, str]] = {name: {} for name in UNKNOWN}
    for provider in _providers:
        known.update(provider(child_ids, academic_year, today))
    consents, triages, vaccinations, exclusions = (known[name] for name in UNKNOWN)
    statuses = []
    for child_id, organisation_id, birth_year, died_on, restricted_at, invalidated_at in (
        Child.objects.filter(id__in=child_ids)
        .order_by("id")
        .values_list(
            "id",
            "organisation_id",
            "birth_academic_year",
            "date_of_death",
            "restricted_at",
            "invalidated_at",
        )
    ):
        for key, groups in year_groups.get(organisation_id, ()):
            pair = (child_id, key)
            triage = triages.get(pair, UNKNOWN["triage"])
            vaccination = vaccinations.get(pair, UNKNOWN["vaccination"])
            facts = rules.Facts(
                is_deceased=died_on is not None,
                is_invalid=invalidated_at is not None,
                is_restricted=restricted_at is not None,
                is_in_year_groups=year_group_of(birth_year, academic_year) in groups,
                is_contactable=child_id in contactable,
                vaccination=vaccination,
                consent=consents.get(pair, UNKNOWN["consent"]),
                triage=triage,
                barred=exclusions.get(pair, UNKNOWN["exclusion"]),
            )
            statuses.append(
                Status(
                    child_id,
                    key,
                    academic_year,
                    str(rules.consent_to_show(facts)),
                    str(triage),
                    str(vaccination),
                    str(rules.exclusion(facts)),
                )
            )
    return statuses


STORE = """
INSERT INTO sessions_app_programmestatus AS stored
    (child_id, programme_id, academic_year, consent, triage, vaccination, exclusion)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::smallint[], %s::text[], %s::text[], %s::text[],
                     %s::text[])
ON CONFLICT (child_id, programme_id, academic_year) DO UPDATE
SET consent = excluded.consent, triage = excluded.triage, vaccination = excluded.vaccination,
    exclusion = excluded.exclusion
WHERE (stored.consent, stored.triage, stored.vaccination, stored.exclusion)
   IS DISTINCT FROM
      (excluded.consent, excluded.triage, excluded.vaccination, excluded.exclusion)
"""


@transaction.atomic
def refresh(child_ids: Iterable[int], *, today: date) -> int:
    """Store the present statuses of these children; returns how many rows changed.

    Of this academic year, and from 1 August on of the coming one too. Belongs in the caller's
    transaction, the one that changed a fact. The children are locked before anything is read: of
    two transactions that change different facts of a child, the second one sees what the first one
    stored. Rows of a programme that their organisation no longer runs, or of an earlier
    organisation, go.
    """
    changed = 0
    for ids in chunks(child_ids):
        Child.objects.lock_all(ids)
        for academic_year in years_to_prepare(today):
            changed += _store(ids, academic_year, today=today)
    return changed


def _store(ids: list[int], academic_year: int, *, today: date) -> int:
    statuses = compute(ids, academic_year, today=today)
    changed = 0
    if statuses:
        with connection.cursor() as cursor:
            cursor.execute(STORE, [list(column) for column in zip(*statuses, strict=True)])
            changed = cursor.rowcount
    return changed + _forget_others(ids, statuses, academic_year)


def refresh_all(*, today: date) -> int:
    """Store the present statuses of every child of every cohort, some thousands at a time.

    Where that fails, they are halved until it is known at whose record: all others are stored.
    The log names those few, and SomeFailed is raised at the end.
    """
    changed = failed = halved = 0
    for ids in _every_child():
        waiting = [ids]
        while waiting:
            some = waiting.pop()
            try:
                changed += refresh(some, today=today)
            except Exception:
                if len(some) > 1 and halved < MOST_HALVED:
                    halved += 1
                    middle = len(some) // 2
                    waiting += [some[middle:], some[:middle]]
                else:
                    failed += len(some)
                    logger.exception("No statuses for children %d to %d", some[0], some[-1])
                if not connection.in_atomic_block:
                    connection.close_if_unusable_or_obsolete()
    if failed:
        raise SomeFailed(f"{failed} children failed")
    return changed


def _every_child() -> Iterator[list[int]]:
    """The ids of the children of all cohorts, each few thousand by a query of their own."""
    last = 0
    children = Child.objects.filter(organisation__isnull=False).order_by("pk")
    while ids := list(children.filter(pk__gt=last).values_list("pk", flat=True)[:CHUNK]):
        yield ids
        last = ids[-1]


def _forget_others(ids: list[int], statuses: list[Status], academic_year: int) -> int:
    pairs = {(status.child_id, status.programme_id) for status in statuses}
    stale = [
        row_id
        for row_id, child_id, key in ProgrammeStatus.objects.filter(
            child_id__in=ids, academic_year=academic_year
        ).values_list("id", "child_id", "programme_id")
        if (child_id, key) not in pairs
    ]
    return ProgrammeStatus.objects.filter(id__in=stale).delete()[0] if stale else 0


def stale(child_ids: Iterable[int], *, today: date) -> Iterator[Status]:
    """The statuses whose stored row is missing or differs: none, unless somebody forgot."""
    for ids in chunks(child_ids):
        for academic_year in years_to_prepare(today):
            stored = {
                Status(*row)
                for row in ProgrammeStatus.objects.filter(
                    child_id__in=ids, academic_year=academic_year
                ).values_list(*Status._fields)
            }
            yield from (
                status
                for status in compute(ids, academic_year, today=today)
                if status not in stored
            )
