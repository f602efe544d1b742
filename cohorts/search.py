"""The text by which a child is found: folded once when saved, and again when asked for."""

import unicodedata
from datetime import date
from typing import Protocol

# Letters that Unicode does not split into a base letter and an accent.
SPECIAL_LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i"}
)
APOSTROPHES = str.maketrans("", "", "'`´’‘ʼʹ")


class Searchable(Protocol):
    """What is searched of a child."""

    given_name: str
    family_name: str
    preferred_given_name: str
    preferred_family_name: str
    nhs_number: str | None
    date_of_birth: date
    postcode: str

    @property
    def is_restricted(self) -> bool: ...


def fold(text: str) -> str:
    """Lower case, without accents and apostrophes, one space between words."""
    plain = unicodedata.normalize("NFKD", text.translate(APOSTROPHES))
    # A capital may only show after splitting, and folding the case may join what was split.
    split = unicodedata.normalize("NFKD", plain.casefold())
    letters = "".join(letter for letter in split if not unicodedata.combining(letter))
    return " ".join(letters.translate(APOSTROPHES).translate(SPECIAL_LETTERS).split())


def search_text(child: Searchable) -> str:
    """All that finds a child, folded: names, NHS number, birth date as dd/mm/yyyy and postcode.

    The postcode stands with and without its space; that of a sensitive record is left out, since
    finding the child by it would give the address away.
    """
    postcode = "" if child.is_restricted else child.postcode
    parts = [
        child.given_name,
        child.family_name,
        child.preferred_given_name,
        child.preferred_family_name,
        child.nhs_number or "",
        f"{child.date_of_birth:%d/%m/%Y}",
        postcode,
        postcode.replace(" ", ""),
    ]
    return fold(" ".join(parts))
