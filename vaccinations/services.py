"""What follows when vaccination records are made, corrected or discarded."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from datetime import date, datetime, time
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from activity import services as activity
from activity.models import Entry
from calendars.clock import london_day, london_instant
from cohorts.models import Location
from programmes.models import Programme, Vaccine
from sessions_app import invitations, memberships, statuses
from sessions_app.choices import Exclusion, VaccinationStatus
from sessions_app.models import Membership, ProgrammeStatus, SessionDate
from sessions_app.schedule_rules import years_to_prepare
from vaccinations.models import HistoryIssue, VaccinationRecord

FIELD_LABELS = {
    "vaccine_id": "vaccine",
    "site": "site",
    "batch_number": "batch number",
    "batch_expiry": "batch expiry date",
    "notes": "notes",
}
ALREADY_VACCINATED = "Already vaccinated"
MIDDAY = time(12)


class AlreadyDiscarded(Exception):
    """The record is not kept any more."""


def facts_changed(child_ids: Collection[int], *, now: datetime, by: User | None) -> None:
    """Bring everything derived from vaccinations up to date, in the caller's transaction.

    Who is vaccinated for all that a coming school session offers them leaves it; in the community
    clinic they stay, and the list says why they are not invited. Source: cohorts and imports §2.3.
    """
    today = london_day(now)
    statuses.refresh(child_ids, today=today)
    for ids in statuses.chunks(child_ids):
        for year in years_to_prepare(today):
            in_vain = _in_vain(ids, year, today)
            memberships.leave(in_vain, because=ALREADY_VACCINATED, now=now, by=by)
    invitations.catch_up(child_ids, now=now, by=by)


def _in_vain(child_ids: Sequence[int], year: int, today: date) -> list[Membership]:
    """The children's places in coming school sessions of a year that have nothing to give them."""
    dates = SessionDate.objects.filter(session=OuterRef("session"), removed_at__isnull=True)
    held = (
        Membership.objects.filter(
            child_id__in=child_ids,
            left_at__isnull=True,
            session__academic_year=year,
            session__closed_at__isnull=True,
            session__location__kind=Location.Kind.SCHOOL,
        )
        .filter(~Exists(dates) | Exists(dates.filter(value__gte=today)))
        .prefetch_related("session__programmes")
    )
    offered: dict[int, dict[str, str]] = defaultdict(dict)
    for child_id, programme, vaccination in (
        ProgrammeStatus.objects.filter(child_id__in=child_ids, academic_year=year)
        .filter(~Q(exclusion=Exclusion.YEAR_GROUP))
        .values_list("child_id", "programme_id", "vaccination")
    ):
        offered[child_id][programme] = vaccination
    in_vain = []
    for membership in held:
        programmes = {programme.key for programme in membership.session.programmes.all()}
        of_child = offered[membership.child_id]
        states = {of_child[key] for key in programmes if key in of_child}
        if states == {VaccinationStatus.VACCINATED}:
            in_vain.append(membership)
    return in_vain


def log_records(records: Sequence[VaccinationRecord]) -> None:
    """Enter new records into the activity log, at the time of the vaccination, by its performer.

    Source: sessions and clinics §10.
    """
    programmes = Programme.objects.in_bulk({made.programme_id for made in records})
    vaccines = Vaccine.objects.in_bulk({made.vaccine_id for made in records} - {None})
    performers = User.objects.in_bulk({made.performer_id for made in records} - {None})
    entries = []
    for made in records:
        programme = programmes[made.programme_id].name
        if made.vaccine_id:
            title = f"Vaccinated with {vaccines[made.vaccine_id].brand} ({programme})"
        else:
            title = f"{programme} vaccination not given: {made.get_outcome_display()}"
        performer = performers.get(made.performer_id)
        entries.append(
            activity.entry(
                child_id=made.child_id,
                organisation_id=made.organisation_id,
                session_id=made.session_id,
                kind=Entry.Kind.VACCINATION,
                title=title,
                body=made.notes,
                subject=made.public_id,
                by=performer,
                by_name=made.performer_name,
                now=london_instant(made.performed_on, made.performed_time or MIDDAY),
            )
        )
    activity.record_all(entries)


@transaction.atomic
def correct(
    record: VaccinationRecord, *, values: Mapping[str, Any], by: User, now: datetime
) -> VaccinationRecord:
    """A record with other values instead of this one, which is discarded; returns the new one.

    Raises `AlreadyDiscarded`.
    """
    record = _locked(record.pk)
    corrected = copy(record)
    corrected.pk, corrected._state.adding = None, True
    corrected.public_id = uuid.uuid4()
    corrected.replaces, corrected.recorded_at = record, now
    for name, value in values.items():
        setattr(corrected, name, value)
    _put_aside(record, by=by, now=now)
    corrected.save()
    changed = ", ".join(FIELD_LABELS[name] for name in values)
    _log(record, "corrected", body=f"Changed: {changed}", by=by, now=now)
    facts_changed([record.child_id], now=now, by=by)
    return corrected


@transaction.atomic
def discard(*, record_id: int, by: User, now: datetime) -> None:
    """Take a record back: it counts nowhere any more, and stays for those who look into it.

    The child returns to the school session that the vaccination had made needless.
    Raises `AlreadyDiscarded`. Source: vaccination and people §2.8.
    """
    record = _locked(record_id)
    _put_aside(record, by=by, now=now)
    _log(record, "deleted", by=by, now=now, subject=_first_version(record), voids="Deleted")
    facts_changed([record.child_id], now=now, by=by)
    organisation = record.child.organisation
    if organisation and record.has_had_vaccine:
        memberships.place_children(
            organisation, [record.child_id], now=now, by=by, keep_in_clinic=True
        )


def _locked(record_id: int) -> VaccinationRecord:
    record = (
        VaccinationRecord.objects.select_for_update(of=["self"])
        .select_related("child__organisation", "programme")
        .get(pk=record_id)
    )
    if record.discarded_at:
        raise AlreadyDiscarded
    return record


def _put_aside(record: VaccinationRecord, *, by: User, now: datetime) -> None:
    record.discarded_at, record.discarded_by = now, by
    record.save(update_fields=["discarded_at", "discarded_by"])
    HistoryIssue.objects.waiting().filter(record=record).update(
        decision=HistoryIssue.Decision.WITHDRAWN, decided_at=now
    )


def _first_version(record: VaccinationRecord) -> uuid.UUID:
    """The public id of the record as it was first made, which the log tells of."""
    while record.replaces is not None:
        record = record.replaces
    return record.public_id


def _log(
    record: VaccinationRecord,
    what: str,
    *,
    by: User,
    now: datetime,
    body: str = "",
    subject: uuid.UUID | None = None,
    voids: str = "",
) -> None:
    activity.record(
        child_id=record.child_id,
        organisation_id=record.organisation_id,
        session_id=record.session_id,
        kind=Entry.Kind.VACCINATION,
        title=f"{record.programme.name} vaccination record {what}",
        body=body,
        subject=subject,
        voids=voids,
        by=by,
        now=now,
    )
