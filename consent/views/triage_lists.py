"""Triage health questions: the children of a session by what nurses have still to look at."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from consent.forms.filters import FiltersForm
from consent.selectors import lists
from consent.selectors.sessions import programmes_of
from consent.views.lookup import find_session
from govuk.lists import paginate, read_sort
from govuk.searches import keeps_out_of_address
from sessions_app.triage_groups import TriageGroup, children_in_triage_group, triage_counts


@dataclass(frozen=True)
class Tab:
    """A tab of the page; `heading` follows the number of children in it."""

    group: TriageGroup
    slug: str
    heading: str


TABS = (
    Tab(TriageGroup.NEEDED, "needed", "needing triage"),
    Tab(TriageGroup.COMPLETED, "completed", "with triage completed"),
    Tab(TriageGroup.NOT_NEEDED, "not-needed", "who need no triage"),
)


@keeps_out_of_address("name", of=find_session)
def children(
    request: HttpRequest, slug: str, group: str = TABS[0].slug, *, asked: QueryDict
) -> HttpResponse:
    """One tab of the page, narrowed and sorted as asked."""
    session = find_session(request, slug)
    shown = next((found for found in TABS if found.slug == group), None)
    if shown is None:
        raise Http404
    programmes = programmes_of(session)
    form = FiltersForm(asked, programmes=programmes, is_clinic=session.is_clinic)
    filters = form.filters
    counted = lists.counted_programmes(programmes, filters)
    narrowed = lists.narrowed(session, filters)
    sort = read_sort(request.GET, lists.SORT_COLUMNS, default="name")
    counts = triage_counts(session, counted, children=narrowed)
    found = children_in_triage_group(session, counted, shown.group, children=narrowed)
    page = paginate(
        request,
        lists.Sized(found.only(*lists.SHOWN).order_by(*sort.ordering), counts[shown.group]),
        per_page=lists.CHILDREN_PER_PAGE,
    )
    return render(
        request,
        "consent/triage_list.html",
        {
            "session": session,
            "tab_items": _tab_items(request, slug, counts, shown),
            "shown": shown,
            "total": counts[shown.group],
            "filters": form,
            "is_filtered": filters != lists.Filters(),
            "sort": sort,
            "page": page,
            "rows": lists.rows(session, counted, list(page)),
        },
    )


def _tab_items(
    request: HttpRequest, slug: str, counts: dict[TriageGroup, int], shown: Tab
) -> list[dict]:
    """The tabs with their sizes; filters and sorting go along, the page number does not."""
    query = request.GET.copy()
    query.pop("page", None)
    suffix = f"?{query.urlencode()}" if query else ""
    return [
        {
            "text": tab.group.label,
            "href": reverse("consent:triage-list", kwargs={"slug": slug, "group": tab.slug})
            + suffix,
            "count": counts[tab.group],
            "current": tab is shown,
        }
        for tab in TABS
    ]
