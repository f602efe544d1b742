"""The first and the last page of the parents' form. Source: consent §2.1 and §2.7.

Neither they nor the pages between know any child, so they cannot tell whether one exists.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from calendars import clock
from calendars.clock import london_day
from consent import browsers, online_replies, throttle
from consent.choices import Decision
from consent.models import OnlineResponse
from consent.selectors.online import is_open, online_outcome, recorded_response
from consent.selectors.sessions import respond_by
from consent.services import online
from consent.views.parents_link import Link, closed, find_link, too_much, unknown
from sessions_app.rules import join_words, vaccination_named

SENT_SHOWS_SECONDS = 60 * 60
ENDED = "ended"


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, slug: str, programmes: str) -> HttpResponse:
    """What the form is about and until when; the button begins one."""
    link = find_link(slug, programmes)
    if link is None:
        return unknown(request)
    now = clock.now()
    if not is_open(link.session, link.programmes, now=now):
        return closed(request, link, now=now)
    if request.method == "POST":
        return _begin(request, link, now)
    context = link.context() | {
        "respond_by": respond_by(link.session, today=london_day(now)),
        "programmes": link.programmes,
        "has_ended": ENDED in request.GET,
    }
    return render(request, "consent/online/start.html", context)


def _begin(request: HttpRequest, link: Link, now: datetime) -> HttpResponse:
    if throttle.is_too_much(request, link.session.slug, throttle.START):
        return too_much(request, link, is_kept=False)
    key = browsers.key_of(request)
    draft = online.begin(link.session, link.keys, browser=browsers.digest(key), now=now)
    response = redirect(link.address("answer", draft_id=draft.pk, step="name"))
    browsers.remember(request, response, key)
    return response


def to_start(link: Link) -> HttpResponse:
    """Where a form that cannot be gone on with leads, whatever the reason is."""
    return redirect(f"{link.address('start')}?{ENDED}=1")


def to_sent(link: Link, response_id: UUID, *, browser: str) -> HttpResponse:
    """The last page of a recorded response, for an hour and in this browser only."""
    token = signing.dumps(response_id.hex, salt=_salt(browser))
    return redirect(link.address("sent", token=token))


@require_safe
def sent(request: HttpRequest, slug: str, programmes: str, token: str) -> HttpResponse:
    """What happens next. The token is of one response and one browser, and short-lived."""
    link = find_link(slug, programmes)
    if link is None:
        return unknown(request)
    try:
        public_id = UUID(
            signing.loads(
                token, salt=_salt(browsers.browser_of(request)), max_age=SENT_SHOWS_SECONDS
            )
        )
    except signing.BadSignature:
        return to_start(link)
    response = recorded_response(link.session, public_id)
    if response is None:
        return to_start(link)
    outcome = online_outcome(response)
    given, refused = _named(response, Decision.GIVEN), _named(response, Decision.REFUSED)
    context = link.context() | {
        "response": response,
        "heading": _heading(given, refused),
        "next_steps": online_replies.last_page(response, outcome),
        "given": vaccination_named(given) if given else "",
        "refused": vaccination_named(refused) if refused else "",
    }
    return render(request, "consent/online/sent.html", context)


def _salt(browser: str) -> str:
    return f"consent.sent.{browser}"


def _named(response: OnlineResponse, decision: str) -> list[str]:
    """The programmes decided on so, as they stand in a sentence."""
    return [
        one.programme.name_in_sentence
        for one in response.decisions.all()
        if one.decision == decision
    ]


def _heading(given: Sequence[str], refused: Sequence[str]) -> str:
    """What was decided; of several programmes decided on differently, which is which."""
    if given and refused:
        return f"Consent given for {join_words(given)} and refused for {join_words(refused)}"
    return "Consent given" if given else "Consent refused"
