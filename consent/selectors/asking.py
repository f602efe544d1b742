"""Whose parents are due a request or a reminder: set-based, from the stored statuses.

A school has a few thousand children; each question is one statement whatever their number.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import Min

from calendars.clock import london_day
from consent import asking_rules
from consent.models import ConsentRequest
from sessions_app.models import Session
from sessions_app.offered import OFFERED

# Children of a session and its programmes that nobody has answered for, who may be vaccinated and
# whose parents may be written to: `exclusion` is empty for those alone.
UNANSWERED = f"""{OFFERED}
  AND status.exclusion = ''
  AND status.consent = 'no_response'
  AND EXISTS (SELECT FROM cohorts_contact contact WHERE contact.child_id = member.child_id)
"""
ASKED = """EXISTS (
    SELECT FROM consent_consentrequest asked
    JOIN sessions_app_session of_year ON of_year.id = asked.session_id
    WHERE asked.child_id = member.child_id AND asked.programme_id = status.programme_id
      AND asked.kind = 'request' AND asked.withheld_at IS NULL
      AND of_year.academic_year = %(academic_year)s)
"""
REMINDED = """EXISTS (
    SELECT FROM consent_consentrequest reminded
    WHERE reminded.child_id = member.child_id AND reminded.programme_id = status.programme_id
      AND reminded.session_date_id = %(session_date)s AND reminded.withheld_at IS NULL)
"""
LATELY = """EXISTS (
    SELECT FROM consent_consentrequest recent
    WHERE recent.child_id = member.child_id AND recent.withheld_at IS NULL
      AND recent.requested_at >= %(quiet_since)s)
"""
TO_ASK = f"{UNANSWERED} AND NOT {ASKED} AND NOT {LATELY}"
TO_REMIND_OF_DATE = f"{UNANSWERED} AND {ASKED} AND NOT {REMINDED} AND NOT {LATELY}"
TO_REMIND_NOW = f"{UNANSWERED} AND {ASKED} AND NOT {LATELY}"

Pair = tuple[int, str]

COUNTS = f"""
SELECT count(*) FILTER (WHERE is_to_remind),
       count(*) FILTER (WHERE is_asked AND NOT is_to_remind),
       count(*) FILTER (WHERE NOT is_asked)
FROM (
    SELECT bool_or(is_asked) AS is_asked, bool_or(is_asked AND NOT is_lately) AS is_to_remind
    FROM (
        SELECT due.child_id, {ASKED} AS is_asked, {LATELY} AS is_lately
        FROM ({UNANSWERED}) due
        CROSS JOIN LATERAL (SELECT due.child_id) member
        CROSS JOIN LATERAL (SELECT due.programme_id) status
    ) pairs
    GROUP BY child_id
) children
"""  # noqa: S608 - put together from the constants above
UNREACHABLE = f"""
SELECT count(DISTINCT child_id)
FROM ({OFFERED} AND status.exclusion = 'no_contact' AND status.consent = 'no_response') unreachable
"""  # noqa: S608 - put together from constants
ADDRESSES = f"""
SELECT count(DISTINCT contact.parent_id),
       count(DISTINCT (contact.child_id, contact.recipient))
           FILTER (WHERE contact.channel = 'email'),
       count(DISTINCT (contact.child_id, contact.recipient))
           FILTER (WHERE contact.channel = 'text')
FROM cohorts_contact contact
WHERE contact.is_asked AND contact.child_id IN (SELECT child_id FROM ({TO_REMIND_NOW}) due)
"""  # noqa: S608 - put together from the constants above


def to_ask(
    session: Session, *, now: datetime, child_ids: Collection[int] | None = None
) -> list[Pair]:
    """Child id and programme of each request that is due, if the session's requests go today."""
    return _pairs(TO_ASK, session, now=now, child_ids=child_ids)


def to_remind_of_date(
    session: Session,
    session_date_id: int,
    *,
    now: datetime,
    child_ids: Collection[int] | None = None,
) -> list[Pair]:
    """Those of each reminder of a date that is due, if the date's reminders go today."""
    return _pairs(
        TO_REMIND_OF_DATE, session, now=now, child_ids=child_ids, session_date=session_date_id
    )


def to_remind_now(
    session: Session, *, now: datetime, child_ids: Collection[int] | None = None
) -> list[Pair]:
    """Those of each reminder that a person may send now: asked, unanswered, not written to
    within three days.
    """
    return _pairs(TO_REMIND_NOW, session, now=now, child_ids=child_ids)


@dataclass(frozen=True)
class Preview:
    """Whom a person who sends reminders now reaches, and whom not; each child counts once.

    `written_lately` were written to within three days, `not_asked` never had a request, and
    nobody can write to the parents of the `unreachable`.
    """

    children: int
    written_lately: int
    not_asked: int
    unreachable: int
    parents: int
    emails: int
    texts: int


def preview(session: Session, *, now: datetime) -> Preview:
    """What sending reminders would come to now; three statements."""
    [counts] = _rows(COUNTS, session, now=now)
    [[unreachable]] = _rows(UNREACHABLE, session, now=now)
    [addresses] = _rows(ADDRESSES, session, now=now)
    return Preview(*counts, unreachable, *addresses)


def sent_by_themselves(session: Session) -> dict[int | None, date]:
    """When jobs first wrote to parents, by the id of the date they reminded of; None stands for
    the requests. One query.
    """
    written = ConsentRequest.objects.filter(
        session=session, requested_by__isnull=True, withheld_at__isnull=True
    )
    firsts = written.values("kind", "session_date").annotate(at=Min("requested_at"))
    return {
        None if one["kind"] == ConsentRequest.Kind.REQUEST else one["session_date"]: london_day(
            one["at"]
        )
        for one in firsts
    }


def _pairs(sql: str, session: Session, **about) -> list[Pair]:
    return [(child_id, programme) for child_id, programme in _rows(sql, session, **about)]


def _rows(
    sql: str,
    session: Session,
    *,
    now: datetime,
    child_ids: Collection[int] | None = None,
    session_date: int | None = None,
) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            {
                "session": session.pk,
                "academic_year": session.academic_year,
                "children": None if child_ids is None else list(child_ids),
                "session_date": session_date,
                "quiet_since": asking_rules.quiet_since(now),
            },
        )
        return cursor.fetchall()
