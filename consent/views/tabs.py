"""The tabs of a session's lists of children, each with how many it holds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.http import Http404, HttpRequest

from sessions_app.choices import ConsentStatus
from sessions_app.triage_groups import TriageGroup

Holds = ConsentStatus | TriageGroup


@dataclass(frozen=True)
class Tab:
    """A tab and which children it holds; `heading` follows their number."""

    holds: Holds
    slug: str
    text: str
    heading: str


def find_tab(tabs: Sequence[Tab], slug: str) -> Tab:
    """The tab of an address; else 404."""
    found = next((tab for tab in tabs if tab.slug == slug), None)
    if found is None:
        raise Http404
    return found


def tab_items(
    request: HttpRequest,
    tabs: Sequence[Tab],
    shown: Tab,
    counts: Mapping,
    address: Callable[[Tab], str],
) -> list[dict]:
    """The tabs as the page shows them; filters and sorting go along, the page number does not."""
    query = request.GET.copy()
    query.pop("page", None)
    suffix = f"?{query.urlencode()}" if query else ""
    return [
        {
            "text": tab.text,
            "href": address(tab) + suffix,
            "count": counts[tab.holds],
            "current": tab is shown,
        }
        for tab in tabs
    ]
