"""The page behind the link that parents get. It is the same for everybody who has the link."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from calendars import clock
from consent.selectors.sessions import (
    is_open_to_parents,
    programme_of_link,
    programmes_of,
    respond_by,
    responses_close_on,
    session_of_link,
)


@require_safe
def start(request: HttpRequest, slug: str, programme: str) -> HttpResponse:
    """How to give or refuse consent, and by when; or that responses are closed.

    Knows no child, so it cannot tell whether one exists. Source: consent §2.1.
    """
    session = session_of_link(slug)
    asked = programme_of_link(programme)
    if session is None or asked is None:
        raise Http404
    today = clock.today()
    closes_on = responses_close_on(session)
    is_open = is_open_to_parents(session, today=today) and (asked in programmes_of(session))
    return render(
        request,
        "consent/parents_start.html" if is_open else "consent/parents_closed.html",
        {
            "session": session,
            "team": session.location.team,
            "programme": asked,
            "closed_on": closes_on if closes_on and closes_on < today else None,
            "respond_by": respond_by(session, today=today),
        },
    )
