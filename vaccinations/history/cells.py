"""What a cell of a history file must look like: text in, stored form out.

Each raises `BadValue` with a sentence for people. Source: cohorts and imports §5 and §6.
"""

import re
from datetime import time

from cohorts.formats import BadValue, clean_text

BATCH_LENGTHS = range(2, 101)
NOTES_LENGTH = 1000

PROGRAMMES = {
    "hpv": "hpv",
    "flu": "flu",
    "menacwy": "menacwy",
    "acwyx4": "menacwy",
    "td/ipv": "td_ipv",
    "3-in-1": "td_ipv",
    "mmr": "mmr",
    "mmrv": "mmr",
}
REASONS = {
    "refused": "refused",
    "unwell": "unwell",
    "vaccination contraindicated": "contraindicated",
    "already had elsewhere": "already_had",
    "did not attend": "did_not_attend",
    "absent from school": "absent_from_school",
}
NASAL = "nasal"
ARM_OR_THIGH = {
    f"{side} {part}": f"{side}_{site}"
    for side in ("left", "right")
    for part, site in (
        ("upper arm", "upper_arm"),
        ("deltoid", "upper_arm"),
        ("lower arm", "arm_lower"),
        ("arm (upper position)", "arm_upper"),
        ("arm (lower position)", "arm_lower"),
        ("thigh", "thigh"),
    )
}
SITES = {
    **ARM_OR_THIGH,
    "left buttock": "left_buttock",
    "right buttock": "right_buttock",
    "nasal": NASAL,
}
# Primary doses and boosters, as some systems number them.
DOSES = {
    "1p": 1,
    "2p": 2,
    "3p": 3,
    "1b": 4,
    "2b": 5,
    "1st scheduled booster": 4,
    "2nd scheduled booster": 5,
}
CARE_SETTINGS = ("1", "2")
GENDERS = {
    "male": 1,
    "female": 2,
    "not known": 0,
    "unknown": 0,
    "not specified": 9,
    "indeterminate": 0,
}
_TIME = re.compile(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?|([0-9]{2})([0-9]{2})?([0-9]{2})?")


def _word(text: str) -> str:
    return clean_text(text).replace("_", " ").lower()


def parse_programme(text: str) -> str:
    """The key of a programme by one of the names that files use."""
    key = PROGRAMMES.get(clean_text(text).lower())
    if key is None:
        raise BadValue("Programme must be HPV, Flu, MenACWY, Td/IPV or MMR")
    return key


def parse_vaccinated(text: str) -> bool:
    """Whether the vaccine was given: any leading part of yes or no, in any case."""
    word = _word(text)
    if word and "yes".startswith(word):
        return True
    if word and "no".startswith(word):
        return False
    raise BadValue("You must say Y or N")


def parse_reason(text: str) -> str:
    """The outcome that belongs to a reason for not vaccinating."""
    outcome = REASONS.get(_word(text))
    if outcome is None:
        raise BadValue(
            "Reason must be Refused, Unwell, Vaccination contraindicated, Already had elsewhere, "
            "Did not attend or Absent from school"
        )
    return outcome


def parse_site(text: str) -> str:
    """The place on the body, whether or not the vaccine may be given there."""
    site = SITES.get(_word(text))
    if site is None:
        raise BadValue("Site must be a left or right arm, thigh or buttock, or nasal")
    return site


def suits(site: str, *, is_nasal: bool) -> bool:
    """Whether a vaccine is given there today: sprays in the nose, injections in arm or thigh."""
    return site == NASAL if is_nasal else site in ARM_OR_THIGH.values()


def parse_gender(text: str) -> int:
    """The code of a gender, in the words of this service and of others."""
    code = GENDERS.get(_word(text))
    if code is None:
        raise BadValue("Gender must be Male, Female, Not known or Not specified")
    return code


def parse_batch(text: str) -> str:
    """A batch number: 2 to 100 letters and digits."""
    value = clean_text(text)
    if len(value) not in BATCH_LENGTHS:
        raise BadValue("Batch number must be between 2 and 100 characters")
    if not (value.isascii() and value.isalnum()):
        raise BadValue("Batch number must only include letters and numbers")
    return value


def parse_dose(text: str) -> int:
    """The number of a dose, also by the names of primary doses and boosters."""
    word = _word(text)
    if word in DOSES:
        return DOSES[word]
    if not re.fullmatch(r"[0-9]{1,2}", word):
        raise BadValue("Dose must be a number, like 1")
    return int(word)


def parse_care_setting(text: str) -> str:
    """1 for a school, 2 for the community."""
    value = clean_text(text)
    if value not in CARE_SETTINGS:
        raise BadValue("Care setting must be 1 for a school or 2 for the community")
    return value


def parse_time(text: str) -> time:
    """A time of day written HH:MM, HH:MM:SS, HHMM, HHMMSS or HH."""
    match = _TIME.fullmatch(clean_text(text))
    if match:
        try:
            hour, minute, second = ([int(part) for part in match.groups() if part] + [0, 0])[:3]
            return time(hour, minute, second)
        except ValueError:
            pass
    raise BadValue("Time must be a real time, like 14:30")


def parse_notes(text: str) -> str:
    """Free text of at most 1,000 characters."""
    if len(text) > NOTES_LENGTH:
        raise BadValue(f"Notes must be {NOTES_LENGTH} characters or less")
    return text
