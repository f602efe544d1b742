"""Whom a change of an operator invites to community clinics: of an organisation's settings at once,
and of the programmes it runs once the next night has worked out anew how its children stand.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db.models import Count

from accounts.foretelling import Effect
from accounts.models import Organisation, User
from calendars.clock import london_day
from calendars.rules import academic_year_label
from govuk.filters import count, emails_and_texts
from notifications.models import Message
from programmes.models import Programme
from sessions_app import rules
from sessions_app.invitations.planning import plan
from sessions_app.models import Invitation, Session
from sessions_app.of_programmes import newly_eligible, unless_undone
from sessions_app.schedule_rules import years_to_prepare
from sessions_app.selectors.lists import days_of

INVITES_AGAIN = {"repeats_invitations", "days_before_invitations"}
HELD = (
    "They wait for two minutes, in which people of the organisation can call them back on the "
    "page of the clinic"
)
AT_ONCE = "They go at once"


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


def in_clinics(organisation: Organisation, programme: Programme, *, now: datetime) -> list[Effect]:
    """Whom an organisation's clinics invite because it came to offer a programme to them."""
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
                unless_undone(
                    organisation,
                    families,
                    "are invited to the community clinic of "
                    f"{academic_year_label(clinic.academic_year)} for {programme.vaccination}",
                    on=day,
                    at="9am",
                )
            )
    return effects
