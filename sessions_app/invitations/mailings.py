"""What one person's action queues for many families waits two minutes and can be called back.

Jobs are not held, and neither is an action for few: it goes at once. What was called back keeps
its place, so that no job plans it again, until a person releases it or confirms new dates.
Source: `docs/decisions/0013-mailings-can-be-called-back.md`.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from activity.models import Entry
from activity.services import record_for_children
from notifications import outbox
from notifications.signals import letters_withheld
from sessions_app.invitations.planning import plan
from sessions_app.models import DatesNotice, Invitation, Mailing, Session

GONE = "The two minutes are over, and the messages are being sent. They cannot be called back."
RELEASED = "These messages no longer wait here. Go to the session to see what is sent now."
CALLED_BACK = "Called back before it was sent"
ONE_OF = {
    Mailing.Kind.INVITATIONS: "Invitation",
    Mailing.Kind.DATES_CHANGED: "Message about changed dates",
    Mailing.Kind.REMINDERS: "Reminder to give consent",
    Mailing.Kind.ASKING: "Message about consent",
    Mailing.Kind.VISIT: "Reminder of the visit",
    Mailing.Kind.CORRECTION: "Message about the cancelled visit",
}

# The letters of a mailing, each with its child.
Letters = Callable[[Mailing], dict[UUID, int]]
_letters_above: dict[str, Letters] = {}
# The children about whom jobs would write once a mailing goes that has no letters yet.
Coming = Callable[[Mailing, datetime], Collection[int]]
_coming: dict[str, Coming] = {}


def register_letters(kind: str, letters: Letters, *, coming: Coming | None = None) -> None:
    """Let an app above name the letters of mailings that it queues.

    Once one is called back, `letters_withheld` announces that nothing of them was sent.
    """
    _letters_above[kind] = letters
    if coming is not None:
        _coming[kind] = coming


class CallingBackRefused(Exception):
    """The mailing cannot be called back any more; the message says why, for people."""


@transaction.atomic
def call_back(*, mailing_id: UUID, by: User, now: datetime) -> bool:
    """Take back a mailing of which nothing was sent yet; false if somebody has done so already.

    All of it or nothing: a sender that has claimed one of its messages makes it too late. The
    children read it in their log. Raises `CallingBackRefused` once the two minutes are over, and
    for one that was let go or replaced: what it was about may be on its way by another.
    """
    waited_for = Mailing.objects.filter(pk=mailing_id, kind__in=list(_coming))
    for session_id in waited_for.values_list("session_id", flat=True):
        # The jobs that wait for it hold the session while they look.
        Session.objects.lock(session_id)
    mailing = _lock(mailing_id)
    if mailing.released_at is not None:
        raise CallingBackRefused(RELEASED)
    if mailing.called_back_at is not None:
        return False
    if not mailing.is_held(now):
        raise CallingBackRefused(GONE)
    letters = _letters(mailing)
    try:
        outbox.withdraw(letters, reason=CALLED_BACK, now=now)
    except outbox.AlreadyClaimed:
        raise CallingBackRefused(GONE) from None
    coming = _coming[mailing.kind](mailing, now) if mailing.kind in _coming else ()
    children = sorted({*letters.values(), *coming})
    Invitation.objects.filter(mailing=mailing).update(called_back_at=now)
    mailing.called_back_at, mailing.called_back_by = now, by
    mailing.save(update_fields=["called_back_at", "called_back_by"])
    if mailing.kind in _letters_above:
        letters_withheld.send(Mailing, letters=set(letters), now=now)
    record_for_children(
        children,
        kind=Entry.Kind.MESSAGE_WITHHELD,
        title=f"{ONE_OF[Mailing.Kind(mailing.kind)]} called back before it was sent",
        body="Nothing was sent to the parents",
        organisation_id=mailing.session.organisation_id,
        session_id=mailing.session_id,
        now=now,
        by=by,
    )
    return True


def hold_anew(*, by: User, queued_at: datetime, until: datetime) -> None:
    """Let the invitations that an action holds wait until a later instant.

    Runs in the transaction that queued them: nobody could call them back while it went on, so that
    their two minutes begin at its end.
    """
    for mailing in Mailing.objects.filter(
        kind=Mailing.Kind.INVITATIONS, queued_by=by, queued_at=queued_at, goes_at__lt=until
    ):
        mailing.goes_at = until
        mailing.save(update_fields=["goes_at"])
        outbox.hold(_letters(mailing), until=until)


@transaction.atomic
def release(*, mailing_id: UUID, by: User, now: datetime) -> int:
    """Let the families of a called back mailing be invited after all; returns how many letters
    that queued.

    Whoever is still due is invited at once, to be called back again if they are many; the others
    when they are. Released once, however many people ask.
    """
    # The session first, as whoever confirms other dates has it before what was called back in it.
    Session.objects.hold(Mailing.objects.values_list("session_id", flat=True).get(pk=mailing_id))
    mailing = _lock(mailing_id)
    if mailing.called_back_at is None or mailing.released_at is not None:
        return 0
    children = sorted(called_back_children(mailing))
    Invitation.objects.called_back().filter(mailing=mailing).update(withheld_at=now)
    mailing.released_at, mailing.released_by = now, by
    mailing.save(update_fields=["released_at", "released_by"])
    return plan(now=now, session_ids=[mailing.session_id], child_ids=children, by=by)


def called_back_children(mailing: Mailing) -> set[int]:
    """The ids of the children whose invitation was called back and who wait for its release."""
    held = Invitation.objects.called_back().filter(mailing=mailing)
    return set(held.values_list("child_id", flat=True))


def free(session: Session, *, now: datetime, child_ids: Collection[int] | None = None) -> None:
    """Let what was called back in a session be planned anew: its dates were confirmed again, or
    these children left it.
    """
    held = Invitation.objects.called_back().filter(session=session)
    if child_ids is not None:
        held = held.filter(child__in=child_ids)
    else:
        Mailing.objects.filter(
            session=session,
            kind=Mailing.Kind.INVITATIONS,
            called_back_at__isnull=False,
            released_at__isnull=True,
        ).update(released_at=now)
    held.update(withheld_at=now)


def _lock(mailing_id: UUID) -> Mailing:
    return (
        Mailing.objects.select_for_update(of=("self",), no_key=True)
        .select_related("session")
        .get(pk=mailing_id)
    )


def _letters(mailing: Mailing) -> dict[UUID, int]:
    """The letters of a mailing, each with its child."""
    if find := _letters_above.get(mailing.kind):
        return find(mailing)
    rows = DatesNotice if mailing.kind == Mailing.Kind.DATES_CHANGED else Invitation
    return dict(rows.objects.filter(mailing=mailing).values_list("letter", "child_id"))
