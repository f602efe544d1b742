"""Fields for what strangers type: made plain first, checked and counted after that.

Nothing invisible is kept, so a field that holds nothing else counts as empty. Source: consent §15.
"""

import unicodedata
from collections.abc import Callable

from django.core.exceptions import ValidationError

from cohorts import formats
from govuk.fields import CharField, TextareaField
from govuk.text import plain_line, plain_lines

_IN_NAMES = " '.,()-·"


class Line(CharField):
    """One line of plain text."""

    def to_python(self, value):
        return super().to_python(plain_line(value) if isinstance(value, str) else value)


class Lines(TextareaField):
    """Plain text with its lines kept."""

    def to_python(self, value):
        return super().to_python(plain_lines(value) if isinstance(value, str) else value)


class Name(Line):
    """A name in any script: letters and their marks, numbers and what stands between names.

    It has no place for a link, which would go out with our messages.
    """

    words = Line.words | {
        "letters": (
            "{Label} must only include letters, numbers, spaces, apostrophes, hyphens, commas, "
            "brackets and full stops"
        ),
    }

    def __init__(self, **kwargs):
        super().__init__(max_length=formats.TEXT_LENGTH, **kwargs)

    def to_python(self, value):
        value = super().to_python(value)
        return formats.plain_punctuation(value) if value else value

    def validate(self, value):
        super().validate(value)
        if value and not _is_name(value):
            raise ValidationError(self.error_messages["letters"], code="letters")


def _is_name(text: str) -> bool:
    return any(letter.isalpha() for letter in text) and all(
        letter in _IN_NAMES or unicodedata.category(letter)[0] in "LMN" for letter in text
    )


class Parsed(Line):
    """A line that a reader turns into its stored form, or refuses in a sentence."""

    def __init__(self, *, parse: Callable[[str], str], **kwargs):
        super().__init__(**kwargs)
        self.parse = parse

    def clean(self, value):
        value = super().clean(value)
        try:
            return self.parse(value) if value else ""
        except formats.BadValue as refusal:
            raise ValidationError(str(refusal)) from None
