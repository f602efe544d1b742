"""What machines ask, and what the browser is told about every page."""

from collections.abc import Callable
from time import perf_counter

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from mavis import health, metrics, timing, watching
from mavis.views import no_page_here

MACHINES_ASK = {
    health.PATH: watching.answer_with_health,
    watching.PATH: watching.answer,
    metrics.PATH: metrics.answer,
}

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


class ForMachines:
    """Answers load balancers, alarms and Prometheus before anything else looks at the request.

    They ask by address, over plain HTTP and without signing in, so neither the allowed hosts, nor
    the redirect to HTTPS, nor the session apply.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = MACHINES_ASK.get(request.path_info)
        if answer is None:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return answer(request)


class Timing:
    """Notes how long each request takes, whoever answers it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = perf_counter()
        response = self.get_response(request)
        timing.note(request, response.status_code, perf_counter() - began)
        return response


class PageForWrongMethod:
    """Says in words, and with a way back, what Django says in a bare 405."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed):
            return no_page_here(request, response.headers["Allow"])
        return response


class ContentSecurityPolicy:
    """Nothing but our own scripts and styles, from files: what slips into a page cannot run."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", POLICY)
        return response
