"""Telling families who were invited that the clinic's dates have changed: offered, never automatic.

Once for each change, with the newest one, which takes along what families were not told of before
it. Source: sessions and clinics E2, E3.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from calendars import clock
from calendars.clock import london_day
from cohorts.models import Child, Contact
from govuk.filters import govuk_date_with_weekday
from notifications import outbox
from notifications.models import Lane, Message
from notifications.readdressing import CONTACT_CHANGED
from sessions_app import rules, statuses
from sessions_app.choices import Exclusion
from sessions_app.invitations.messages import shared_personalisation
from sessions_app.invitations.outlooks import active_dates
from sessions_app.models import (
    DatesChange,
    DatesNotice,
    Invitation,
    Mailing,
    Membership,
    ProgrammeStatus,
    Session,
)

TEMPLATE = "clinic_dates_changed"
TOLD_ALREADY = "Families have been told of these changes already, or the dates have changed again."
CHANGED_AGAIN = "The dates have changed again"
NOT_INVITED = "The parents were not invited to this clinic"
LEFT_CLINIC = "The child is no longer in the community clinic cohort"
CLOSED = "The session is closed"
CALLED_BACK = "The message was called back"


class TellingRefused(Exception):
    """Families cannot be told of this change; the message says why, for people."""


@dataclass(frozen=True)
class Recipients:
    """Whose parents are told, on which addresses, and whose are not and why."""

    contacts: dict[int, list[Contact]]
    left_out: list[tuple[Exclusion, int]]

    @property
    def emails(self) -> int:
        return self._count("email")

    @property
    def texts(self) -> int:
        return self._count("text")

    @property
    def is_held(self) -> bool:
        return len(self.contacts) >= rules.HELD_FROM

    def _count(self, channel: str) -> int:
        return sum(one.channel == channel for some in self.contacts.values() for one in some)


def record(session: Session, *, in_words: str, by: User, now: datetime) -> DatesChange:
    """Remember that dates changed after families were invited, so that they may be told."""
    return DatesChange.objects.create(
        session=session, changed_at=now, changed_by=by, in_words=in_words
    )


def to_tell(session: Session) -> DatesChange | None:
    """The newest change of a session's dates, unless families were told of it or none can be."""
    newest = DatesChange.objects.filter(session=session).order_by("-changed_at").first()
    if newest is None or session.is_closed:
        return None
    if newest.mailings.filter(called_back_at__isnull=True).exists():
        return None
    return newest


def what_changed(change: DatesChange) -> list[str]:
    """A line for each date that came, went or moved since families were last told, oldest first."""
    withheld_or_waiting = Message.objects.filter(
        Q(status=Message.Status.WAITING) | Q(reason=CHANGED_AGAIN),
        letter__in=DatesNotice.objects.filter(mailing__change=OuterRef(OuterRef("pk"))).values(
            "letter"
        ),
    )
    changes = DatesChange.objects.filter(
        session=change.session_id, changed_at__lte=change.changed_at
    ).annotate(
        was_told=Exists(Mailing.objects.filter(change=OuterRef("pk"), called_back_at__isnull=True)),
        in_part=Exists(withheld_or_waiting),
    )
    lines: list[str] = []
    for each in changes.order_by("-changed_at"):
        if each != change and each.was_told and not each.in_part:
            break
        lines = each.in_words.splitlines() + lines
    return lines


def recipients(change: DatesChange) -> Recipients:
    """The children in the clinic who were invited before dates changed, by whether they are told.

    Told is who may still be invited for a programme that they were invited for. Whoever was
    invited since has known no other dates.
    """
    session = change.session
    invited = defaultdict(set)
    members = Membership.objects.filter(session=session, left_at__isnull=True)
    for child_id, programme in (
        Invitation.objects.standing()
        .filter(
            session=session,
            child_id__in=members.values("child_id"),
            planned_at__lt=change.changed_at,
        )
        .values_list("child_id", "programme_id")
    ):
        invited[child_id].add(programme)
    standing = _standing(invited, session)
    told = [child_id for child_id, exclusion in standing.items() if not exclusion]
    contacts = defaultdict(dict)
    for contact in Contact.objects.filter(child_id__in=told, is_asked=True).order_by("parent_id"):
        key = (contact.channel, contact.recipient)
        contacts[contact.child_id].setdefault(key, contact)
    counts = Counter(exclusion for exclusion in standing.values() if exclusion)
    return Recipients(
        contacts={child_id: list(some.values()) for child_id, some in contacts.items()},
        left_out=[(reason, counts[reason]) for reason in Exclusion if counts[reason]],
    )


@transaction.atomic
def tell(*, change_id: UUID, by: User, now: datetime) -> int:
    """Queue the message about a change to every family it concerns; returns to how many.

    To many it waits two minutes and can be called back; then it is offered again. Raises
    `TellingRefused` if families were told already, or the dates have changed since.
    """
    change = DatesChange.objects.select_for_update(of=("self",), no_key=True).get(pk=change_id)
    session = Session.objects.hold(change.session_id)
    if to_tell(session) != change:
        raise TellingRefused(TOLD_ALREADY)
    to = recipients(change)
    if not to.contacts:
        raise TellingRefused("No family that was invited can be told.")
    goes_at = rules.held_until(max(now, clock.now())) if to.is_held else None
    mailing = Mailing.objects.create(
        session=session,
        kind=Mailing.Kind.DATES_CHANGED,
        change=change,
        queued_by=by,
        queued_at=now,
        letters=len(to.contacts),
        messages=to.emails + to.texts,
        goes_at=goes_at,
    )
    notices = DatesNotice.objects.bulk_create(
        (DatesNotice(mailing=mailing, child_id=child_id) for child_id in sorted(to.contacts)),
        batch_size=5000,
    )
    outbox.queue_all(_messages(mailing, notices, to, by=by, due_at=goes_at or now), now=now)
    return len(to.contacts)


def personalisation(change: DatesChange, session: Session) -> dict[str, str]:
    """What the message says beside the child's name."""
    dates = [f"* {govuk_date_with_weekday(day)}" for day in active_dates(session)]
    lines = what_changed(change)
    # A text has room for so many.
    is_short = len(lines) <= 2
    return shared_personalisation(session) | {
        "what_changed": "\n".join(f"* {line}" for line in lines),
        "what_changed_short": "; ".join(lines) if is_short else f"{len(lines)} changes",
        "dates_now": "\n".join(dates) or "There is no date at the moment.",
    }


def guard(messages: Sequence[Message], *, now: datetime) -> dict[int, str]:
    """Message id → why it must not be sent any more, in a constant number of queries."""
    notices = {
        notice.letter: notice
        for notice in DatesNotice.objects.filter(
            letter__in={message.letter for message in messages}
        ).select_related("mailing__change__session__location", "mailing__session")
    }
    sessions = {notice.mailing.session_id: notice.mailing.session for notice in notices.values()}
    child_ids = sorted({message.child_id for message in messages})
    newest = {}
    for change in DatesChange.objects.filter(session__in=sessions).order_by("changed_at"):
        newest[change.session_id] = change.pk
    members = set(
        Membership.objects.filter(
            child_id__in=child_ids, session__in=sessions, left_at__isnull=True
        ).values_list("session_id", "child_id")
    )
    contacts = set(
        Contact.objects.filter(child_id__in=child_ids).values_list(
            "child_id", "channel", "recipient"
        )
    )
    invited = {key: defaultdict(set) for key in sessions}
    for session_id, child_id, programme in (
        Invitation.objects.standing()
        .filter(child_id__in=child_ids, session__in=sessions)
        .values_list("session_id", "child_id", "programme_id")
    ):
        invited[session_id][child_id].add(programme)
    present = {
        (status.child_id, status.programme_id, status.academic_year): status.exclusion
        for year in {session.academic_year for session in sessions.values()}
        for status in statuses.compute(child_ids, year, today=london_day(now))
    }
    reasons = {}
    for message in messages:
        notice = notices.get(message.letter)
        if notice is None or notice.mailing.called_back_at:
            reasons[message.pk] = CALLED_BACK
            continue
        session = notice.mailing.session
        programmes = invited[session.pk][message.child_id]
        exclusions = [
            _why_not_told(
                present.get((message.child_id, key, session.academic_year), Exclusion.YEAR_GROUP)
            )
            for key in sorted(programmes)
        ]
        if session.is_closed:
            reasons[message.pk] = CLOSED
        elif (session.pk, message.child_id) not in members:
            reasons[message.pk] = LEFT_CLINIC
        elif newest[session.pk] != notice.mailing.change_id:
            reasons[message.pk] = CHANGED_AGAIN
        elif not programmes:
            reasons[message.pk] = NOT_INVITED
        elif all(exclusions):
            reasons[message.pk] = str(Exclusion(exclusions[0]).label)
        elif (message.child_id, message.channel, message.recipient) not in contacts:
            reasons[message.pk] = CONTACT_CHANGED
    return reasons


def _why_not_told(exclusion: str) -> str:
    """Why who was invited for a programme is told nothing; "" if they are told.

    Who asked to talk first is invited no more, but must not come on a day that is off.
    """
    return "" if exclusion == Exclusion.FOLLOW_UP else exclusion


def _standing(invited: dict[int, set[str]], session: Session) -> dict[int, str]:
    """For each child "" if one of its programmes may be invited for, else why not."""
    found: dict[int, list[str]] = defaultdict(list)
    for child_id, programme, exclusion in ProgrammeStatus.objects.filter(
        child_id__in=list(invited), academic_year=session.academic_year
    ).values_list("child_id", "programme_id", "exclusion"):
        if programme in invited[child_id]:
            found[child_id].append(_why_not_told(exclusion))
    order = ["", *Exclusion.values]
    return {
        child_id: min(found.get(child_id) or [Exclusion.YEAR_GROUP], key=order.index)
        for child_id in invited
    }


def _messages(
    mailing: Mailing,
    notices: Sequence[DatesNotice],
    to: Recipients,
    *,
    by: User,
    due_at: datetime,
) -> Iterator[Message]:
    shared = personalisation(mailing.change, mailing.session)
    lane = Lane.BULK if to.is_held else Lane.URGENT
    for start in range(0, len(notices), 2000):
        some = notices[start : start + 2000]
        children = Child.objects.in_bulk([notice.child_id for notice in some])
        for notice in some:
            child = children[notice.child_id]
            known_as = f" (known as {child.preferred_name})" if child.preferred_name else ""
            values = shared | {"full_and_preferred_child_name": f"{child.full_name}{known_as}"}
            for contact in to.contacts[child.pk]:
                yield Message(
                    letter=notice.letter,
                    template=TEMPLATE,
                    channel=contact.channel,
                    recipient=contact.recipient,
                    personalisation=values,
                    organisation_id=mailing.session.organisation_id,
                    child_id=child.pk,
                    parent_id=contact.parent_id,
                    session_id=mailing.session_id,
                    sent_by=by,
                    lane=lane,
                    due_at=due_at,
                )
