"""What a person means who types into the search of the Children page.

Source: cohorts and imports §14; sessions and clinics §9.3.
"""

import re
from dataclasses import dataclass

MOST_TERMS = 10
SHORT_TERM = 2

NHS_NUMBER = re.compile(r"(?<!\S)(\d{3})[ -](\d{3})[ -](\d{4})(?!\S)")
POSTCODE = re.compile(r"(?<!\S)([a-z]{1,2}\d[a-z\d]?) (\d[a-z]{2})(?!\S)")
DATE = re.compile(r"(?<!\S)(\d{1,2})/(\d{1,2})/(\d{4})(?!\S)")


@dataclass(frozen=True, slots=True)
class Term:
    """A piece of text that a child must have; `starts_word` where a word must begin with it."""

    text: str
    starts_word: bool


def search_terms(folded: str) -> list[Term]:
    """The terms of a folded question, all of which a child must have, in any order.

    An NHS number or a postcode typed with spaces is one term, and a date without its zeros gets
    them. One or two letters would be found within nearly every name, so they must begin a word.
    Words after the tenth are left out.
    """
    joined = NHS_NUMBER.sub(r"\1\2\3", folded)
    joined = POSTCODE.sub(r"\1\2", joined)
    joined = DATE.sub(lambda m: f"{int(m[1]):02d}/{int(m[2]):02d}/{m[3]}", joined)
    distinct = dict.fromkeys(joined.split())
    return [
        Term(text, starts_word=len(text) <= SHORT_TERM and text.isalpha())
        for text in list(distinct)[:MOST_TERMS]
    ]


def list_heading(count: int, *, query: str, missing_nhs_number: bool) -> str:
    """What the list shows, in words: 2 children matching “cas” without an NHS number."""
    parts = [f"{count:,} {'child' if count == 1 else 'children'}"]
    if query:
        parts.append(f"matching “{query}”")
    if missing_nhs_number:
        parts.append("without an NHS number")
    return " ".join(parts)
