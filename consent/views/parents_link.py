"""What every page behind a parent's link begins with: the link itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from calendars.clock import london_day
from consent.selectors.online import programmes_of_link
from consent.selectors.sessions import responses_close_on, session_of_link
from programmes.models import Programme
from sessions_app.models import Session
from sessions_app.rules import vaccination_named


@dataclass(frozen=True)
class Link:
    """A session and the programmes that a form is about."""

    session: Session
    programmes: list[Programme]
    named: str

    @property
    def vaccination(self) -> str:
        """What the form is about, as pages name it."""
        return vaccination_named([programme.name_in_sentence for programme in self.programmes])

    @property
    def keys(self) -> list[str]:
        return [programme.key for programme in self.programmes]

    def address(self, name: str, **parts: Any) -> str:
        """The address of one of the link's pages."""
        return reverse(
            f"parents:{name}",
            kwargs={"slug": self.session.slug, "programmes": self.named, **parts},
        )

    def context(self) -> dict[str, Any]:
        """What the layout of parents' pages shows."""
        return {
            "session": self.session,
            "team": self.session.whom_to_ask,
            "vaccination": self.vaccination,
            "start_address": self.address("start"),
        }


def find_link(slug: str, named: str) -> Link | None:
    """The link; none if it names nothing."""
    session = session_of_link(slug)
    programmes = programmes_of_link(named)
    return Link(session, programmes, named) if session and programmes else None


def unknown(request: HttpRequest) -> HttpResponse:
    """The page for a link that names nothing."""
    return render(request, "consent/online/unknown.html", {"session": None}, status=404)


def closed(
    request: HttpRequest, link: Link, *, now: datetime, school: str = "", choose_again: str = ""
) -> HttpResponse:
    """The page for who comes too late, before there are dates, or asks for what the session does
    not offer; at a `school` that they chose, they may `choose_again`.
    """
    closes_on = responses_close_on(link.session)
    is_past = closes_on is not None and closes_on < london_day(now)
    context = link.context() | {
        "closed_on": closes_on if is_past and not school else None,
        "is_too_early": closes_on is None and not link.session.is_closed and not school,
        "school": school,
        "is_not_offered": not school and not _is_offered(link),
        "choose_again": choose_again,
    }
    return render(request, "consent/online/closed.html", context)


def _is_offered(link: Link) -> bool:
    offered = link.session.programmes.filter(key__in=link.keys)
    return offered.count() == len(link.keys)


def too_much(request: HttpRequest, link: Link, *, is_kept: bool) -> HttpResponse:
    """The page for an address or a link that is used too often; `is_kept`: the answers are."""
    context = link.context() | {"is_kept": is_kept}
    response = render(request, "consent/online/too_much.html", context, status=429)
    response["Retry-After"] = "3600"
    return response
