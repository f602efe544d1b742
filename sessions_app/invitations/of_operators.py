"""Whom a change of an operator invites to community clinics: of an organisation's settings at once,
and of the programmes it runs once the next night has worked out anew how its children stand.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, OuterRef

from accounts.foretelling import Effect
from accounts.models import Organisation, User
from calendars.clock import london_day
from calendars.rules import academic_year_label, birth_academic_year_of
from govuk.filters import count, emails_and_texts, govuk_date_with_weekday
from notifications.models import Message
from programmes.models import OrganisationProgramme, Programme
from sessions_app import rules, statuses
from sessions_app.choices import Exclusion
from sessions_app.invitations.planning import plan
from sessions_app.models import Invitation, Membership, ProgrammeStatus, Session
from sessions_app.schedule_rules import years_to_prepare
from sessions_app.selectors.lists import days_of

INVITES_AGAIN = {"repeats_invitations", "days_before_invitations"}
HELD = (
    "They wait for two minutes, in which people of the organisation can call them back on the "
    "page of the clinic"
)
AT_ONCE = "They go at once"
UNDO = "Undo this before then, and nobody is written to"


def invite_again(
    organisation: Organisation, *, before: Collection[str], by: User, now: datetime
) -> None:
    """Queue what the new settings make due, as this person's action: many are held."""
    if INVITES_AGAIN & set(before):
        clinics = Session.objects.clinics().filter(organisation=organisation)
        plan(now=now, session_ids=clinics.values_list("pk", flat=True), by=by)


def of_settings(
    organisation: Organisation, *, before: Mapping[str, object], by: User, now: datetime
) -> list[Effect]:
    """What `invite_again` has queued in this transaction."""
    if not INVITES_AGAIN & set(before):
        return []
    planned = Invitation.objects.filter(
        session__organisation=organisation, planned_at=now, planned_by=by
    )
    effects = []
    for year, families in (
        planned.values_list("session__academic_year")
        .annotate(families=Count("child", distinct=True))
        .order_by("session__academic_year")
    ):
        letters = planned.filter(session__academic_year=year).values("letter")
        channels = Counter(
            Message.objects.filter(letter__in=letters).values_list("channel", flat=True)
        )
        goes = HELD if families >= rules.HELD_FROM else AT_ONCE
        effects.append(
            Effect(
                families,
                f"The parents of {count(families, 'child', 'children')} are invited to the "
                f"community clinic of {academic_year_label(year)}: "
                f"{emails_and_texts(channels['email'], channels['text'])}. {goes}.",
            )
        )
    return effects


def of_a_programme_taken_up(
    row: OrganisationProgramme, *, before: Mapping[str, object], by: User, now: datetime
) -> list[Effect]:
    """Whom an organisation's clinics invite because it runs a programme."""
    return _in_clinics(row.organisation, row.programme, now=now) if before else []


def of_year_groups(
    programme: Programme, *, before: Mapping[str, object], by: User, now: datetime
) -> list[Effect]:
    """The same where the programme came to be for other year groups."""
    if "year_groups" not in before:
        return []
    return [
        effect
        for organisation in programme.organisations.order_by("name")
        for effect in _in_clinics(organisation, programme, now=now)
    ]


def _in_clinics(organisation: Organisation, programme: Programme, *, now: datetime) -> list[Effect]:
    clinics = (
        Session.objects.with_days()
        .clinics()
        .filter(
            organisation=organisation,
            academic_year__in=years_to_prepare(london_day(now)),
            closed_at__isnull=True,
            invitations_on__isnull=False,
        )
        .order_by("academic_year")
    )
    tomorrow = london_day(now) + timedelta(days=1)
    effects = []
    for clinic in clinics:
        day = max(clinic.invitations_on, tomorrow)
        if rules.next_bookable(days_of(clinic), day) is None:
            continue
        newly = newly_eligible(
            [clinic], programme, academic_year=clinic.academic_year, today=london_day(now)
        )[clinic.pk]
        # Until the first invitations go, who is due for another programme gets no letter more.
        children = newly.children if day == tomorrow else newly.for_this_only
        invited = Invitation.objects.standing().filter(session=clinic, programme=programme)
        families = len(children - set(invited.values_list("child_id", flat=True)))
        if families:
            effects.append(
                Effect(
                    families,
                    f"{organisation}: the parents of {count(families, 'child', 'children')} are "
                    f"invited to the community clinic of "
                    f"{academic_year_label(clinic.academic_year)} for {programme.vaccination}, on "
                    f"{govuk_date_with_weekday(day)} from 9am. {UNDO}.",
                )
            )
    return effects


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
