"""Emails: the subject's typography, and the subset of Markdown as HTML. Source: Notify §9."""

import re
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from notifications.sandbox.texts import SPACE_BEFORE_PUNCTUATION

BYTE_LIMIT = 2_000_000
SPACED_DASH = re.compile(r"\s+[-–—]{1,3}\s+")
OPENING_QUOTE = re.compile(r"(^|[\s(\[{<–—-])([\"'])(?=\S)")
ADDRESS = re.compile(r"[\w.!#$%&’'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+")
BARE_LINK = re.compile(r"https?://[^\s<]+[^<.,:\"')\]\s]")
HASHES_WITHOUT_SPACE = re.compile(r"^(#{1,2})(?=[^#\s])", re.MULTILINE)
DEEPER_HEADING = re.compile(r"^#{3,}\s*", re.MULTILINE)
QUOTE_SIGN = re.compile(r"^( *)>", re.MULTILINE)
INSET_SIGN = re.compile(r"^( *)\^ ?", re.MULTILINE)
OTHER_BULLET = re.compile(r"^( *)• ?", re.MULTILINE)


def subject_line(text: str) -> str:
    """One line with typographic quotes and dashes; may be empty."""
    text = SPACE_BEFORE_PUNCTUATION.sub(r"\1", text)
    text = _curly_quotes(text)
    text = ADDRESS.sub(lambda match: match.group().replace("’", "'"), text)
    text = SPACED_DASH.sub(" – ", text)
    return " ".join(text.split())


def _curly_quotes(text: str) -> str:
    opening = {'"': "“", "'": "‘"}
    text = OPENING_QUOTE.sub(lambda match: match.group(1) + opening[match.group(2)], text)
    return text.replace('"', "”").replace("'", "’")


def to_html(body: str) -> str:
    """A filled body as HTML: headings, bullets, steps, insets, rules and links; all else is text.

    Safe to put into a page: HTML in the body is escaped and a link is http, https or mailto.
    """
    body = DEEPER_HEADING.sub("", HASHES_WITHOUT_SPACE.sub(r"\1 ", body))
    body = INSET_SIGN.sub(r"\1> ", QUOTE_SIGN.sub(r"\1\\>", body))
    return _markdown().render(OTHER_BULLET.sub(r"\1* ", body))


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("zero", {"html": False, "breaks": True})
    markdown.enable(["heading", "list", "hr", "blockquote", "link", "newline", "escape", "entity"])
    markdown.core.ruler.push("headings_below_the_subject", _lower_headings)
    markdown.core.ruler.push("bare_links", _link_bare_addresses)
    return markdown


def _lower_headings(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = {"h1": "h2", "h2": "h3"}[token.tag]


def _link_bare_addresses(state: StateCore) -> None:
    for block in state.tokens:
        if block.type != "inline" or not block.children:
            continue
        children: list[Token] = []
        depth = 0
        for token in block.children:
            depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
            if token.type == "text" and depth == 0:
                children.extend(_split_at_links(token.content))
            else:
                children.append(token)
        block.children = children


def _split_at_links(text: str) -> list[Token]:
    tokens = []
    position = 0
    for match in BARE_LINK.finditer(text):
        tokens.append(_text_token(text[position : match.start()]))
        tokens.append(Token("link_open", "a", 1, attrs={"href": match.group()}))
        tokens.append(_text_token(match.group()))
        tokens.append(Token("link_close", "a", -1))
        position = match.end()
    tokens.append(_text_token(text[position:]))
    return tokens


def _text_token(text: str) -> Token:
    return Token("text", "", 0, content=text)


MARKDOWN_LINK = re.compile(r"\[[^\]]*\]\((https?://[^\s)]+)\)")


def links_in(body: str) -> list[str]:
    """Every web address of a message, in order, each once."""
    found: dict[int, str] = {}
    for match in MARKDOWN_LINK.finditer(body):
        found[match.start(1)] = match.group(1)
    for match in BARE_LINK.finditer(MARKDOWN_LINK.sub(_blank, body)):
        found[match.start()] = match.group()
    return list(dict.fromkeys(found[position] for position in sorted(found)))


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())
