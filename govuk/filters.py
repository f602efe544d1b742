"""How dates, times, numbers and names are written. Source: sessions and clinics §1.5."""

import re
from datetime import date, datetime, time

import phonenumbers
from markupsafe import Markup, escape

from calendars import rules as calendar_rules
from calendars.clock import LONDON

NOT_PROVIDED = "Not provided"
EMAIL = re.compile(r"[^\s@<>\"()]+@[^\s@<>\"()]+")
STORED_PHONE = re.compile(r"(?<![\w+])\+[1-9][0-9]{6,14}(?!\w)")


def _london(moment: date | datetime) -> date | datetime:
    if isinstance(moment, datetime):
        return moment.astimezone(LONDON)
    return moment


def govuk_date(day: date | datetime) -> str:
    """5 January 2025; an instant is written as its day in London."""
    day = _london(day)
    return f"{day.day} {day:%B %Y}"


def govuk_date_with_weekday(day: date | datetime) -> str:
    """Sunday 5 January 2025."""
    day = _london(day)
    return f"{day:%A} {day.day} {day:%B %Y}"


def govuk_time(moment: datetime | time) -> str:
    """3:45pm in London; midnight is 12:00am."""
    if isinstance(moment, datetime):
        moment = moment.astimezone(LONDON).time()
    return f"{moment.hour % 12 or 12}:{moment:%M}{'am' if moment.hour < 12 else 'pm'}"


def govuk_datetime(moment: datetime) -> str:
    """5 January 2025 at 3:45pm, in London."""
    return f"{govuk_date(moment)} at {govuk_time(moment)}"


def nhs_number(number: str | None) -> str:
    """999 000 0018, on one line; "Not provided" without one."""
    if not number:
        return NOT_PROVIDED
    return f"{number[:3]}\N{NO-BREAK SPACE}{number[3:6]}\N{NO-BREAK SPACE}{number[6:]}"


def phone(number: str) -> str:
    """07700 900123 for a British number, +33 1 23 45 67 89 for others; as typed if unreadable."""
    try:
        parsed = phonenumbers.parse(number, "GB")
    except phonenumbers.NumberParseException:
        return number
    national = parsed.country_code == 44
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, style.NATIONAL if national else style.INTERNATIONAL)


def phones(text: str) -> str:
    """The text with each telephone number in its stored form (+44…) as people write it."""
    return STORED_PHONE.sub(lambda found: phone(found[0]), text)


def number(value: int) -> str:
    """12,345."""
    return f"{value:,}"


def count(value: int, one: str, many: str | None = None) -> str:
    """1 child, 12,345 children; without `many` an s is added."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def emails_and_texts(emails: int, texts: int) -> str:
    """21 emails and 3 text messages; 21 emails and no text messages."""
    parts = [(emails, "email"), (texts, "text message")]
    return " and ".join(count(size, one) if size else f"no {one}s" for size, one in parts)


def weeks(days: int) -> str:
    """3 weeks; days that make no whole weeks stay days."""
    return count(days, "day") if days % 7 else count(days // 7, "week")


def begin_small(text: str) -> str:
    """To go on a sentence with; a first word with a name's or an abbreviation's capitals stays."""
    first = text.split(" ", 1)[0]
    return text if first[1:] != first[1:].lower() else text[:1].lower() + text[1:]


def line_breaks(text: str) -> Markup:
    """Text with its line breaks kept, escaped."""
    return Markup("<br>").join(escape(line) for line in text.splitlines())


def emails(text: str) -> Markup:
    """Text, escaped, whose email addresses may break after @ and dots, where a screen is narrow."""

    def breakable(found: re.Match) -> str:
        return re.sub(r"(?<=[@.])(?=\w)", "<wbr>", found[0])

    return Markup(EMAIL.sub(breakable, str(escape(text))))  # noqa: S704 - escaped before


def newline_references(text: str) -> Markup:
    """Text for a textarea, its newlines written so that no indenting and no parser touches them."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    first = "&#10;" if text.startswith("\n") else ""
    return Markup(first + str(escape(text)).replace("\n", "&#10;"))  # noqa: S704 - escaped above


FILTERS = {
    "academic_year": calendar_rules.academic_year_label,
    "begin_small": begin_small,
    "count": count,
    "emails_and_texts": emails_and_texts,
    "emails": emails,
    "govuk_date": govuk_date,
    "govuk_date_with_weekday": govuk_date_with_weekday,
    "govuk_datetime": govuk_datetime,
    "govuk_time": govuk_time,
    "line_breaks": line_breaks,
    "newline_references": newline_references,
    "nhs_number": nhs_number,
    "number": number,
    "phone": phone,
    "phones": phones,
    "weeks": weeks,
    "year_group": calendar_rules.year_group_label,
}
