"""How long the slowest page takes, of all that a nurse can reach, with a demo of 100,000 children.

The pages are found by following links and by choosing each answer of each filter, so that a new
page is measured without being named here.
"""

import re
import time
from collections import Counter, deque
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from statistics import median
from urllib.parse import urlencode, urljoin, urlsplit

from django.db import connection
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from accounts.models import User
from bench.cohort import noon
from bench.report import Finding
from calendars import clock
from mavis.demo.services import make_demo
from sessions_app import invitations
from sessions_app.models import Session, SessionDate

CHILDREN = 100_000
LIMIT_MS = 300
DEMO_SECONDS = 120
ROUNDS = 3
# Rows that stand for all of their kind, and pages of one list, in each of its filters.
EXAMPLES = 3
# Answers that stand for all of one question: there may be hundreds of schools.
ANSWERS = 12
SLOWEST = 10
SEARCHED = "ada"
NOT_PAGES = re.compile(r"^/(static|admin|notify|consent|sign-out|healthz)\b")


class Addresses(HTMLParser):
    """What a page leads to: its links, each answer of its filters, and its searches by words.

    A list's filters are sent as a POST that leads to an address (`govuk/searches.py`).
    """

    def __init__(self, path: str, page: str):
        super().__init__()
        self.path = path
        self.found: list[str] = []
        self.searches: set[str] = set()
        self._in_filter_panel = False
        self._action: str | None = None
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in has:
            self._add(has["href"])
        elif tag == "details":
            self._in_filter_panel = "mavis-filter" in has.get("class", "")
        elif tag == "form":
            is_filter = (
                self._in_filter_panel
                or has.get("role") == "search"
                or has.get("method", "get").lower() == "get"
            )
            self._action = has.get("action", "") if is_filter else None
        elif tag == "select":
            self._select = has.get("name", "")
        elif self._action is not None and (
            tag == "option" or (tag == "input" and has.get("type") in ("radio", "checkbox"))
        ):
            name, value = has.get("name", self._select), has.get("value", "")
            if name and value:
                self._add(f"{self._action}?{urlencode({name: value})}")
        elif (
            self._action is not None
            and tag == "input"
            and has.get("type", "text") in ("text", "search")
        ):
            self.searches.add(has.get("name", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._action = None
        elif tag == "details":
            self._in_filter_panel = False
        elif tag == "select":
            self._select = ""

    def _add(self, address: str) -> None:
        parts = urlsplit(urljoin(self.path, address))
        if not parts.netloc and not NOT_PAGES.match(parts.path):
            self.found.append(f"{parts.path}?{parts.query}" if parts.query else parts.path)


def measure(children: int = CHILDREN, *, examples: int = EXAMPLES, rounds: int = ROUNDS) -> Finding:
    """Make the demo, invite its clinic, open every page, and open each page again in rounds.

    Of pages that show the same of different rows, so many examples are opened.
    """
    now = noon()
    started = time.perf_counter()
    make_demo(at_least=children, now=now)
    demo_seconds = time.perf_counter() - started
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = Client(raise_request_exception=False)
    user = User.objects.get(email="nurse@example.com")
    client.force_login(user)
    clinic = Session.objects.for_organisation(user.organisation).clinics().get()
    today = clock.london_day(now)
    SessionDate.objects.create(session=clinic, value=today + timedelta(weeks=3))
    Session.objects.filter(pk=clinic.pk).update(invitations_on=today)
    invitations.plan(now=now, session_ids=[clinic.pk])
    broken: list[str] = []
    addresses = list(_reachable(client, clinic, broken, examples))
    seconds = {
        address: median(_open(client, address) for _ in range(rounds)) for address in addresses
    }
    slowest = sorted(addresses, key=lambda address: -seconds[address])[:SLOWEST]
    ours = seconds[slowest[0]] * 1000
    return Finding(
        benchmark="pages",
        unit="times in 300 ms",
        ours=LIMIT_MS / ours,
        floor=1,
        ratio=LIMIT_MS / ours,
        at_least=1,
        must_be_zero={
            "addresses that did not answer with a page": len(broken),
            "demo that took more than two minutes": int(demo_seconds > DEMO_SECONDS),
        },
        details={
            "seconds to make the demo": round(demo_seconds, 1),
            "addresses": len(addresses),
            "ms of the plainest page": round(min(seconds.values()) * 1000, 1),
            **{
                f"ms of {address.replace(clinic.slug, 'CLINIC')}": round(seconds[address] * 1000, 1)
                for address in slowest
            },
        },
    )


def _reachable(
    client: Client, clinic: Session, broken: list[str], most_examples: int
) -> Iterator[str]:
    """Every kind of page that can be reached, the clinic's first; what fails goes to `broken`."""
    waiting = deque([reverse("sessions:show", kwargs={"slug": clinic.slug}), reverse("home")])
    seen: set[str] = set()
    examples: Counter[tuple[str, str]] = Counter()
    answers: Counter[tuple[str, str]] = Counter()
    while waiting:
        address = waiting.popleft()
        if address in seen:
            continue
        seen.add(address)
        kind = _kind(address)
        if kind is None or examples[kind] >= most_examples:
            continue
        question = kind[0], re.sub(r"=[^&]*", "", kind[1])
        if question[1] and answers[question] >= ANSWERS:
            continue
        answers[question] += 1
        response = client.get(address)
        if response.status_code in (301, 302):
            waiting.append(urljoin(address, response["Location"]))
        elif response.status_code != 200:
            broken.append(address)
        elif response["Content-Type"].startswith("text/html"):
            examples[kind] += 1
            yield address
            page = Addresses(urlsplit(address).path, response.content.decode())
            waiting += page.found
            waiting += [
                client.post(page.path, {name: SEARCHED})["Location"] for name in page.searches
            ]


def _kind(address: str) -> tuple[str, str] | None:
    """What an address shows: its route, and what is asked of it, whichever page of a list."""
    parts = urlsplit(address)
    try:
        route = resolve(parts.path).route
    except Resolver404:
        return None
    return route, re.sub(r"\b(page|search)=[\w-]+", r"\1", parts.query)


def _open(client: Client, address: str) -> float:
    started = time.perf_counter()
    client.get(address)
    return time.perf_counter() - started
