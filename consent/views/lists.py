"""Check consent responses: the children of a session by what their parents answered."""

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
from sessions_app.choices import ConsentStatus
from sessions_app.consent_groups import left_out_of_groups

TABS = (
    Tab(ConsentStatus.NO_RESPONSE, "no-response", "No response", "without a response"),
    Tab(ConsentStatus.GIVEN, "given", "Consent given", "with consent given"),
    Tab(ConsentStatus.REFUSED, "refused", "Consent refused", "with consent refused"),
    Tab(ConsentStatus.CONFLICTS, "conflicts", "Conflicts", "with conflicting consent"),
    Tab(ConsentStatus.FOLLOW_UP, "follow-up", "Follow-up requested", "to follow up"),
    Tab(ConsentStatus.NOT_REQUIRED, "not-required", "Not required", "already vaccinated"),
)


@records_consent_required
@keeps_out_of_address("name", of=find_session)
def responses(
    request: HttpRequest, slug: str, tab: str = TABS[0].slug, *, asked: QueryDict
) -> HttpResponse:
    """One tab of the page, narrowed and sorted as the query string asks."""
    session = find_session(request, slug)
    shown = find_tab(TABS, tab)

    def address(tab: Tab) -> str:
        names = {"slug": slug} if tab is TABS[0] else {"slug": slug, "tab": tab.slug}
        return reverse("consent:responses", kwargs=names)

    programmes = programmes_of(session)
    form = FiltersForm(asked, session=session, programmes=programmes)
    filters = form.filters
    counted = lists.counted_programmes(programmes, filters)
    sort = read_sort(request.GET, lists.SORT_COLUMNS, default="name")
    children = lists.children_in_tab(session, programmes, filters, shown.holds)
    counts = lists.tab_counts(session, programmes, filters)
    size = counts[shown.holds]
    page = paginate(
        request,
        lists.Sized(lists.in_order(children, sort.ordering, size=size), size),
        per_page=lists.CHILDREN_PER_PAGE,
    )
    return render(
        request,
        "consent/responses.html",
        {
            "session": session,
            "tab_items": tab_items(request, TABS, shown, counts, address),
            "shown": shown,
            "is_of_several": len(counted) > 1,
            "left_out": left_out_of_groups(session, programmes),
            "total": size,
            "filters": form,
            "is_filtered": filters != lists.Filters(),
            "sort": sort,
            "page": page,
            "rows": lists.rows(
                session,
                counted,
                list(page),
                now=clock.now(),
                tab=shown.holds,
            ),
        },
    )
