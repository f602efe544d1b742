"""Makes up families: plain data, always the same for the same number.

Family names, postcodes and NHS numbers are others than those of `sample_data/`, so that the sample
files can be uploaded beside the demo as wholly new.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from calendars import rules as calendar_rules
from cohorts.formats import nhs_check_digit

# The middle digits of NHS numbers that begin with 999, which belong to nobody. The sample files
# use those below 100000; one in eleven has no check digit.
HERE = range(100_000, 900_000)
ELSEWHERE = range(900_000, 1_000_000)
MOST_CHILDREN = 500_000

NAMES = json.loads(Path(__file__).with_name("names.json").read_text(encoding="utf-8"))
TOWNS = {31: "Leamington Spa", 32: "Leamington Spa", 34: "Warwick", 35: "Warwick", 37: "Stratford"}
POSTCODE_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
# The last digits of numbers kept for drama, without those at which the Notify sandbox acts up.
DRAMA_NUMBERS = range(600, 1000)
# Of a hundred families: how many have one child, two, three.
CHILDREN_IN_A_HUNDRED = {1: 74, 2: 22, 3: 4}
PARENTS_IN_A_HUNDRED = {0: 4, 1: 50, 2: 46}
HOME_EDUCATED_IN_A_HUNDRED = 4
UNKNOWN_SCHOOL_IN_A_HUNDRED = 4


@dataclass(frozen=True)
class MadeUpParent:
    full_name: str
    kind: str
    email: str
    phone: str


@dataclass(frozen=True)
class MadeUpChild:
    """`schooling` is "school", "home" or "unknown"."""

    nhs_number: str
    given_name: str
    family_name: str
    gender: int
    date_of_birth: date
    year_group: int
    schooling: str
    # Picks the school among those that teach the year group.
    school_pick: int


@dataclass(frozen=True)
class Family:
    children: tuple[MadeUpChild, ...]
    parents: tuple[MadeUpParent, ...]
    address_line_1: str
    town: str
    postcode: str


def families(
    serials: range, *, at_least: int, academic_year: int, year_groups: list[int]
) -> Iterator[Family]:
    """Whole families until there are so many children, with NHS numbers of these serials."""
    nhs_numbers = _nhs_numbers(serials)
    number, made = serials.start, 0
    while made < at_least:
        family = _family(number, nhs_numbers, academic_year, year_groups)
        yield family
        made += len(family.children)
        number += 1


def _nhs_numbers(serials: range) -> Iterator[str]:
    for serial in serials:
        check_digit = nhs_check_digit(f"999{serial}")
        if check_digit is not None:
            yield f"999{serial}{check_digit}"


def _family(
    number: int, nhs_numbers: Iterator[str], academic_year: int, year_groups: list[int]
) -> Family:
    chance = random.Random(number)  # noqa: S311
    name = chance.choice(NAMES["families"])
    area = chance.choice(list(TOWNS))
    inward = f"{chance.randint(1, 9)}{''.join(chance.choices(POSTCODE_LETTERS, k=2))}"
    years = chance.sample(
        year_groups, min(_one_of(chance, CHILDREN_IN_A_HUNDRED), len(year_groups))
    )
    # No two siblings share a first name.
    girls, boys = (chance.sample(NAMES[kind], len(years)) for kind in ("girls", "boys"))
    schooling, school_pick = _schooling(chance), chance.randrange(1000)
    return Family(
        children=tuple(
            MadeUpChild(
                nhs_number=next(nhs_numbers),
                given_name=girl if is_girl else boy,
                family_name=name,
                gender=2 if is_girl else 1,
                date_of_birth=_birthday(chance, year, academic_year),
                year_group=year,
                schooling=schooling,
                school_pick=school_pick,
            )
            for year, girl, boy in zip(years, girls, boys, strict=True)
            for is_girl in [chance.random() < 0.5]
        ),
        parents=tuple(
            _parent(chance, number, name, place)
            for place in range(_one_of(chance, PARENTS_IN_A_HUNDRED))
        ),
        address_line_1=f"{chance.randint(1, 180)} {chance.choice(NAMES['streets'])}",
        town=TOWNS[area],
        postcode=f"CV{area} {inward}",
    )


def _one_of(chance: random.Random, weights: dict[int, int]) -> int:
    return chance.choices(list(weights), list(weights.values()))[0]


def _schooling(chance: random.Random) -> str:
    draw = chance.randrange(100)
    if draw < HOME_EDUCATED_IN_A_HUNDRED:
        return "home"
    if draw < HOME_EDUCATED_IN_A_HUNDRED + UNKNOWN_SCHOOL_IN_A_HUNDRED:
        return "unknown"
    return "school"


def _birthday(chance: random.Random, year_group: int, academic_year: int) -> date:
    born_in = calendar_rules.birth_academic_year_of(year_group, academic_year)
    first = calendar_rules.first_day_of(born_in)
    days = (calendar_rules.last_day_of(born_in) - first).days
    return first + timedelta(days=chance.randint(0, days))


def _parent(chance: random.Random, number: int, family_name: str, place: int) -> MadeUpParent:
    """A parent with email and phone, or with one of them only, or with neither."""
    kind = ("mother", "father")[place] if chance.random() < 0.9 else "guardian"
    given_name = chance.choice(NAMES["boys" if kind == "father" else "girls"])
    has_email, has_phone = chance.choices(
        [(True, True), (True, False), (False, True), (False, False)], [70, 14, 12, 4]
    )[0]
    return MadeUpParent(
        full_name=f"{given_name} {family_name}",
        kind=kind,
        email=f"{given_name}.{family_name}.{number}{'ab'[place]}@example.com".lower()
        if has_email
        else "",
        phone=f"+447700900{chance.choice(DRAMA_NUMBERS)}" if has_phone else "",
    )
