"""What vaccination records say of children, for stored statuses and for leaving sessions."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db.models import Max

from calendars.rules import academic_year_of
from cohorts.models import Child
from consent.doses import PartialHistory
from sessions_app.choices import VaccinationStatus
from sessions_app.models import Membership
from vaccinations.models import VaccinationRecord
from vaccinations.rules import MMR_GAP, Record, is_vaccinated


def status_facts(
    child_ids: Collection[int], academic_year: int, today: date
) -> dict[str, dict[tuple[int, str], VaccinationStatus]]:
    """What stored statuses learn from here, by name: "vaccination", as `vaccination_facts` says."""
    return {"vaccination": vaccination_facts(child_ids, academic_year, today)}


def vaccination_facts(
    child_ids: Collection[int], academic_year: int, today: date
) -> dict[tuple[int, str], VaccinationStatus]:
    """Who is vaccinated, by child and programme, as known of an academic year; two queries.

    Children without a kept record in a programme are left out: they are not vaccinated.
    """
    return {
        (child_id, programme): VaccinationStatus.VACCINATED
        if is_vaccinated(
            programme, born_on=born_on, academic_year=academic_year, records=of_programme
        )
        else VaccinationStatus.NOT_VACCINATED
        for (child_id, programme), (born_on, of_programme) in _records(child_ids).items()
    }


def partial_histories(
    child_ids: Collection[int], programmes: Collection[str], academic_year: int
) -> dict[tuple[int, str], PartialHistory]:
    """Who was given doses of a programme and does not count as vaccinated; two queries."""
    found = {}
    for (child_id, programme), (born_on, records) in _records(child_ids, programmes).items():
        given = [
            record
            for record in records
            if record.outcome == VaccinationRecord.Outcome.ADMINISTERED
            and academic_year_of(record.performed_on) <= academic_year
        ]
        if given and not is_vaccinated(
            programme, born_on=born_on, academic_year=academic_year, records=records
        ):
            found[child_id, programme] = PartialHistory(
                doses=tuple(
                    (record.performed_on, record.dose_sequence)
                    for record in sorted(given, key=lambda record: record.performed_on)
                ),
                known_at=max(record.recorded_at for record in given),
            )
    return found


@dataclass(frozen=True, slots=True)
class _Kept(Record):
    """A kept record, and when it was written down."""

    recorded_at: datetime = datetime.max.replace(tzinfo=UTC)


def _records(
    child_ids: Collection[int], programmes: Collection[str] | None = None
) -> dict[tuple[int, str], tuple[date, list[_Kept]]]:
    """The birth date and the kept records of each child and programme that has any."""
    kept = VaccinationRecord.objects.kept().filter(child_id__in=child_ids)
    if programmes is not None:
        kept = kept.filter(programme__in=programmes)
    records: dict[tuple[int, str], list[_Kept]] = defaultdict(list)
    for (
        child_id,
        programme,
        outcome,
        performed_on,
        dose,
        upload_id,
        recorded_at,
    ) in kept.order_by().values_list(
        "child_id",
        "programme_id",
        "outcome",
        "performed_on",
        "dose_sequence",
        "upload_id",
        "recorded_at",
    ):
        records[child_id, programme].append(
            _Kept(
                outcome,
                performed_on,
                dose,
                recorded_live=upload_id is None,
                recorded_at=recorded_at,
            )
        )
    births = dict(
        Child.objects.filter(id__in={child_id for child_id, _ in records})
        .order_by()
        .values_list("id", "date_of_birth")
    )
    return {pair: (births[pair[0]], of_pair) for pair, of_pair in records.items()}


def last_doses(child_ids: Collection[int]) -> dict[tuple[int, str], date]:
    """The day of the last dose that each child was given in a programme; one query."""
    given = VaccinationRecord.objects.kept().filter(
        child_id__in=child_ids, outcome=VaccinationRecord.Outcome.ADMINISTERED
    )
    days = given.order_by().values_list("child_id", "programme_id").annotate(Max("performed_on"))
    return {(child_id, programme): day for child_id, programme, day in days}


def next_doses_from(child_ids: Collection[int]) -> dict[tuple[int, str], date]:
    """The first day of each child's next dose of MMR, by when the last of any kind was given."""
    return {
        (child_id, programme): day + MMR_GAP
        for (child_id, programme), day in last_doses(child_ids).items()
        if programme == "mmr"
    }


def memberships_with_records(memberships: Sequence[Membership]) -> set[int]:
    """The ids of the memberships whose child has a kept vaccination record of that session.

    The child was seen there, so the membership stays. Source: cohorts and imports §2.3.
    """
    seen = set(
        VaccinationRecord.objects.kept()
        .filter(
            session_id__in={membership.session_id for membership in memberships},
            child_id__in={membership.child_id for membership in memberships},
        )
        .order_by()
        .values_list("session_id", "child_id")
    )
    return {
        membership.pk
        for membership in memberships
        if (membership.session_id, membership.child_id) in seen
    }
