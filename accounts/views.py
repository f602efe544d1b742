"""Signing in and out, and the page about one's own organisation."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import throttle
from accounts.forms import SignInForm
from accounts.middleware import SIGNED_IN_AT, leads_to_signing
from calendars import clock

WRONG = "Email address or password is not correct"
BLOCKED = "You have tried to sign in too many times. Wait 15 minutes, then try again"


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in with email and password, then go to the page that was asked for."""
    if request.user.is_authenticated:
        return redirect(_destination(request))
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        device = throttle.known_device(request, email)
        if throttle.is_blocked(email, device):
            form.add_error("password", BLOCKED)
        elif user := authenticate(request, **_credentials(form)):
            throttle.forget(email, device)
            login(request, user)
            request.session[SIGNED_IN_AT] = clock.now().isoformat()
            response = redirect(_destination(request))
            throttle.remember_device(response, email, device)
            return response
        else:
            throttle.count_failure(email, device)
            form.add_error("password", WRONG)
    return render(request, "accounts/sign_in.html", {"form": form})


def _credentials(form: SignInForm) -> dict:
    return {"username": form.cleaned_data["email"], "password": form.cleaned_data["password"]}


def _destination(request: HttpRequest) -> str:
    """The page asked for before signing in, if it is one of ours; else the home page.

    Signing in to sign out again, or to sign in, is what nobody wants.
    """
    asked = request.GET.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    if not (ours and asked.startswith("/")) or leads_to_signing(urlsplit(asked).path):
        return resolve_url(settings.LOGIN_REDIRECT_URL)
    return asked


@require_http_methods(["GET", "HEAD", "POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ask, then sign out."""
    if request.method == "POST":
        logout(request)
        messages.success(request, "You have signed out")
        return redirect("accounts:sign-in")
    return render(request, "accounts/sign_out.html", {"title": "Sign out of Mavis"})


@require_safe
def organisation(request: HttpRequest) -> HttpResponse:
    """Contact details, teams, programmes, and what sessions start from."""
    context = {
        "teams": request.organisation.teams.all(),
        "programmes": request.organisation.programmes.all(),
    }
    return render(request, "accounts/organisation.html", context)
