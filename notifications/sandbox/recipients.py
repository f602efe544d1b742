"""Telephone numbers and email addresses as Notify reads them. Source: Notify §7 and §8."""

import re
import string
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType, ValidationResult

ZERO_WIDTH = "\u180e\u200b\u200c\u200d\u2060\ufeff"
NO_BREAK_SPACE = "\u00a0"
PHONE_CHARACTERS = set(string.digits + "()+-" + string.whitespace + ZERO_WIDTH + NO_BREAK_SPACE)
UK = 44
NO_COUNTRY = "001"  # the library's region for prefixes such as +800 and +979
# The range that Ofcom keeps for drama, which the library does not count as valid.
DRAMA_NUMBERS = range(7_700_900_000, 7_700_901_000)
LANDLINES = {
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
    PhoneNumberType.UAN,
}
REACHABLE = LANDLINES | {PhoneNumberType.MOBILE, PhoneNumberType.PERSONAL_NUMBER}

NOT_VALID = "Number is not valid – double check the phone number you entered"
TOO_FEW_DIGITS = "Not enough digits"
TOO_MANY_DIGITS = "Too many digits"
WRONG_CHARACTER = "Must not contain letters or symbols"
UNKNOWN_COUNTRY = "Not a valid country prefix"

SMOKE_NUMBERS = {"447700900000", "447700900111", "447700900222"}
SMOKE_ADDRESSES = {
    "simulate-delivered@notifications.service.gov.uk",
    "simulate-delivered-2@notifications.service.gov.uk",
    "simulate-delivered-3@notifications.service.gov.uk",
}
# What becomes of a message sent with a test key, by recipient exactly as typed.
TEST_KEY_OUTCOMES = {
    "07700900003": "temporary-failure",
    "+447700900003": "temporary-failure",
    "07700900002": "permanent-failure",
    "+447700900002": "permanent-failure",
    "temp-fail@simulator.notify": "temporary-failure",
    "perm-fail@simulator.notify": "permanent-failure",
}


class NotARecipient(ValueError):
    """The recipient cannot be read; the message is Notify's phrase for it."""


@dataclass(frozen=True)
class Recipient:
    """Where a message goes: `typed` is shown back, `normalised` is sent to."""

    typed: str
    normalised: str
    is_landline: bool = False
    is_international: bool = False
    is_crown_dependency: bool = False


def read_phone(typed: str) -> Recipient:
    """Read a number as UK unless it says otherwise; raise NotARecipient with Notify's phrase."""
    try:
        number = _parse(typed)
    except NotARecipient:
        # Stray leading zeros and plus signs are forgiven.
        number = _parse(typed.replace("+", "").lstrip("0"))
    is_uk = number.country_code == UK
    return Recipient(
        typed=trim(typed),
        normalised=f"{number.country_code}{phonenumbers.national_significant_number(number)}",
        is_landline=is_uk and phonenumbers.number_type(number) in LANDLINES,
        is_international=not is_uk,
        is_crown_dependency=is_uk
        and phonenumbers.region_code_for_number(number) not in ("GB", None),
    )


def _parse(text: str) -> phonenumbers.PhoneNumber:
    if set(text) - PHONE_CHARACTERS:
        raise NotARecipient(WRONG_CHARACTER)
    if text == "":
        raise NotARecipient(TOO_FEW_DIGITS)
    try:
        number = phonenumbers.parse(text, "GB")
    except phonenumbers.NumberParseException as error:
        raise NotARecipient(NOT_VALID) from error
    if phonenumbers.region_code_for_country_code(number.country_code or 0) == NO_COUNTRY:
        raise NotARecipient(UNKNOWN_COUNTRY)
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason != ValidationResult.IS_POSSIBLE:
        number = _as_international(text) or _refuse(reason)
    if number.country_code == UK and number.national_number in DRAMA_NUMBERS:
        return number
    if (
        not phonenumbers.is_valid_number(number)
        or phonenumbers.number_type(number) not in REACHABLE
    ):
        raise NotARecipient(NOT_VALID)
    return number


def _as_international(text: str) -> phonenumbers.PhoneNumber | None:
    """A number that lost its plus sign, as spreadsheets make them lose it."""
    try:
        number = phonenumbers.parse(f"+{text}")
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None


def _refuse(reason: int) -> phonenumbers.PhoneNumber:
    phrases = {
        ValidationResult.TOO_LONG: TOO_MANY_DIGITS,
        ValidationResult.TOO_SHORT: TOO_FEW_DIGITS,
        ValidationResult.IS_POSSIBLE_LOCAL_ONLY: TOO_FEW_DIGITS,
        ValidationResult.INVALID_COUNTRY_CODE: UNKNOWN_COUNTRY,
    }
    raise NotARecipient(phrases.get(reason, NOT_VALID))


LOCAL_PART_AND_DOMAIN = re.compile(r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~\-]+@([^.@][^@\s]+)")
LABEL = re.compile(r"(xn--)?[a-z0-9]+(-+[a-z0-9]+)*", re.IGNORECASE)
TOP_LEVEL = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]*[a-z0-9]", re.IGNORECASE)
NOT_AN_ADDRESS = "Not a valid email address"


def read_email(typed: str) -> Recipient:
    """Read an email address, or raise NotARecipient."""
    address = trim(typed)
    match = LOCAL_PART_AND_DOMAIN.fullmatch(address)
    if not match or len(address) > 320 or ".." in address:
        raise NotARecipient(NOT_AN_ADDRESS)
    try:
        domain = match.group(1).encode("idna").decode("ascii")
    except UnicodeError as error:
        raise NotARecipient(NOT_AN_ADDRESS) from error
    labels = domain.split(".")
    if len(domain) > 253 or len(labels) < 2 or not TOP_LEVEL.fullmatch(labels[-1]):
        raise NotARecipient(NOT_AN_ADDRESS)
    if not all(len(label) <= 63 and LABEL.fullmatch(label) for label in labels):
        raise NotARecipient(NOT_AN_ADDRESS)
    return Recipient(typed=address, normalised=address.lower())


def trim(text: str) -> str:
    """Without white space around it and without invisible characters inside."""
    for character in ZERO_WIDTH + NO_BREAK_SPACE:
        text = text.replace(character, "")
    return text.strip(string.whitespace)


@lru_cache(maxsize=4096)
def read(channel: str, typed: str) -> Recipient:
    """Read either; what was just read, as in a check, costs nothing a second time."""
    return read_email(typed) if channel == "email" else read_phone(typed)


def is_smoke_test(recipient: Recipient) -> bool:
    """Addresses that are checked and answered, but of which nothing is stored."""
    return recipient.normalised in SMOKE_NUMBERS | SMOKE_ADDRESSES


def is_among(recipient: Recipient, channel: str, allowed: list[str]) -> bool:
    """Whether a team member or guest is meant; a list may hold addresses and numbers."""
    for entry in allowed:
        try:
            if read(channel, entry).normalised == recipient.normalised:
                return True
        except NotARecipient:
            continue
    return False
