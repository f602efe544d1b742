"""The home page and the pages for what went wrong."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import is_valid_path, reverse
from django.views.decorators.csrf import requires_csrf_token
from django.views.decorators.http import require_safe

from cohorts.models import SchoolMove, Upload
from consent.models import OnlineResponse
from mavis.frame import navigation

USES = {
    "Sessions": (
        "schedule dates for schools and community clinics",
        "check consent responses",
        "see who has been invited",
    ),
    "Children": ("find a child", "read a child’s record", "see what happened in the activity log"),
    "Uploads": ("upload child and vaccination records", "resolve import issues"),
    "Unmatched responses": (
        "find the child whom a parent’s online response means",
        "create a record for a child you do not know yet",
    ),
    "School moves": ("confirm or ignore a change of school",),
    "Your organisation": ("see your contact details and session defaults",),
    "Operations": ("see messages that could not be sent", "see whether scheduled jobs run"),
    "Admin site": ("manage organisations, teams and people", "flag a child’s record"),
}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """One card for each area, saying what it is for."""
    waiting = _waiting(request)
    areas = [
        area | {"uses": USES[area["text"]], "waiting": waiting.get(area["text"], 0)}
        for area in navigation(request)
    ]
    return render(request, "mavis/home.html", {"areas": areas})


def _waiting(request: HttpRequest) -> dict[str, int]:
    """How much waits for a person, by area."""
    if request.organisation is None:
        return {}
    uploads = Upload.objects.for_organisation(request.organisation)
    return {
        "Uploads": uploads.filter(status=Upload.Status.CHECKED).count(),
        "Unmatched responses": OnlineResponse.objects.for_organisation(request.organisation)
        .waiting()
        .count(),
        "School moves": SchoolMove.objects.for_organisation(request.organisation).waiting().count(),
    }


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/400.html", _frame(request), status=400)


@requires_csrf_token
def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Says why, where the refusing code gave a sentence."""
    context = {"reason": str(exception)}
    return render(request, "errors/403.html", context, status=403)


@requires_csrf_token
def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/404.html", _frame(request), status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Asks neither the database nor the person's session: either may be what is broken."""
    return HttpResponse(render_to_string("errors/500.html", _frame(request)), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form from a page that is too old, or from elsewhere."""
    return render(request, "errors/csrf.html", _frame(request), status=403)


def no_page_here(request: HttpRequest, allowed: str) -> HttpResponse:
    """For an address that takes only what a button sends, typed in or kept as a bookmark."""
    context = _frame(request) | {"back": _page_it_belongs_to(request)}
    response = render(request, "errors/405.html", context, status=HTTPStatus.METHOD_NOT_ALLOWED)
    response.headers["Allow"] = allowed
    return response


def _page_it_belongs_to(request: HttpRequest) -> str:
    """The start of a parent's form; else the nearest address above that leads somewhere."""
    match = request.resolver_match
    if match is not None and match.namespace == "parents":
        names = {name: match.kwargs[name] for name in ("slug", "programmes")}
        return reverse("parents:start", kwargs=names)
    path = request.path
    while path := path.rstrip("/").rpartition("/")[0]:
        if is_valid_path(f"{path}/"):
            return f"{path}/"
    return reverse("home")


def _frame(request: HttpRequest) -> dict[str, bool]:
    """Parents read these pages too, and have no home page to go to."""
    return {"is_for_parents": request.path.startswith("/consent/")}
