"""Long lists: pages and sorting, read from the query string."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import F, OrderBy
from django.db.models.expressions import BaseExpression
from django.http import HttpRequest

Column = Sequence[str | BaseExpression]


def paginate(request: HttpRequest, rows, *, per_page: int = 50) -> Page:
    """The page that `?page=` asks for; a number out of range means the nearest page."""
    return Paginator(rows, per_page).get_page(request.GET.get("page"))


@dataclass(frozen=True)
class Sort:
    """By which column a list is sorted, and which way."""

    key: str
    descending: bool
    ordering: tuple[OrderBy, ...]


def read_sort(query: Mapping[str, str], columns: Mapping[str, Column], *, default: str) -> Sort:
    """The sorting that `?sort=…&direction=desc` asks for; anything unknown means the default.

    `columns` gives each key its expressions: `{"name": [Lower("given_name"), "id"]}`. Use it as
    `queryset.order_by(*sort.ordering)`.
    """
    key = query.get("sort", "")
    known = key in columns
    descending = known and query.get("direction") == "desc"
    key = key if known else default
    ordering = tuple(
        OrderBy(F(column) if isinstance(column, str) else column, descending=descending)
        for column in columns[key]
    )
    return Sort(key=key, descending=descending, ordering=ordering)
