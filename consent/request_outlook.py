"""What became of the request to parents who have not answered, or what will: plain values in and
out. Source: consent §8.1 and §9.2, rows 5 to 8.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from calendars.clock import london_day
from calendars.rules import first_day_of
from consent.asking_rules import DAYS_BETWEEN
from consent.choices import Unanswered
from govuk.filters import begin_small, govuk_date
from sessions_app.choices import Exclusion
from sessions_app.schedule_rules import consent_closes_on, next_evening

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Asking:
    """A session's schedule of requests. `is_closed`: or of an earlier school year.
    `is_called_back`: a person called the requests back, and nobody let them go since;
    `waits_until`: they can be called back until then.
    """

    is_clinic: bool
    is_closed: bool
    academic_year: int
    dates: Collection[date]
    requests_on: date | None
    is_called_back: bool = False
    waits_until: datetime | None = None


@dataclass(frozen=True)
class Written:
    """What was written about a child: when the last request or reminder about the programme went,
    and the last about anything; none if never. `exclusion` is why parents are not written to, None
    where the coming night works out whether they are (decision 0066).
    """

    about_it_on: date | None = None
    about_anything_on: date | None = None
    exclusion: str | None = ""


@dataclass(frozen=True)
class RequestOutlook:
    """Where the request stands, and a sentence without its full stop."""

    state: Unanswered
    text: str


def request_outlook(asking: Asking, written: Written, *, now: datetime) -> RequestOutlook:
    """Whether parents were asked, will be and when, or will not be and why not."""
    if written.exclusion == Exclusion.NO_CONTACT:
        return RequestOutlook(Unanswered.NO_CONTACT, "No request: no contact details")
    if written.about_it_on is not None:
        sent = f"Last asked on {govuk_date(written.about_it_on)}"
        return RequestOutlook(Unanswered.NO_ANSWER, sent)
    if reason := _why_not(asking, written.exclusion, london_day(now)):
        return RequestOutlook(Unanswered.REQUEST_NOT_SCHEDULED, f"No request: {reason}")
    day = _next_day(asking, written.about_anything_on, now)
    closes_on = consent_closes_on(asking.dates)
    if closes_on is not None and day > closes_on:
        late = f"No request: responses close on {govuk_date(closes_on)}"
        return RequestOutlook(Unanswered.REQUEST_NOT_SCHEDULED, late)
    if written.exclusion is None:
        return RequestOutlook(
            Unanswered.REQUEST_NOT_SCHEDULED, "Whether parents are asked is known tomorrow"
        )
    return RequestOutlook(Unanswered.REQUEST_SCHEDULED, f"Request scheduled for {govuk_date(day)}")


def _why_not(asking: Asking, exclusion: str | None, today: date) -> str:
    """Why no request goes by itself; empty where one does."""
    closes_on = consent_closes_on(asking.dates)
    if exclusion:
        return begin_small(str(Exclusion(exclusion).label))
    if asking.is_closed:
        return "the session is closed"
    if asking.is_clinic:
        return "for clinics they are sent by hand"
    if closes_on is None:
        return "no session dates are scheduled"
    if today > closes_on:
        return f"responses closed on {govuk_date(closes_on)}"
    if asking.is_called_back:
        return "the requests were called back"
    return "" if asking.requests_on else "no date for requests is set"


def _next_day(asking: Asking, last_written_on: date | None, now: datetime) -> date:
    """The day of the job's next run that may write: who joins late is asked then, too."""
    days = [next_evening(asking.waits_until or now), first_day_of(asking.academic_year)]
    if asking.requests_on is not None:
        days.append(asking.requests_on)
    if last_written_on is not None:
        days.append(last_written_on + DAYS_BETWEEN * _DAY)
    return max(days)
