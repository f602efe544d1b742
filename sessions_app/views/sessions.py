"""The sessions area, the page of a session, and the children in it."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from calendars import clock
from calendars.rules import academic_year_label, academic_year_of
from govuk.lists import paginate
from govuk.searches import keeps_out_of_address
from notifications.selectors import sending_progress
from sessions_app import asking, display, invitations
from sessions_app.forms import SessionChildrenFilter
from sessions_app.selectors import written
from sessions_app.selectors.children import children_in
from sessions_app.selectors.lists import Tab, session_list
from sessions_app.selectors.mailings import notices
from sessions_app.selectors.overview import session_overview
from sessions_app.views.scope import find_session

CHILDREN_PER_PAGE = 50


@require_safe
def list_sessions(request: HttpRequest, tab: Tab = Tab.TODAY) -> HttpResponse:
    """One tab of the sessions area, for this academic year or the one asked for."""
    today = clock.today()
    present = academic_year_of(today)
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else present
    listed = session_list(request.organisation, tab=tab, academic_year=year, today=today)
    query = "" if year == present else f"?year={year}"
    return render(
        request,
        "sessions/list.html",
        {
            "tab": tab,
            "today": today,
            "listed": listed,
            "heading": display.list_heading(tab, len(listed.rows)),
            "empty": display.EMPTY[tab],
            "tabs": [
                {
                    "text": one.label,
                    "href": reverse(f"sessions:{display.url_name(one)}") + query,
                    "count": listed.counts[one],
                    "current": one == tab,
                }
                for one in Tab
            ],
            "year_label": academic_year_label(year),
            "years": [
                {
                    "text": academic_year_label(one),
                    "href": request.path + ("" if one == present else f"?year={one}"),
                    "current": one == year,
                }
                for one in listed.years
            ],
        },
    )


@require_safe
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """A session: its cards, its invitations, its details."""
    session = find_session(request, slug)
    now = clock.now()
    overview = session_overview(session, now=now)
    return render(
        request,
        "sessions/show.html",
        {
            "session": session,
            "overview": overview,
            "mailings": notices(session, now=now),
            "tag": display.status_tag(overview.state),
            "consent_period": display.consent_period(overview.dates, overview.today),
            "parent_links": display.parent_links(session),
            "paper_links": display.paper_links(session, overview.today),
            "called_back": None if session.is_clinic else asking.called_back(session),
            "begins_on": written.begins_on(session, today=overview.today),
            "sending": (
                sending_progress(request.organisation, session.pk, now)
                if session.is_clinic
                else None
            ),
        },
    )


@keeps_out_of_address("name", of=find_session)
def children(request: HttpRequest, slug: str, *, asked: QueryDict) -> HttpResponse:
    """The children of a session; those of a clinic with how they stand with their invitation."""
    session = find_session(request, slug)
    filters = SessionChildrenFilter(asked or None, is_clinic=session.is_clinic)
    chosen = filters.chosen
    page = paginate(request, children_in(session, **chosen), per_page=CHILDREN_PER_PAGE)
    outlooks = (
        invitations.outlooks(session, [row.child_id for row in page], now=clock.now())
        if session.is_clinic
        else {}
    )
    return render(
        request,
        "sessions/children.html",
        {
            "session": session,
            "filters": filters,
            "is_filtered": any(chosen.values()),
            "page": page,
            "outlooks": outlooks,
            "year": session.academic_year,
        },
    )
