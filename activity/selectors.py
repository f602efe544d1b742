"""Reading the activity log for pages."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from itertools import groupby
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Q

from accounts.models import Organisation
from activity.models import Entry
from calendars import clock
from cohorts.models import Child
from govuk.filters import phones

ENTRIES_PER_PAGE = 50
ABOUT_ONE_SESSION = (
    Entry.Kind.ADDED_TO_SESSION,
    Entry.Kind.REMOVED_FROM_SESSION,
    Entry.Kind.SESSION_CLOSED,
    Entry.Kind.SESSION_DATES_CHANGED,
)


@dataclass(frozen=True)
class LogEntry:
    """What a page shows of one entry; `body` is empty where it must not be seen.

    `voided` is a word for what it tells of, where that counts no more.
    """

    title: str
    body: str
    at: datetime
    actor: str
    voided: str = ""


@dataclass(frozen=True)
class LogDay:
    """The entries of one London day, newest first."""

    day: date
    entries: list[LogEntry]


@dataclass(frozen=True)
class Log:
    """One page of a child's log, newest day first. `page` drives the pagination links."""

    days: list[LogDay]
    page: Page


def child_log(
    *,
    child: Child,
    organisation: Organisation,
    page_number: str | int = 1,
    session_id: int | None = None,
) -> Log:
    """A page of what happened to a child, as the organisation may see it: three queries.

    With `session_id`, the coming, going and dates of other sessions are left out; messages and
    consent are the child's whole history either way. Addresses and numbers of a sensitive record
    are blank. A page number that makes no sense gives the nearest page.
    Source: sessions and clinics §10.
    """
    entries = Entry.objects.filter(Q(organisation=organisation) | Q(organisation=None), child=child)
    if session_id is not None:
        entries = entries.exclude(
            ~Q(session_id=session_id) | Q(session_id=None), kind__in=ABOUT_ONE_SESSION
        )
    page = Paginator(entries, ENTRIES_PER_PAGE).get_page(page_number)
    show = partial(_shown, voided=_voided(child), hide_contacts=child.is_restricted)
    return Log(days=_by_day(page, show), page=page)


def _voided(child: Child) -> dict[UUID, str]:
    """What counts no more of all that happened to a child, and the last word on it."""
    ends = Entry.objects.filter(child=child, subject__isnull=False).exclude(voids="")
    return dict(ends.order_by("at", "id").values_list("subject", "voids"))


def _by_day(entries: Iterable[Entry], show: Callable[[Entry], LogEntry]) -> list[LogDay]:
    return [
        LogDay(day, [show(entry) for entry in of_day])
        for day, of_day in groupby(entries, key=lambda entry: clock.london_day(entry.at))
    ]


def _shown(entry: Entry, *, voided: Mapping[UUID, str], hide_contacts: bool) -> LogEntry:
    hidden = entry.is_contact_detail and hide_contacts
    return LogEntry(
        title=entry.title,
        body="" if hidden else phones(entry.body),
        at=entry.at,
        actor=entry.actor_name,
        voided=voided.get(entry.subject, "") if entry.subject and not entry.voids else "",
    )
