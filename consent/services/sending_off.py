"""Sending off what the parents of a session read, for jobs and for people.

What a person brings about is noted as a mailing; to many families it waits two minutes, in which it
can be called back (`sessions_app.invitations.mailings`).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from accounts.models import User
from calendars import clock
from notifications import outbox
from notifications.models import Message
from sessions_app import rules
from sessions_app.models import Mailing, Session


def send_off(
    session: Session,
    kind: Mailing.Kind,
    messages: Iterable[Message],
    *,
    children: int,
    by: User | None,
    now: datetime,
) -> Mailing | None:
    """Queue messages about so many children of a session, each to go at once or when that of many
    families does. The mailing; None where a job writes, or about nobody.
    """
    is_held = by is not None and children >= rules.HELD_FROM
    goes_at = rules.held_until(max(now, clock.now())) if is_held else None
    queued = outbox.queue_all(_from(messages, session, by=by, due_at=goes_at or now), now=now)
    if by is None or not children:
        return None
    return Mailing.objects.create(
        session=session,
        kind=kind,
        queued_by=by,
        queued_at=now,
        letters=children,
        messages=queued,
        goes_at=goes_at,
    )


def _from(
    messages: Iterable[Message], session: Session, *, by: User | None, due_at: datetime
) -> Iterator[Message]:
    for message in messages:
        message.organisation_id, message.session_id = session.organisation_id, session.pk
        message.sent_by, message.due_at = by, due_at
        yield message
