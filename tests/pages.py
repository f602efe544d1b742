"""Reads a page as a browser would, and refuses pages that are not sound.

`page(response)` checks status, title, heading, ids, labels and markup of every page under test and
gives the parts that tests ask for.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

import html5lib
from django.db import connection
from django.test.utils import CaptureQueriesContext

SERVICE = "Manage vaccinations in schools"
FIELDS = ("input", "select", "textarea")
# Inputs that people do not see, or that carry their own words.
UNLABELLED = ("hidden", "submit", "button")


def text_of(element: Element) -> str:
    """The words of an element, with single spaces."""
    return " ".join("".join(element.itertext()).split())


@dataclass(frozen=True)
class Page:
    """A sound page."""

    tree: Element
    title: str

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Elements by tag and attributes; `class_` asks for one class among several."""
        wanted_class = attributes.pop("class_", None)
        return [
            element
            for element in self.tree.iter(tag)
            if all(element.get(name) == value for name, value in attributes.items())
            and (wanted_class is None or wanted_class in element.get("class", "").split())
        ]

    @property
    def h1(self) -> str:
        return text_of(self.all("h1")[0])

    @property
    def text(self) -> str:
        """All words of the page's main part."""
        return text_of(self.all("main")[0])

    @property
    def links(self) -> dict[str, str]:
        """Addresses by the words of their links, of the whole page."""
        return {text_of(a): a.get("href", "") for a in self.all("a")}

    @property
    def rows(self) -> list[list[str]]:
        """The cells of the body rows of all tables."""
        return [
            [text_of(cell) for cell in row if cell.tag in ("td", "th")]
            for body in self.all("tbody")
            for row in body.iter("tr")
        ]

    @property
    def summary(self) -> dict[str, str]:
        """Keys and values of all summary lists."""
        return {
            text_of(row.find("dt")): text_of(row.find("dd"))
            for row in self.all("div", class_="govuk-summary-list__row")
        }

    @property
    def errors(self) -> dict[str, str]:
        """The error summary: messages and where they lead."""
        found = {}
        for box in self.all("div", class_="govuk-error-summary"):
            for item in box.iter("li"):
                link = item.find("a")
                found[text_of(item)] = "" if link is None else link.get("href", "")
        return found

    @property
    def banner(self) -> str:
        """The words of the notification banners."""
        banners = self.all("div", class_="govuk-notification-banner__content")
        return " ".join(text_of(banner) for banner in banners)

    @property
    def tabs(self) -> dict[str, str]:
        """Addresses of the tabs by their words, counts included."""
        return {
            text_of(link): link.get("href", "") for link in self.all("a", class_="mavis-tabs__link")
        }

    @property
    def current_tab(self) -> str:
        current = [a for a in self.all("a", class_="mavis-tabs__link") if a.get("aria-current")]
        return text_of(current[0])

    @property
    def values(self) -> dict[str, str]:
        """What the fields hold, by name: text, ticked radio or box, chosen option."""
        return dict(_values(self.tree))


def page(
    response, *, status: int = 200, names_person: bool = False, service: str = SERVICE
) -> Page:
    """The page of a response, once it has passed every check.

    `names_person` says that the heading is a person's name, which a title must not show;
    `service` is what parents' pages are called by.
    """
    assert response.status_code == status, f"status {response.status_code}, not {status}"
    source = response.content.decode()
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(source)
    assert not parser.errors, f"invalid HTML: {parser.errors[:5]}"
    titles = list(tree.iter("title"))
    assert len(titles) == 1
    found = Page(tree=tree, title=text_of(titles[0]))
    _check_heading(found, names_person, service)
    _check_ids(found)
    _check_labels(found)
    for brace in ("{{", "{%", "{#", ">None<"):
        assert brace not in source, f"left unrendered: {brace}"
    return found


def _check_heading(found: Page, names_person: bool, service: str) -> None:
    assert len(found.all("h1")) == 1, "a page has exactly one h1"
    title = found.title
    assert title.startswith("Error: ") == bool(found.errors), f"title of errors: {title}"
    title = title.removeprefix("Error: ")
    if found.h1 == f"{SERVICE} (Mavis)":
        assert title == found.h1
        return
    assert title.endswith(f" – {service}"), f"title without the service: {title}"
    if names_person:
        assert found.h1 not in title, "a title never shows a person's name"
    else:
        assert title.startswith(found.h1), f"title {title!r} does not begin with {found.h1!r}"


def _check_ids(found: Page) -> None:
    ids = Counter(element.get("id") for element in found.tree.iter() if element.get("id"))
    assert not [one for one, times in ids.items() if times > 1], "an id appears twice"
    for element in found.tree.iter():
        for reference in ("aria-describedby", "aria-labelledby", "for", "data-aria-controls"):
            for target in element.get(reference, "").split():
                assert target in ids, f"{reference} leads nowhere: {target}"
    for href in found.errors.values():
        assert not href or href.removeprefix("#") in ids, f"error leads nowhere: {href}"


def _check_labels(found: Page) -> None:
    labelled = {label.get("for") for label in found.all("label")}
    for tag in FIELDS:
        for field in found.all(tag):
            if tag == "input" and field.get("type") in UNLABELLED:
                continue
            named = field.get("id") in labelled or field.get("aria-label")
            assert named, f"field without a label: {field.get('name')}"


def _values(tree: Element) -> Iterator[tuple[str, str]]:
    for field in tree.iter("input"):
        if field.get("type") in ("radio", "checkbox") and field.get("checked") is None:
            continue
        yield field.get("name", ""), field.get("value", "")
    for field in tree.iter("textarea"):
        yield field.get("name", ""), field.text or ""
    for field in tree.iter("select"):
        for option in field.iter("option"):
            if option.get("selected") is not None:
                yield field.get("name", ""), option.get("value", "")


def count_queries(call: Callable[[], object]) -> int:
    """How many queries a call makes. It is made twice, so that warming up does not count."""
    call()
    with CaptureQueriesContext(connection) as queries:
        call()
    return len(queries)
