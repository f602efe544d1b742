"""Everything that a child's record shows, in a constant number of queries."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import Organisation
from calendars.clock import london_day
from calendars.rules import academic_year_of, year_group_label
from cohorts.models import Child, ImportIssue, ParentRelationship, SchoolMove
from cohorts.parent_rules import strangers
from notifications import wording
from notifications.models import Message
from sessions_app.invitations import Outlook, outlooks
from sessions_app.models import Membership
from vaccinations.models import HistoryIssue, VaccinationRecord
from vaccinations.rules import age_in_months


@dataclass(frozen=True)
class Undelivered:
    """A message that did not reach a parent; `recipient` is empty where it must not be seen."""

    title: str
    recipient: str
    status: str
    reason: str
    created_at: datetime


@dataclass(frozen=True)
class ChildRecord:
    """A child's record as an organisation may see it."""

    child: Child
    age: int | None
    year_group: str
    relationships: list[ParentRelationship]
    strangers: list[ParentRelationship]
    memberships: list[Membership]
    outlook: Outlook | None
    undelivered: list[Undelivered]
    vaccinations: list[VaccinationRecord]
    issue: ImportIssue | None
    move: SchoolMove | None
    history_issues: list[HistoryIssue]


def child_record(child: Child, *, organisation: Organisation, now: datetime) -> ChildRecord:
    """The record. Parents, sessions and vaccinations come newest knowledge first.

    A child who has died has no age. `outlook` is that of this year's community clinic, for a
    child who is or was invited to it.
    """
    today = london_day(now)
    year = academic_year_of(today)
    relationships = list(child.relationships.select_related("parent"))
    memberships = list(
        child.memberships.filter(session__organisation=organisation)
        .select_related("session__location", "joined_from__location")
        .order_by("-session__academic_year", "-joined_at")
    )
    return ChildRecord(
        child=child,
        age=None if child.date_of_death else age_in_months(child.date_of_birth, today) // 12,
        year_group=year_group_label(child.year_group(year)),
        relationships=relationships,
        strangers=strangers(relationships),
        memberships=memberships,
        outlook=_outlook(child, memberships, year, now),
        undelivered=_undelivered(child, organisation),
        vaccinations=list(
            child.vaccinations.kept().select_related("programme", "vaccine", "performer")
        ),
        issue=ImportIssue.objects.for_organisation(organisation)
        .waiting()
        .filter(child=child)
        .first(),
        move=SchoolMove.objects.for_organisation(organisation)
        .waiting()
        .filter(child=child)
        .select_related("school")
        .first(),
        history_issues=list(
            HistoryIssue.objects.for_organisation(organisation)
            .waiting()
            .filter(record__child=child)
            .select_related("record__programme")
        ),
    )


def _undelivered(child: Child, organisation: Organisation) -> list[Undelivered]:
    """Messages that failed for good and were not sent again."""
    failed = child.messages.for_organisation(organisation).filter(
        status__in=Message.UNDELIVERED, resends__isnull=True
    )
    return [
        Undelivered(
            title=wording.title(message.template, message.channel),
            recipient="" if child.is_restricted else message.recipient,
            status=message.get_status_display(),
            reason=message.reason,
            created_at=message.created_at,
        )
        for message in failed
    ]


def _outlook(
    child: Child, memberships: list[Membership], year: int, now: datetime
) -> Outlook | None:
    clinics = [
        membership.session
        for membership in memberships
        if membership.session.is_clinic and membership.session.academic_year == year
    ]
    return outlooks(clinics[0], [child.pk], now=now).get(child.pk) if clinics else None
