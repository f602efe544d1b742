"""What vaccination records say of children, for stored statuses and for leaving sessions."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date

from django.db.models import Max

from cohorts.models import Child
from sessions_app.choices import VaccinationStatus
from sessions_app.models import Membership
from vaccinations.models import VaccinationRecord
from vaccinations.rules import Record, is_vaccinated


def vaccination_facts(
    child_ids: Collection[int], academic_year: int, today: date
) -> dict[tuple[int, str], VaccinationStatus]:
    """Who is vaccinated, by child and programme, as known of an academic year; two queries.

    Children without a kept record in a programme are left out: they are not vaccinated.
    """
    kept = (
        VaccinationRecord.objects.kept()
        .filter(child_id__in=child_ids)
        .values_list(
            "child_id", "programme_id", "outcome", "performed_on", "dose_sequence", "upload_id"
        )
    )
    records: dict[tuple[int, str], list[Record]] = defaultdict(list)
    for child_id, programme, outcome, performed_on, dose_sequence, upload_id in kept.order_by():
        records[child_id, programme].append(
            Record(outcome, performed_on, dose_sequence, recorded_live=upload_id is None)
        )
    births = dict(
        Child.objects.filter(id__in={child_id for child_id, _ in records})
        .order_by()
        .values_list("id", "date_of_birth")
    )
    return {
        (child_id, programme): VaccinationStatus.VACCINATED
        if is_vaccinated(
            programme,
            born_on=births[child_id],
            academic_year=academic_year,
            records=of_programme,
        )
        else VaccinationStatus.NOT_VACCINATED
        for (child_id, programme), of_programme in records.items()
    }


def last_doses(child_ids: Collection[int]) -> dict[tuple[int, str], date]:
    """The day of the last dose that each child was given in a programme; one query."""
    given = VaccinationRecord.objects.kept().filter(
        child_id__in=child_ids, outcome=VaccinationRecord.Outcome.ADMINISTERED
    )
    days = given.order_by().values_list("child_id", "programme_id").annotate(Max("performed_on"))
    return {(child_id, programme): day for child_id, programme, day in days}


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
