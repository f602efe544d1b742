"""What `sessions_app` does when the apps below announce something."""

from datetime import datetime

from django.dispatch import receiver

from accounts.models import Organisation, User
from calendars.clock import london_day
from cohorts.signals import children_changed, children_placed
from notifications.signals import letters_withheld
from sessions_app import invitations, memberships, statuses
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


@receiver(letters_withheld)
def free_letters(*, letters, now: datetime, **_) -> None:
    release(letters, now=now)
