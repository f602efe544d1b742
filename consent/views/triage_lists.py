"""Triage health questions: the children of a session by what nurses have still to look at."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from accounts.permissions import records_consent_required
from calendars import clock
from consent.forms.filters import FiltersForm
from consent.selectors import lists
from consent.selectors.sessions import programmes_of
from consent.views.lookup import find_session
from consent.views.tabs import Tab, find_tab, tab_items
from govuk.lists import paginate, read_sort
from govuk.searches import keeps_out_of_address
from sessions_app.triage_groups import TriageGroup, children_in_triage_group, triage_counts

TABS = tuple(
    Tab(group, slug, group.label, heading)
    for group, slug, heading in (
        (TriageGroup.NEEDED, "needed", "needing triage"),
        (TriageGroup.COMPLETED, "completed", "with triage completed"),
        (TriageGroup.NOT_NEEDED, "not-needed", "needing no triage"),
    )
)


@records_consent_required
@keeps_out_of_address("name", of=find_session)
def children(
    request: HttpRequest, slug: str, group: str = TABS[0].slug, *, asked: QueryDict
) -> HttpResponse:
    """One tab of the page, narrowed and sorted as asked."""
    session = find_session(request, slug)
    shown = find_tab(TABS, group)

    def address(tab: Tab) -> str:
        return reverse("consent:triage-list", kwargs={"slug": slug, "group": tab.slug})

    programmes = programmes_of(session)
    form = FiltersForm(asked, session=session, programmes=programmes)
    filters = form.filters
    counted = lists.counted_programmes(programmes, filters)
    narrowed = lists.narrowed(session, filters)
    sort = read_sort(request.GET, lists.SORT_COLUMNS, default="name")
    counts = triage_counts(session, counted, children=narrowed)
    found = children_in_triage_group(session, counted, shown.holds, children=narrowed)
    page = paginate(
        request,
        lists.Sized(found.only(*lists.SHOWN).order_by(*sort.ordering), counts[shown.holds]),
        per_page=lists.CHILDREN_PER_PAGE,
    )
    return render(
        request,
        "consent/triage_list.html",
        {
            "session": session,
            "tab_items": tab_items(request, TABS, shown, counts, address),
            "shown": shown,
            "is_of_several": len(counted) > 1,
            "total": counts[shown.holds],
            "filters": form,
            "is_filtered": filters != lists.Filters(),
            "sort": sort,
            "page": page,
            "rows": lists.rows(session, counted, list(page), now=clock.now()),
        },
    )
