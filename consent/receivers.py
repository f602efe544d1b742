"""What consent does when the apps below announce something, and when it does itself."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.dispatch import receiver

from accounts.models import Organisation, User
from calendars.clock import london_day
from cohorts.models import Child
from cohorts.signals import children_changed, children_placed, parent_copied
from consent.models import ConsentRequest, ConsentResponse, OnlineResponse, SessionReminder
from consent.services import (
    correcting,
    expiry,
    matching,
    online_replies,
    reminding,
    undelivered,
)
from consent.signals import response_considered
from notifications.signals import letters_curtailed, letters_withheld
from sessions_app import statuses
from sessions_app.models import Session
from sessions_app.signals import (
    correction_released,
    dates_saved,
    session_closed,
    visit_released,
)


@receiver(letters_curtailed)
def nobody_reads_of_it(*, letters, now: datetime, **_) -> None:
    """A programme that every message of a request leaves out was not asked about: once the child
    keeps it from their parents no more, it may be.
    """
    child_ids = undelivered.free_unnamed(letters, now=now)
    statuses.refresh(child_ids, today=london_day(now))


@receiver(letters_withheld)
def nobody_was_asked(*, letters, now: datetime, **_) -> None:
    """A request of which nothing was sent is no request: it may be sent again at once. So with a
    reminder of a session.

    The statuses are computed anew, so that the planner sees what the guard saw and does not plan
    the same again.
    """
    child_ids: set[int] = set()
    for model in (ConsentRequest, SessionReminder):
        unsent = model.objects.filter(letter__in=letters, withheld_at__isnull=True)
        child_ids.update(unsent.values_list("child_id", flat=True))
        unsent.update(withheld_at=now)
    nobody_was_corrected(letters)
    statuses.refresh(child_ids, today=london_day(now))


def nobody_was_corrected(letters: Collection[UUID]) -> None:
    """Where nothing was sent of a letter that takes a reminder back, the reminder stands, unless
    there is another one of that day since.
    """
    again = SessionReminder.objects.standing().filter(
        child=OuterRef("child"), date=OuterRef("date")
    )
    SessionReminder.objects.filter(~Exists(again), correction__in=letters).update(
        correction=None, corrected_at=None
    )


@receiver(response_considered)
def child_was_found(*, response: OnlineResponse, **_) -> None:
    """What was sent before the child of an answer was found is told in the child's log."""
    if response.child_id is not None and response.confirmation_sent_at is not None:
        online_replies.link_with_child(response)


@receiver(children_placed)
def children_came(*, organisation: Organisation, **_) -> None:
    """A response that waits may mean one of them."""
    matching.look_again(organisation.pk)


@receiver(children_changed)
def details_changed(*, child_ids: list[int], **_) -> None:
    """A corrected name or birth date may be what a response gave all along."""
    organisations = Child.objects.filter(pk__in=child_ids, organisation__isnull=False)
    for organisation_id in (
        organisations.order_by().values_list("organisation", flat=True).distinct()
    ):
        matching.look_again(organisation_id)


@receiver(parent_copied)
def parent_went_along(*, child_id: int, parent_id: int, copy_id: int, **_) -> None:
    """Who answered is the same person: what they say next replaces it. Source: consent §9.3."""
    responses = ConsentResponse.objects.filter(child=child_id, parent=parent_id)
    responses.update(parent=copy_id)


@receiver(session_closed)
def session_is_over(*, session: Session, by: User, now: datetime, **_) -> None:
    """What was good for the session alone ends with it."""
    expiry.expire_with_session(session, by=by, now=now)


@receiver([dates_saved, visit_released])
def visit_may_be_due(*, session: Session, by: User, now: datetime, **_) -> None:
    """A visit that becomes tomorrow's after nine is reminded of at once, and so is one whose
    reminders are let go after they were called back. Source: E40.

    Once the dates are committed: who imports a file has locked children and waits for the session,
    which is locked until then. What fails here the job finds within a quarter of an hour.
    """
    transaction.on_commit(lambda: reminding.remind(session.pk, now=now, by=by), robust=True)


@receiver([dates_saved, correction_released])
def visit_may_be_off(*, session: Session, by: User, now: datetime, **_) -> None:
    """Whoever was told of a visit whose date is gone is told that it is off."""
    correcting.correct(session.pk, by=by, now=now)
