"""The session a consent page belongs to."""

from collections.abc import Sequence
from datetime import date

from calendars.rules import academic_year_of
from consent import rules
from programmes.models import Programme
from sessions_app.models import Session
from sessions_app.schedule_rules import consent_closes_on, is_open_for_consent
from sessions_app.selectors.lists import days_of


def is_closed(session: Session, *, today: date) -> bool:
    """Whether nothing is asked or recorded any more: closed, or of an earlier school year."""
    return session.is_closed or session.academic_year < academic_year_of(today)


def responses_close_on(session: Session) -> date | None:
    """The last day parents may answer; none while a session, fetched `with_days`, has no dates."""
    return consent_closes_on(days_of(session))


def is_open_to_parents(session: Session, *, today: date) -> bool:
    """Whether parents may answer through the link of a session, fetched `with_days`."""
    return not is_closed(session, today=today) and is_open_for_consent(days_of(session), today)


def respond_by(session: Session, *, today: date) -> date | None:
    """The day messages ask parents to answer by; see `rules.respond_by`."""
    return rules.respond_by(days_of(session), today=today)


def programmes_of(session: Session) -> Sequence[Programme]:
    """The session's programmes by name."""
    return list(session.programmes.order_by("name"))


def session_of_link(slug: str) -> Session | None:
    """The session a parent's link names, of whichever organisation; none if nothing has it."""
    sessions = Session.objects.with_days().select_related("location__team", "organisation")
    return sessions.filter(slug=slug).first()
