"""Writing down who is invited, once, together with every message that invites them.

One statement for a session, whatever the number of its children: invitations, then messages
for those invitations that this statement itself added. Two planners at once, or one twice,
add nothing twice; the unique constraints of `Invitation` and `Message` hold it. All insert in one
order, so that they wait for each other in a line and not in a ring.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import QuerySet

from accounts.models import User
from calendars import clock
from calendars.clock import london_day
from heartbeats import faults
from notifications import outbox
from notifications.models import Channel, Lane
from notifications.rules import send_not_before
from sessions_app import rules
from sessions_app.invitations import due, messages
from sessions_app.invitations.withdrawal import release_undelivered
from sessions_app.models import Invitation, Mailing, Membership, Session, SessionDate
from sessions_app.schedule_rules import years_to_prepare

# Fewer letters than this at once are somebody's late joining, not a mailing: they go first.
BULK_FROM = 21

PLAN = """
WITH due AS MATERIALIZED ({due}),
drawn AS MATERIALIZED (
    SELECT due.child_id, due.programme_id, gen_random_uuid() AS letter
    FROM due
    WHERE EXISTS (SELECT FROM cohorts_contact contact WHERE contact.child_id = due.child_id)
),
hold AS MATERIALIZED (
    SELECT coalesce(count(DISTINCT child_id) >= %(held_from)s::int, false) AS is_held FROM drawn
),
invited AS (
    INSERT INTO sessions_app_invitation
        (letter, child_id, session_id, programme_id, session_date_id, planned_at, planned_by_id,
         mailing_id)
    SELECT first_value(letter) OVER (PARTITION BY child_id ORDER BY programme_id),
           child_id, %(session)s, programme_id, %(session_date)s, %(now)s, %(by)s,
           %(mailing)s::uuid
    FROM drawn
    ORDER BY child_id, programme_id
    ON CONFLICT DO NOTHING
    RETURNING letter, child_id, programme_id
),
planned AS MATERIALIZED (
    SELECT invited.letter, invited.child_id,
           string_agg(programme.key, ',' ORDER BY programme.name, programme.key) AS programmes
    FROM invited JOIN programmes_programme programme ON programme.key = invited.programme_id
    GROUP BY invited.child_id, invited.letter
),
queued AS (
    INSERT INTO notifications_message
        (reference, letter, template, channel, recipient, personalisation, organisation_id,
         child_id, parent_id, session_id, lane, status, due_at, created_at, reason)
    SELECT replace(gen_random_uuid()::text, '-', ''), address.letter, %(template)s,
           address.channel, address.recipient,
           %(shared)s::jsonb || jsonb_build_object(
               'short_child_name',
               coalesce(nullif(child.preferred_given_name, ''), child.given_name),
               'full_and_preferred_child_name',
               child.given_name || ' ' || child.family_name || CASE
                   WHEN known_as.name IN ('', child.given_name || ' ' || child.family_name) THEN ''
                   ELSE ' (known as ' || known_as.name || ')' END,
               'vaccination', %(vaccinations)s::jsonb ->> address.programmes),
           %(organisation)s, address.child_id, address.parent_id, %(session)s,
           CASE WHEN (SELECT count(*) FROM planned) < %(bulk_from)s
                THEN %(urgent)s ELSE %(bulk)s END,
           'waiting',
           CASE WHEN (SELECT is_held FROM hold)
                THEN CASE address.channel WHEN 'text' THEN %(held_texts_from)s::timestamptz
                                          ELSE %(held_until)s::timestamptz END
                ELSE CASE address.channel WHEN 'text' THEN %(texts_from)s ELSE %(now)s END
           END::timestamptz,
           %(now)s, ''
    FROM (
        SELECT DISTINCT ON (planned.child_id, contact.channel, contact.recipient)
               planned.child_id, planned.letter, planned.programmes,
               contact.channel, contact.recipient, contact.parent_id
        FROM planned JOIN cohorts_contact contact
          ON contact.child_id = planned.child_id AND contact.is_asked
        ORDER BY planned.child_id, contact.channel, contact.recipient, contact.parent_id
    ) address
    JOIN cohorts_child child ON child.id = address.child_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN child.preferred_given_name = '' AND child.preferred_family_name = ''
                    THEN ''
                    ELSE coalesce(nullif(child.preferred_given_name, ''), child.given_name) || ' '
                      || coalesce(nullif(child.preferred_family_name, ''), child.family_name)
               END AS name) known_as
    RETURNING lane
)
SELECT (SELECT count(*) FROM planned), (SELECT count(*) FROM queued),
       (SELECT min(lane) FROM queued), (SELECT is_held FROM hold)
"""

COUNT_DUE = """
SELECT count(DISTINCT due.child_id),
       count(DISTINCT (due.child_id, contact.recipient)) FILTER (WHERE contact.channel = 'email'),
       count(DISTINCT (due.child_id, contact.recipient)) FILTER (WHERE contact.channel = 'text')
FROM ({due}) due LEFT JOIN cohorts_contact contact
  ON contact.child_id = due.child_id AND contact.is_asked
"""


def plan(
    *,
    now: datetime,
    session_ids: Iterable[int] | None = None,
    child_ids: Iterable[int] | None = None,
    by: User | None = None,
) -> int:
    """Queue every invitation that is due, first and later ones; returns how many letters.

    A letter is to all parents of one child. Many that a person's action queues are held for two
    minutes and can be called back (`mailings`). Without `session_ids` all clinic sessions of
    the years at hand are looked at; with `child_ids` only these children, and of what jobs learn of
    them at night nothing before nine. Safe to run twice, late and by many at once. Source: sessions
    and clinics §6.1, §6.2.
    """
    if child_ids is not None and by is None and not rules.jobs_invite_now(now):
        return 0
    sessions = _clinics(now)
    if session_ids is not None:
        sessions = sessions.filter(pk__in=list(session_ids))
    children = None if child_ids is None else list(child_ids)
    letters = 0
    for session_id in sessions.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            session = Session.objects.hold(session_id)
            dates = _dates(session)
            mailing = _mailing_of(session, by=by, now=now)
            writing = {"now": now, "child_ids": children, "by": by, "mailing": mailing}
            letters += plan_first(session, dates=dates, **writing)
            letters += plan_later(session, dates=dates, **writing)
        if children is None:
            # Not while the session is held: two who hold it would wait for each other.
            Session.objects.filter(pk=session_id).update(invitations_planned_at=now)
    return letters


def plan_each(*, now: datetime) -> int:
    """Queue what is due in every clinic; returns how many letters.

    A fault of one clinic is logged and keeps no other waiting: the next run tries it again.
    SomeFailed is raised at the end.
    """
    return faults.each(
        list(_clinics(now).order_by("pk").values_list("pk", flat=True)),
        lambda session_id: plan(now=now, session_ids=[session_id]),
        what="Planning for clinic session",
    )


def catch_up(child_ids: Iterable[int], *, now: datetime, by: User | None = None) -> int:
    """Queue what became due for these children because a fact about them changed.

    Source: sessions and clinics §6.1 rule 5.
    """
    children = list(child_ids)
    session_ids = list(
        Membership.objects.filter(child_id__in=children, left_at__isnull=True)
        .filter(session__in=Session.objects.clinics())
        .values_list("session_id", flat=True)
        .distinct()
    )
    if not session_ids:
        return 0
    release_undelivered(children, now=now)
    return plan(now=now, session_ids=session_ids, child_ids=children, by=by)


def plan_first(
    session: Session,
    *,
    dates: dict[date, int],
    now: datetime,
    child_ids: list[int] | None = None,
    by: User | None = None,
    mailing: Mailing | None = None,
) -> int:
    """Queue the first invitation of every eligible child without one, if they are due now.

    Where two years' clinics overlap in late summer, a child who was invited to the ending year's
    within seven days waits for the rest of them: parents do not get two letters at once.
    """
    if not rules.first_invitations_are_due(
        dates=dates, invitations_on=session.invitations_on, is_closed=session.is_closed, now=now
    ):
        return 0
    writing = {"now": now, "child_ids": child_ids, "by": by, "mailing": mailing}
    return _write(due.FIRST, messages.FIRST, session, **writing)


def plan_later(
    session: Session,
    *,
    dates: dict[date, int],
    now: datetime,
    child_ids: list[int] | None = None,
    by: User | None = None,
    mailing: Mailing | None = None,
) -> int:
    """Queue the repeat for the next clinic date, if one is due now and the organisation repeats.

    Source: sessions and clinics §6.2.
    """
    later = _later(session, dates=dates, now=now)
    if later is None:
        return 0
    return _write(
        due.LATER,
        messages.LATER,
        session,
        now=now,
        child_ids=child_ids,
        by=by,
        mailing=mailing,
        session_date=dates[later.date],
        due_at=later.due_at,
    )


class Again(NamedTuple):
    """The clinic date that children are invited to again, and what they would be sent."""

    date: date
    children: int
    emails: int
    texts: int


def count_later(
    session: Session, *, dates: Mapping[date, int | None], now: datetime
) -> Again | None:
    """What would be sent again at once if the session had these dates; each with its saved row,
    or none for a new one.
    """
    later = _later(session, dates=dates, now=now)
    if later is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            COUNT_DUE.format(due=due.LATER),
            {
                "session": session.pk,
                "academic_year": session.academic_year,
                "children": None,
                "session_date": dates[later.date],
                "due_at": later.due_at,
                "not_since": _not_since(now),
            },
        )
        again = Again(later.date, *cursor.fetchone())
    return again if again.children else None


def _clinics(now: datetime) -> QuerySet[Session]:
    """The open clinic sessions of this academic year and, from 1 August, of the coming one."""
    return Session.objects.clinics().filter(
        academic_year__in=years_to_prepare(london_day(now)), closed_at__isnull=True
    )


def _later(
    session: Session, *, dates: Iterable[date], now: datetime
) -> rules.LaterInvitation | None:
    if not session.organisation.repeats_invitations:
        return None
    return rules.later_invitation(
        dates=list(dates),
        is_closed=session.is_closed,
        days_before=session.organisation.days_before_invitations,
        now=now,
    )


def _not_since(now: datetime) -> datetime:
    return now - timedelta(days=rules.LEAST_DAYS_BETWEEN_INVITATIONS)


def _dates(session: Session) -> dict[date, int]:
    return dict(
        SessionDate.objects.filter(session=session, removed_at__isnull=True).values_list(
            "value", "id"
        )
    )


def _write(
    asked: str,
    template: str,
    session: Session,
    *,
    now: datetime,
    child_ids: list[int] | None,
    by: User | None,
    mailing: Mailing | None = None,
    session_date: int | None = None,
    due_at: datetime | None = None,
) -> int:
    held_until = mailing and (mailing.goes_at or rules.held_until(max(now, clock.now())))
    with connection.cursor() as cursor:
        # A whole cohort is sorted in memory; the setting ends with the transaction.
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(
            PLAN.format(due=asked),
            {
                "session": session.pk,
                "organisation": session.organisation_id,
                "location": session.location_id,
                "academic_year": session.academic_year,
                "children": child_ids,
                "session_date": session_date,
                "due_at": due_at,
                "not_since": _not_since(now),
                "now": now,
                "texts_from": send_not_before(Channel.TEXT, now),
                "mailing": mailing and mailing.pk,
                "held_from": mailing and rules.HELD_FROM - mailing.letters,
                "held_until": held_until,
                "held_texts_from": held_until and send_not_before(Channel.TEXT, held_until),
                "by": by.pk if by else None,
                "template": template,
                "shared": json.dumps(messages.shared_personalisation(session)),
                "vaccinations": json.dumps(messages.vaccinations_named(session)),
                "bulk_from": BULK_FROM,
                "urgent": Lane.URGENT,
                "bulk": Lane.BULK,
            },
        )
        letters, queued, lane, is_held = cursor.fetchone()
    if mailing and letters:
        _note(mailing, letters=letters, queued=queued, held_until=held_until if is_held else None)
    if lane is not None and not is_held:
        transaction.on_commit(lambda lane=lane: outbox.wake(lane), robust=True)
    return letters


def _mailing_of(session: Session, *, by: User | None, now: datetime) -> Mailing | None:
    """The mailing of this action of a person, unsaved while it has queued nothing; a job has none.

    An action is known by its person and its instant, which all that it does is given.
    """
    if by is None:
        return None
    action = {
        "session": session,
        "kind": Mailing.Kind.INVITATIONS,
        "queued_by": by,
        "queued_at": now,
    }
    return Mailing.objects.filter(**action).first() or Mailing(**action)


def _note(mailing: Mailing, *, letters: int, queued: int, held_until: datetime | None) -> None:
    """Write down what an action has queued; once that is many, what it queued before waits too."""
    if held_until and not mailing.goes_at:
        mailing.goes_at = held_until
        if mailing.letters:
            outbox.hold(
                Invitation.objects.filter(mailing=mailing).values_list("letter", flat=True),
                until=held_until,
            )
    mailing.letters += letters
    mailing.messages += queued
    mailing.save()
