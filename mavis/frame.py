"""What frames every page: navigation, the signed-in person, their organisation's contact."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, ResolverMatch, reverse

from accounts.permissions import is_operator


@dataclass(frozen=True)
class Area:
    """A part of the service: the page that its link opens, and the URL namespaces inside it.

    Without namespaces it is that one page.
    """

    text: str
    page: str
    namespaces: tuple[str, ...]
    operators_only: bool = False


AREAS = (
    Area("Sessions", "sessions:list", ("sessions", "consent")),
    Area("Children", "children:list", ("children",)),
    Area("Uploads", "uploads:list", ("uploads", "issues", "vaccinations")),
    Area("Unmatched responses", "unmatched:list", ("unmatched",)),
    Area("School moves", "school-moves:list", ("school-moves",)),
    Area("Your organisation", "accounts:organisation", ()),
    Area("Operations", "messages:trouble", ("messages", "schedules"), operators_only=True),
    Area("Admin site", "admin:index", ("admin",), operators_only=True),
)


def page_frame(request: HttpRequest) -> dict:
    """Context of the base layout. Public pages have neither navigation nor a signed-in person."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    frame = {"signed_in_as": user, "home_url": reverse("home"), "navigation": []}
    if request.organisation:
        frame["organisation"] = request.organisation
        frame["navigation"] = navigation(request)
    return frame


def navigation(request: HttpRequest) -> list[dict]:
    """The areas that the person may open, the present one marked."""
    match = request.resolver_match
    items = []
    for area in AREAS:
        if area.operators_only and not is_operator(request.user):
            continue
        try:
            href = reverse(area.page)
        except NoReverseMatch:
            continue
        items.append({"text": area.text, "href": href, "active": _is_inside(area, match)})
    return items


def _is_inside(area: Area, match: ResolverMatch | None) -> bool:
    if match is None:
        return False
    return match.view_name == area.page or match.namespace in area.namespaces
