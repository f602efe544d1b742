"""Who is asking: sign-in everywhere, its time limits, and the organisation of the request."""

import re
from datetime import datetime, timedelta
from urllib.parse import unquote, urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

from accounts.permissions import is_operator
from calendars import clock

# What may be opened without signing in: everything that begins with one of these.
PUBLIC = ("/sign-in/", "/healthz", "/notify/", "/consent/", settings.STATIC_URL)
# What people without an organisation may open.
WITHOUT_ORGANISATION = ("/sign-out/", "/admin/", "/operations/")
SIGNED_IN_AT = "signed_in_at"


class SignInRequired:
    """Sends everybody who is not signed in to the sign-in page, and back after that.

    Ends a sign-in 12 hours after it began; the 15 idle minutes are the age of its cookie. Sets
    `request.organisation`, from which every query of a page starts. Source: vaccination and
    people §7.1.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.organisation = None
        if request.user.is_authenticated:
            if _is_over(request):
                logout(request)
                messages.info(request, "You were signed out after 12 hours. Sign in again.")
            else:
                request.organisation = request.user.organisation
        if not request.user.is_authenticated and not request.path.startswith(PUBLIC):
            response = redirect(_sign_in_address(request))
        else:
            response = self.get_response(request)
        add_never_cache_headers(response)
        return response

    def process_view(self, request: HttpRequest, view, args, kwargs) -> HttpResponse | None:
        """Refuse, in words, a person who belongs to no organisation; operators have their site."""
        if (
            request.user.is_authenticated
            and request.organisation is None
            and not request.path.startswith(PUBLIC + WITHOUT_ORGANISATION)
        ):
            if is_operator(request.user):
                return redirect("admin:index")
            raise PermissionDenied("Your account does not belong to an organisation yet.")
        return None


def _is_over(request: HttpRequest) -> bool:
    began = request.session.get(SIGNED_IN_AT)
    if began is None:
        # Signed in by another door, such as a test: the 12 hours start now.
        request.session[SIGNED_IN_AT] = clock.now().isoformat()
        return False
    limit = timedelta(seconds=settings.SIGNED_IN_AT_MOST_SECONDS)
    return clock.now() >= datetime.fromisoformat(began) + limit


def leads_to_signing(path: str) -> bool:
    """Whether a path is one of signing in or out, ours or the operators', however written."""
    plain = re.sub("/+", "/", unquote(path)).rstrip("/") + "/"
    pages = ("accounts:sign-in", "accounts:sign-out", "admin:login", "admin:logout")
    return plain in [reverse(name) for name in pages]


def _sign_in_address(request: HttpRequest) -> str:
    """The sign-in page; it leads back to a page, but repeats no form that was sent."""
    address = reverse("accounts:sign-in")
    is_page = request.method in ("GET", "HEAD") and request.path != "/"
    if is_page and not leads_to_signing(request.path):
        return f"{address}?{urlencode({'next': request.get_full_path()})}"
    return address
