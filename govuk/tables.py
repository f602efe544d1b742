"""Rows of a table that can stand one below the other on a narrow screen."""

import re

from markupsafe import Markup

HEADING = re.compile(r"<th\b[^>]*>(.*?)</th>", re.DOTALL)
ROW = re.compile(r"<tr\b(?P<rest>[^>]*>)(?P<cells>.*?)</tr>", re.DOTALL)
CELL = re.compile(r"<(?P<tag>td|th)\b(?P<rest>[^>]*>)(?P<content>.*?)</(?P=tag)>", re.DOTALL)
TAG = re.compile(r"<[^>]*>")
ARROWS = re.compile("[▲▼]")


def labelled_cells(markup: str) -> Markup:
    """The head and body of a table, every cell of the body with its column's heading as a label.

    Narrow screens show a row as a block of its cells, where the labels stand for the head, which
    is out of sight; roles keep it a table for screen readers. A cell without content is marked.
    Takes our own markup: a `thead` with one row, and rows whose cells span nothing.
    """
    head, start, body = str(markup).partition("<tbody")
    labels = [_words(content) for content in HEADING.findall(head)]
    head = ROW.sub(lambda row: f'<tr role="row"{row["rest"]}{row["cells"]}</tr>', head)
    head = head.replace("<thead", '<thead role="rowgroup"')
    head = re.sub(r"<th\b", '<th role="columnheader"', head)
    start = start and '<tbody role="rowgroup"'
    return Markup(head + start + ROW.sub(lambda row: _row(row, labels), body))  # noqa: S704


def _row(row: re.Match, labels: list[str]) -> str:
    waiting = iter(labels)
    cells = CELL.sub(lambda cell: _cell(cell, next(waiting, "")), row["cells"])
    return f'<tr role="row"{row["rest"]}{cells}</tr>'


def _cell(cell: re.Match, label: str) -> str:
    tag = cell["tag"]
    role = "rowheader" if tag == "th" else "cell"
    empty = "" if cell["content"].strip() else " data-empty"
    named = f'role="{role}" data-label="{label}"{empty}'
    return f"<{tag} {named}{cell['rest']}{cell['content']}</{tag}>"


def _words(content: str) -> str:
    """The words of a heading, as they are escaped already, for an attribute."""
    words = " ".join(ARROWS.sub("", TAG.sub("", content)).split())
    return words.replace('"', "&quot;")
