"""What a person means who types into a search for children.

Source: cohorts and imports §14; sessions and clinics §9.3.
"""

import re
from dataclasses import dataclass

MOST_TERMS = 10
SHORT_TERM = 2

NHS_NUMBER = re.compile(r"(?<!\S)(\d{3})[ -](\d{3})[ -](\d{4})(?!\S)")
POSTCODE = re.compile(r"(?<!\S)([a-z]{1,2}\d[a-z\d]?) (\d[a-z]{2})(?!\S)")
# 1/10/2013, 01.10.2013, 1-10-2013, 1 10 2013; 1/10/13
DATE = re.compile(r"(?<!\S)(\d{1,2})([/. -])(\d{1,2})\2(\d{4})(?!\S)")
SHORT_DATE = re.compile(r"(?<!\S)(\d{1,2})([/.-])(\d{1,2})\2(\d{2})(?!\S)")
ISO_DATE = re.compile(r"(?<!\S)(\d{4})-(\d{1,2})-(\d{1,2})(?!\S)")
MONTHS = [
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
]
MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?" for name in MONTHS) + "|sept"
WRITTEN = re.compile(
    # 1 October 2013, 1st Oct 2013, 1-Oct-2013; October 1, 2013
    rf"(?<!\S)(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[ -](?:of )?(?P<month>{MONTH})[.,]?"
    rf"|(?P<month_first>{MONTH})\.? (?P<day_second>\d{{1,2}})(?:st|nd|rd|th)?,?)"
    r"[ -](?P<year>\d{4})(?!\S)"
)


@dataclass(frozen=True, slots=True)
class Term:
    """A piece of text that a child must have; `starts_word` where a word must begin with it."""

    text: str
    starts_word: bool


def search_terms(folded: str) -> list[Term]:
    """The terms of a folded question, all of which a child must have, in any order.

    An NHS number or a postcode typed with spaces is one term, and so is a date, however people
    write it: 1/10/2013, 1.10.2013, 2013-10-01, 1 October 2013. One or two letters would be found
    within nearly every name, so they must begin a word. Words after the tenth are left out.
    """
    joined = NHS_NUMBER.sub(r"\1\2\3", folded)
    joined = POSTCODE.sub(r"\1\2", joined)
    joined = _with_plain_dates(joined)
    distinct = dict.fromkeys(joined.split())
    return [
        Term(text, starts_word=len(text) <= SHORT_TERM and text.isalpha())
        for text in list(distinct)[:MOST_TERMS]
    ]


def _with_plain_dates(text: str) -> str:
    """The text with its whole dates as they are stored: 01/10/2013."""
    text = DATE.sub(lambda m: _plain_date(m[1], m[3], m[4]), text)
    text = SHORT_DATE.sub(lambda m: _plain_date(m[1], m[3], f"20{m[4]}"), text)
    text = ISO_DATE.sub(lambda m: _plain_date(m[3], m[2], m[1]), text)
    return WRITTEN.sub(
        lambda m: _plain_date(
            m["day"] or m["day_second"], _month_number(m["month"] or m["month_first"]), m["year"]
        ),
        text,
    )


def _plain_date(day: str, month: str | int, year: str) -> str:
    return f"{int(day):02d}/{int(month):02d}/{year}"


def _month_number(word: str) -> int:
    return next(n for n, name in enumerate(MONTHS, 1) if name.startswith(word[:3]))
