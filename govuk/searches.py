"""Lists that are searched by name, without the name in their address.

Addresses end up in histories, bookmarks and the logs of proxies. So the search form is sent as a
POST; what was typed is kept with the person's sign-in, and the address of the result names it by
a random id. Everything else that was chosen stays in the address as it is. See decision 0050.
"""

import functools
import secrets
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

KEPT = "searches"
ID = "search"
MOST_KEPT = 20
LONGEST = 1000
LOST = "Your search is no longer kept. Type it again."


def keeps_out_of_address(
    name: str,
    *,
    of: Callable[[HttpRequest, Any], object] | None = None,
    named: str = "slug",
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Let a list's view be searched by the field `name`; the view gets, as `asked`, the
    query string with the words it only names.

    A POST of the form leads to the list it asks for, so that going back, reloading and paging
    work. `of` finds what the address names by its slug, or by what `named` says, or raises Http404,
    before anything is kept.
    An id that is not this sign-in's, or too old, is said to be lost and asks for nothing.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @require_http_methods(["GET", "HEAD", "POST"])
        @functools.wraps(view)
        def inner(request: HttpRequest, *args, **kwargs) -> HttpResponse:
            if request.method == "POST":
                if of is not None:
                    of(request, kwargs[named])
                return _to_address(request, name)
            return view(request, *args, asked=_asked(request, name), **kwargs)

        return inner

    return decorate


def _to_address(request: HttpRequest, name: str) -> HttpResponseRedirect:
    query = QueryDict(mutable=True)
    for key, values in request.POST.lists():
        chosen = [value for value in values if value]
        if chosen and key not in (name, ID, "csrfmiddlewaretoken"):
            query.setlist(key, chosen)
    if words := request.POST.get(name, "").strip():
        query[ID] = _keep(request, words[:LONGEST])
    return redirect(f"{request.path}?{query.urlencode()}" if query else request.path)


def _keep(request: HttpRequest, words: str) -> str:
    """Keep the words with the sign-in and give their id; the same words keep theirs."""
    kept: dict[str, str] = request.session.get(KEPT, {})
    search_id = next((key for key, known in kept.items() if known == words), None)
    search_id = search_id or secrets.token_urlsafe(9)
    others = [(key, known) for key, known in kept.items() if key != search_id]
    request.session[KEPT] = dict([*others[1 - MOST_KEPT :], (search_id, words)])
    return search_id


def _asked(request: HttpRequest, name: str) -> QueryDict:
    data = request.GET.copy()
    data.pop(name, None)
    [search_id] = data.pop(ID, [""])[-1:]
    if search_id:
        words = request.session.get(KEPT, {}).get(search_id)
        if words is None:
            messages.info(request, LOST)
        else:
            data[name] = words
    return data
