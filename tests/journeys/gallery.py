"""Many pages in one browser: the test client fetches them, the browser only shows them.

No server runs and nothing is clicked, so that a page and each of its error states costs a fraction
of a second. What people do on the pages is the other journeys' business.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders
from django.test import Client

from consent import online_walk
from tests.journeys.browser import NARROW, Visitor

HOST = "http://testserver"
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
ERROR = re.compile(r'<a href="(#[^"]+)">')


@dataclass(frozen=True)
class Sheet:
    """A page as it was fetched."""

    path: str
    html: str
    policy: str


def kind_of(response, html: str) -> tuple:
    """What tells pages apart that are worth a look: what they are, their errors, whether they are
    empty or offer something to do. All health questions look alike, but for a hint.
    """
    [title] = TITLE.findall(html)
    page = response.resolver_match
    part = next((page.kwargs[name] for name in ("step", "tab", "group") if name in page.kwargs), "")
    if part.startswith(online_walk.HEALTH):
        title, part = "-hint" in html, "health"
    marks = tuple(mark in html for mark in ("mavis-empty", "govuk-button-group"))
    return page.view_name, part, title, tuple(ERROR.findall(html)), marks


class Collector(Client):
    """A client that keeps every page it is given, the first of each kind."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.sheets: dict[tuple, Sheet] = {}

    def request(self, **request):
        response = super().request(**request)
        if response.status_code < 300 and "html" in response.get("Content-Type", ""):
            self.keep(response)
        return response

    def keep(self, response) -> None:
        """Keep a page, also one that says that something is missing or too much."""
        html = response.content.decode()
        path = response.wsgi_request.get_full_path()
        sheet = Sheet(path, html, response["Content-Security-Policy"])
        self.sheets.setdefault(kind_of(response, html), sheet)


class Gallery:
    """Shows pages one after another; each must be accessible and fit, wide and narrow."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.sheet: Sheet | None = None
        visitor.page.route("**/*", self._serve)

    def _serve(self, route, request) -> None:
        assert self.sheet is not None
        path = urlsplit(request.url).path
        if request.is_navigation_request():
            headers = {"Content-Security-Policy": self.sheet.policy}
            route.fulfill(body=self.sheet.html, content_type="text/html", headers=headers)
        elif found := finders.find(path.removeprefix("/static/")):
            route.fulfill(path=found)
        else:
            route.fulfill(status=404)

    def show(self, *clients: Collector) -> None:
        """Look at each page; errors stand at the top in focus and lead to the fields to mend."""
        sheets = {kind: sheet for client in clients for kind, sheet in client.sheets.items()}
        assert sheets
        problems = [
            f"{kind}: {said}" for kind, sheet in sheets.items() if (said := self._look(sheet))
        ]
        assert not problems, "\n".join(problems)

    def _look(self, sheet: Sheet) -> str:
        """What is wrong with a page; empty for nothing."""
        self.sheet = sheet
        self.visitor.go(HOST + sheet.path)
        try:
            self.visitor.check_page(axe_at=(NARROW,))
            self.visitor.check_errors()
        except AssertionError as problem:
            return str(problem)
        return ""
