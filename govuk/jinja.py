"""The Jinja environment of every page."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.contrib.messages import get_messages
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from jinja2 import (
    ChoiceLoader,
    Environment,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    Undefined,
)

from govuk import filters
from govuk.tables import labelled_cells

SERVICE_NAME = "Manage vaccinations in schools"


class Missing(StrictUndefined):
    """What a template asks for and nobody passed.

    Printing it or looping over it fails; testing or comparing it is allowed, because the GOV.UK
    macros test every option that they take.
    """

    __slots__ = ()
    __eq__ = Undefined.__eq__
    __ne__ = Undefined.__ne__
    __hash__ = Undefined.__hash__

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        # An `if` without an `else` inside an expression says "nothing" on purpose.
        if self._undefined_hint and "inline if-expression" in self._undefined_hint:
            return ""
        return super().__str__()


def url(name: str, *args, **kwargs) -> str:
    """The address of a page: `url("sessions:show", slug=session.slug)`."""
    return reverse(name, args=args, kwargs=kwargs)


def with_query(request: HttpRequest, **changes) -> str:
    """The present page with some of its query string changed; None removes a part.

    Keeps filters while a list is sorted or paged: `with_query(request, page=2)`.
    """
    query = request.GET.copy()
    for key, value in changes.items():
        if value is None:
            query.pop(key, None)
        else:
            query[key] = str(value)
    return f"{request.path}?{query.urlencode()}" if query else request.path


def query_string(parameters: Mapping[str, object]) -> str:
    """`?a=1&b=2` of a mapping, for links to filtered lists."""
    return f"?{urlencode(parameters, doseq=True)}"


def errors_of(*forms) -> list[dict]:
    """What the error summary shows for the page's form and formset, where it has them."""
    return [error for form in forms if form for error in form.error_list]


def is_multipart(form) -> bool:
    """Whether the form uploads a file."""
    return bool(form) and form.is_multipart()


def environment(**options) -> Environment:
    """Jinja with the GOV.UK components beside our own templates, our globals and our filters."""
    options["undefined"] = Missing
    options["loader"] = ChoiceLoader(
        [
            options["loader"],
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        ]
    )
    options.setdefault("trim_blocks", True)
    options.setdefault("lstrip_blocks", True)
    jinja = Environment(extensions=["jinja2.ext.do"], **options)  # noqa: S701 - Django sets autoescape
    jinja.globals.update(
        errors_of=errors_of,
        get_messages=get_messages,
        is_multipart=is_multipart,
        query_string=query_string,
        service_name=SERVICE_NAME,
        static=static,
        url=url,
        with_query=with_query,
    )
    jinja.filters.update(filters.FILTERS, labelled_cells=labelled_cells)
    return jinja
