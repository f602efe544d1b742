"""Filling a template's placeholders. Source: Notify §9."""

import re
from collections.abc import Mapping
from typing import Any

from notifications.sandbox.errors import server_error
from notifications.sandbox.recipients import trim

PLACEHOLDER = re.compile(r"\(\(([^()]+)\)\)")
SHOWN = {"yes", "y", "true", "t", "1", "include", "show"}
IGNORED_IN_NAMES = str.maketrans("", "", " _-")
MARKDOWN_SIGNS = re.compile(r"([\\`*_{}\[\]()#+!|^~])")
LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)


def key_of(name: str) -> str:
    """What a placeholder's name is compared by."""
    return name.translate(IGNORED_IN_NAMES).lower()


def names_in(*texts: str) -> list[str]:
    """The placeholders of these texts in their order, each once, conditional ones by their name."""
    found: dict[str, str] = {}
    for text in texts:
        for body in PLACEHOLDER.findall(text):
            name = body.split("??")[0]
            found.setdefault(key_of(name), name)
    return list(found.values())


def by_key(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values by comparable name; of two names that collapse into one the last wins."""
    return {key_of(name): value for name, value in values.items()}


def missing_from(values: Mapping[str, Any], *texts: str) -> list[str]:
    """The placeholders without a value, in the order of the texts; null is no value."""
    known = by_key(values)
    return [name for name in names_in(*texts) if known.get(key_of(name)) is None]


def fill(text: str, values: Mapping[str, Any], *, as_bullets: bool = False) -> str:
    """The text with every placeholder filled; a value is never filled again."""
    known = by_key(values)

    def replacement(match: re.Match[str]) -> str:
        name, is_conditional, shown_text = match.group(1).partition("??")
        value = known.get(key_of(name))
        if is_conditional:
            return shown_text if str(value).lower() in SHOWN else ""
        return _as_text(value, as_bullets=as_bullets)

    return PLACEHOLDER.sub(replacement, text)


def _as_text(value: Any, *, as_bullets: bool) -> str:
    if not isinstance(value, list):
        return str(value)
    items = [trim(str(item)) for item in value if item is not None]
    items = [item for item in items if item]
    if not items:
        return ""
    if as_bullets:
        return "\n\n" + "\n".join(f"* {item}" for item in items)
    if len(items) == 1:
        return items[0]
    return f"{', '.join(items[:-1])} and {items[-1]}"


def sanitise(
    values: Mapping[str, Any], names: list[str] | None
) -> tuple[dict[str, Any], dict[str, dict[str, str]]]:
    """The values with Markdown escaped and links removed in the named ones, and what changed.

    A named value that is no string breaks the service, as it does in Notify.
    """
    sanitised = dict(values)
    changes = {}
    for name in names or []:
        if name not in values:
            continue
        if not isinstance(values[name], str):
            raise server_error("TypeError")
        safe = MARKDOWN_SIGNS.sub(r"\\\1", LINK.sub("", values[name])).replace("-", "&#45;")
        sanitised[name] = safe
        changes[name] = {"unsanitised": values[name], "sanitised": safe}
    return sanitised, changes
