"""What `sessions_app` does when the apps below announce something."""

from datetime import datetime

from django.dispatch import receiver

from accounts.models import Organisation, Team, User
from accounts.signals import saved_by_operator
from calendars import clock
from calendars.clock import london_day
from cohorts.models import Location
from cohorts.signals import children_changed, children_placed, file_imported
from notifications.signals import letters_curtailed
from programmes.models import OrganisationProgramme
from sessions_app import invitations, memberships, rules, services, statuses
from sessions_app.invitations.of_operators import invite_again
from sessions_app.invitations.withdrawal import release


@receiver(children_placed)
def place(
    *,
    organisation: Organisation,
    child_ids: list[int],
    now: datetime,
    by: User | None = None,
    keep_in_clinic: bool = False,
    **_,
) -> None:
    memberships.place_children(
        organisation, child_ids, now=now, by=by, keep_in_clinic=keep_in_clinic
    )


@receiver(children_changed)
def recompute(*, child_ids: list[int], now: datetime, by: User | None = None, **_) -> None:
    statuses.refresh(child_ids, today=london_day(now))
    invitations.catch_up(child_ids, now=now, by=by)


@receiver(file_imported)
def begin_to_hold(*, now: datetime, by: User | None = None, **_) -> None:
    if by is not None:
        invitations.hold_anew(by=by, queued_at=now, until=rules.held_until(clock.now()))


@receiver(letters_curtailed)
def free_letters(*, letters, now: datetime, **_) -> None:
    release(letters, now=now)


@receiver(saved_by_operator, sender=Organisation)
@receiver(saved_by_operator, sender=Team)
@receiver(saved_by_operator, sender=Location)
@receiver(saved_by_operator, sender=OrganisationProgramme)
def make_sessions(*, row, now: datetime, **_) -> None:
    """A school that got a team, or a programme that an organisation took up, needs sessions."""
    owner = row.team if isinstance(row, Location) else row
    if owner is not None:
        organisation = owner if isinstance(owner, Organisation) else owner.organisation
        services.ensure_present_sessions(organisation, now=now)


@receiver(saved_by_operator, sender=Organisation)
def invite_by_new_settings(*, row, before, by: User, now: datetime, **_) -> None:
    invite_again(row, before=before, by=by, now=now)
