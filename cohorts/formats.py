"""What a value must look like: one function for each kind, text in, stored form out.

Each raises `BadValue` with a sentence for the person who typed it. They know no database and no
settings. Source: cohorts and imports §4, §6 and §17.
"""

import re
import unicodedata
from datetime import date

import phonenumbers

TEXT_LENGTH = 300
# Of every address that comes in, by form or file. Source: consent §2.2.
EMAIL_LENGTH = 254
# The Ofcom range kept for drama, in international form; nobody can be reached there.
DRAMA_MOBILES = re.compile(r"\+447700900\d{3}")
UK_MOBILE = re.compile(r"\+447\d{9}")

_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_QUOTES_AND_DASHES = str.maketrans("`\u00b4\u2018\u2019\u02bc\u2010\u2011\u2013", "'''''---")
# Latin letters with all their accents, such as those of Nguyễn; no other script.
_NAME = re.compile(r"[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff0-9_ '.\-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class BadValue(ValueError):
    """The text is not what the field takes; the message is a sentence for people."""


class LostLetters(BadValue):
    """An email address with two dots in a row: an export dropped the letters between them."""


def clean_text(text: str) -> str:
    """The text with its spacing made plain: trimmed, single spaces, nothing invisible.

    Accents typed as separate marks are joined to their letter, so that equal names are equal.
    """
    joined = unicodedata.normalize("NFC", text.translate(_INVISIBLE))
    return " ".join(joined.split())


def parse_text(text: str, *, what: str) -> str:
    """Free text of at most 300 characters, without control characters."""
    value = clean_text(text)
    if len(value) > TEXT_LENGTH:
        raise BadValue(f"{what} must be {TEXT_LENGTH} characters or less")
    if _CONTROL.search(value):
        raise BadValue(f"{what} contains characters that cannot be stored")
    return value


def parse_name(text: str, *, what: str) -> str:
    """A name in Latin letters with accents, digits, spaces, apostrophes, full stops, hyphens.

    Typographic apostrophes and dashes become plain ones (§17 row 29).
    """
    value = plain_punctuation(clean_text(text))
    if len(value) > TEXT_LENGTH:
        raise BadValue(f"{what} must be {TEXT_LENGTH} characters or less")
    if value and not (_NAME.fullmatch(value) and any(letter.isalpha() for letter in value)):
        raise BadValue(
            f"{what} must only include letters a to z, letters with accents, numbers, spaces, "
            "apostrophes, full stops and hyphens"
        )
    return value


def plain_punctuation(text: str) -> str:
    """The text with typographic apostrophes and dashes made plain (§17 row 29)."""
    return text.translate(_QUOTES_AND_DASHES)


def nhs_check_digit(first_nine: str) -> int | None:
    """The tenth digit that belongs to nine others; None where no number can begin so (§6)."""
    total = sum(
        int(digit) * weight for digit, weight in zip(first_nine, range(10, 1, -1), strict=True)
    )
    digit = 11 - total % 11
    if digit == 10:
        return None
    return 0 if digit == 11 else digit


def parse_nhs_number(text: str) -> str:
    """Ten digits with a true check digit; spaces and joiners are dropped."""
    digits = re.sub(r"\s", "", text.translate(_INVISIBLE))
    if re.fullmatch(r"\d+([.,]\d+)?[eE]\+?\d+", digits):
        raise BadValue(
            "A spreadsheet has shortened this NHS number. Format the column as text and enter "
            "all 10 digits"
        )
    if not re.fullmatch(r"[0-9]{10}", digits):
        raise BadValue("NHS number must be 10 digits, like 999 471 2209")
    if digits == "0" * 10 or nhs_check_digit(digits[:9]) != int(digits[9]):
        raise BadValue("This is not a valid NHS number. Check that all 10 digits are right")
    return digits


_DAY_FIRST = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_YEAR_FIRST = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})|([0-9]{4})([0-9]{2})([0-9]{2})")


def parse_date(text: str, *, what: str) -> date:
    """A real date written DD/MM/YYYY, YYYY-MM-DD or YYYYMMDD; nothing is guessed."""
    value = clean_text(text)
    if match := _DAY_FIRST.fullmatch(value):
        day, month, year = (int(part) for part in match.groups())
    elif match := _YEAR_FIRST.fullmatch(value):
        year, month, day = (int(part) for part in match.groups() if part)
    else:
        raise BadValue(f"{what} must be written as DD/MM/YYYY, like 27/03/2012")
    if year < 1000:
        raise BadValue(f"{what} must include a year with 4 digits")
    try:
        return date(year, month, day)
    except ValueError:
        raise BadValue(f"{what} must be a real date, like 27/03/2012") from None


_AREA = (
    "A[BL]|B[ABDFHLNRST]?|C[ABFHMORTVW]|D[ADEGHLNTY]|E[CHNX]?|F[KY]|G[LUY]?|H[ADGPRSUX]|I[GMPV]|"
    "JE|K[ATWY]|L[ADELNSU]?|M[EKL]?|N[EGNPRW]?|O[LX]|P[AEHLOR]|R[GHM]|S[AEGKLMNOPRSTWY]?|"
    "T[ADFNQRSW]|UB|W[ACDFNRSV]?|YO|ZE"
)
# No fixed abode, address not known, not otherwise specified: accepted, but no evidence of anything.
PSEUDO_POSTCODES = frozenset({"ZZ99 3VZ", "ZZ99 3WZ", "ZZ99 3CZ"})
_OUTWARD = re.compile(rf"({_AREA})[0-9]([0-9]|[A-HJKMNPRSTUVWXY])?|GIR")
_INWARD = re.compile(r"[0-9][ABD-HJLNP-UW-Z]{2}")
_SLIPS = {"I": "I1", "1": "1I", "O": "O0", "0": "0O"}


def parse_postcode(text: str) -> str:
    """A full postcode of the United Kingdom, the Channel Islands or the Isle of Man.

    Upper case with one space before the last three; I for 1 and O for 0 are put right.
    """
    letters = re.sub(r"\s", "", text.translate(_INVISIBLE)).upper()
    if 5 <= len(letters) <= 7:
        for inward in _spellings(letters[-3:]):
            for outward in _spellings(letters[:-3]):
                postcode = f"{outward} {inward}"
                is_real = _OUTWARD.fullmatch(outward) and _INWARD.fullmatch(inward)
                if is_real or postcode in PSEUDO_POSTCODES:
                    return postcode
    raise BadValue("Postcode must be a full UK postcode, like CV1 2AB")


def is_evidence(postcode: str) -> bool:
    """Whether two people with this postcode live near each other: not so for pseudo-postcodes."""
    return bool(postcode) and postcode not in PSEUDO_POSTCODES


def _spellings(part: str) -> list[str]:
    """The part as it stands, then with each mix of I for 1 and O for 0."""
    spellings = [""]
    for letter in part:
        options = _SLIPS.get(letter, letter)
        spellings = [start + option for option in options for start in spellings]
    return sorted(
        spellings, key=lambda spelling: sum(a != b for a, b in zip(spelling, part, strict=True))
    )


_LOCAL_PART = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LAST_LABEL = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,58}[a-z0-9]")


def parse_email(text: str) -> str:
    """An address that GOV.UK Notify will take, in lower case (§6)."""
    value = clean_text(text).lower()
    local, _, host = value.partition("@")
    labels = host.split(".")
    if len(value) > EMAIL_LENGTH:
        raise BadValue(f"Email address must be {EMAIL_LENGTH} characters or less")
    is_deliverable = (
        _LOCAL_PART.fullmatch(local)
        and ".." not in local
        and len(host) <= 253
        and len(labels) >= 2
        and all(_LABEL.fullmatch(label) for label in labels)
        and _LAST_LABEL.fullmatch(labels[-1])
    )
    if not is_deliverable:
        problem = LostLetters if ".." in local else BadValue
        raise problem("Email address must be in the right format, like name@example.com")
    return value


def parse_phone(text: str, *, allows_drama: bool) -> str:
    """A telephone number in international form, like +447400123456.

    British unless it begins with +. A British mobile is 07 and nine more digits; the range kept
    for drama is only taken where `allows_drama`, which is nowhere that real people are.
    """
    wrong = BadValue("Phone number must be a real number, like 07400 123456 or +33 1 09 75 83 51")
    value = clean_text(text)
    if not re.fullmatch(r"\+?[0-9 ()./\-]+", value):
        raise wrong
    try:
        number = phonenumbers.parse(value, "GB")
    except phonenumbers.NumberParseException:
        raise wrong from None
    stored = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if DRAMA_MOBILES.fullmatch(stored):
        if not allows_drama:
            raise BadValue("Phone number must be one that somebody can be reached on")
    elif not (UK_MOBILE.fullmatch(stored) or phonenumbers.is_valid_number(number)):
        raise wrong
    return stored


GENDERS = {"male": 1, "female": 2, "not known": 0, "not specified": 9}


def parse_gender(text: str) -> int:
    """The code of Male, Female, Not known or Not specified, in any case."""
    code = GENDERS.get(clean_text(text).replace("_", " ").lower())
    if code is None:
        raise BadValue("Gender must be Male, Female, Not known or Not specified")
    return code


RELATIONSHIPS = {
    "mum": "mother",
    "mother": "mother",
    "dad": "father",
    "father": "father",
    "guardian": "guardian",
    "unknown": "unknown",
    "": "unknown",
}


def parse_relationship(text: str) -> tuple[str, str]:
    """The kind of relationship, and the words for a kind that has no name of its own."""
    value = parse_text(text, what="Relationship")
    kind = RELATIONSHIPS.get(value.lower())
    return ("other", value) if kind is None else (kind, "")


def parse_year_group(text: str) -> int:
    """A whole number; which ones are taken is the caller's matter."""
    value = clean_text(text)
    if not re.fullmatch(r"-?[0-9]{1,2}", value):
        raise BadValue("Year group must be a number, like 8")
    return int(value)
