"""Which browser a parent's form is open in.

The browser keeps a random key in a cookie of its own, and a draft keeps a digest of it: neither
can be had from the other, and a person who is signed in beside it is not concerned. Source:
consent §2.1 and §15.
"""

import hashlib
import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE = "consent_form"
PATH = "/consent/"
LASTS_SECONDS = 12 * 60 * 60


def digest(key: str) -> str:
    """What is stored of a browser's key."""
    return hashlib.sha256(key.encode()).hexdigest()


def browser_of(request: HttpRequest) -> str:
    """The digest of the key that the browser sent; empty if it sent none."""
    key = request.COOKIES.get(COOKIE, "")
    return digest(key) if key else ""


def remember(request: HttpRequest, response: HttpResponse, key: str) -> None:
    """Have the browser keep its key for as long as a form may stay open."""
    response.set_cookie(
        COOKIE,
        key,
        max_age=LASTS_SECONDS,
        path=PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def key_of(request: HttpRequest) -> str:
    """The browser's key, or a new one."""
    return request.COOKIES.get(COOKIE) or secrets.token_urlsafe(32)
