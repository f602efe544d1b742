"""What a row of a file does to the child it means: plain rules on values.

Source: cohorts and imports §7 (matching), §8 (differences) and §11 (school moves).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, Protocol

from cohorts import formats, search
from cohorts.child_rows import ChildRow

# From so many families on, a person looks first, and may call back what they have sent.
MANY_FAMILIES = 21
ADDRESS_FIELDS = ("address_line_1", "address_line_2", "town", "postcode")


@dataclass(frozen=True)
class Identity:
    """What a child is told from others by."""

    child_id: int
    nhs_number: str | None
    given_name: str
    family_name: str
    date_of_birth: date
    postcode: str


class Seeker(Protocol):
    """Whoever asks which child is meant: a row of a file, a consent form."""

    @property
    def given_name(self) -> str: ...
    @property
    def family_name(self) -> str: ...
    @property
    def date_of_birth(self) -> date: ...
    @property
    def postcode(self) -> str: ...
    @property
    def nhs_number(self) -> str | None: ...


@dataclass(frozen=True)
class Match:
    """The child that is meant."""

    child_id: int
    on_nhs_number: bool
    is_equal: bool = False


@dataclass(frozen=True)
class Ambiguous:
    """Several children could be meant."""

    child_ids: tuple[int, ...]


def same_text(one: str, other: str) -> bool:
    """Whether two texts differ by nothing but case and spacing."""
    return one == other or " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def choose_child(
    seeker: Seeker, *, holder: Identity | None, candidates: Iterable[Identity]
) -> Match | Ambiguous | None:
    """Which child is meant; None is a new one (§7).

    `holder` has the seeker's NHS number, which settles it. Of the others, those count who share
    three of first name, last name, birth date and postcode, or names and birth date; a different
    NHS number means a different child; one who is equal in all four comes before all others.
    """
    if holder is not None:
        return Match(holder.child_id, on_nhs_number=True, is_equal=_is_equal(seeker, holder))
    fitting = [child for child in candidates if _fits(seeker, child)]
    if seeker.nhs_number:
        fitting = [child for child in fitting if child.nhs_number is None]
    equal = [child for child in fitting if _is_equal(seeker, child)]
    if len(equal) == 1:
        fitting = equal
    if len(fitting) > 1:
        return Ambiguous(tuple(sorted(child.child_id for child in fitting)))
    if not fitting:
        return None
    return Match(fitting[0].child_id, on_nhs_number=False, is_equal=bool(equal))


def settle_collisions(
    chosen: Sequence[Match | Ambiguous | None],
) -> tuple[list[Match | Ambiguous | None], list[list[int]]]:
    """Let no two rows of one file mean the same stored child.

    The row that names the child best keeps it: by NHS number, else equal in all four. The others
    are other children then, such as a stored child's twin, and new. Rows that name it equally
    well are returned by their places, group by group: somebody must look at them.
    """
    places: dict[int, list[int]] = defaultdict(list)
    for place, choice in enumerate(chosen):
        if isinstance(choice, Match):
            places[choice.child_id].append(place)
    settled, undecided = list(chosen), []
    for group in places.values():
        if len(group) == 1:
            continue
        strengths = {place: _strength(chosen[place]) for place in group}
        best = [place for place in group if strengths[place] == max(strengths.values())]
        if len(best) > 1:
            undecided.append(group)
            continue
        for place in group:
            if place != best[0]:
                settled[place] = None
    return settled, undecided


def _strength(choice: Match | Ambiguous | None) -> tuple[bool, bool]:
    if not isinstance(choice, Match):
        return False, False
    return choice.on_nhs_number, choice.is_equal


def _fits(seeker: Seeker, child: Identity) -> bool:
    """Accents, apostrophes and case of names do not count here; the differences show later."""
    given = search.fold(seeker.given_name) == search.fold(child.given_name)
    family = search.fold(seeker.family_name) == search.fold(child.family_name)
    born = seeker.date_of_birth == child.date_of_birth
    place = formats.is_evidence(seeker.postcode) and seeker.postcode == child.postcode
    return (given and family and born) or (place and given + family + born >= 2)


def _is_equal(seeker: Seeker, child: Identity) -> bool:
    return (
        same_text(seeker.given_name, child.given_name)
        and same_text(seeker.family_name, child.family_name)
        and seeker.date_of_birth == child.date_of_birth
        and formats.is_evidence(seeker.postcode)
        and seeker.postcode == child.postcode
    )


class StoredChild(Protocol):
    """The fields of a child that a row may change."""

    given_name: str
    family_name: str
    preferred_given_name: str
    preferred_family_name: str
    date_of_birth: date
    birth_academic_year: int
    gender: int
    nhs_number: str | None
    address_line_1: str
    address_line_2: str
    town: str
    postcode: str
    registration: str


@dataclass
class Differences:
    """How a row differs from the stored child, by field, with the row's values."""

    respelt: dict[str, Any] = field(default_factory=dict)
    filled: dict[str, Any] = field(default_factory=dict)
    conflicting: dict[str, Any] = field(default_factory=dict)


NAME_FIELDS = ("given_name", "family_name", "preferred_given_name", "preferred_family_name")


def compare(stored: StoredChild, row: ChildRow) -> Differences:
    """How a row differs from the child it means (§8).

    A blank cell never erases. What differs by case or spacing is respelt without a word; blanks
    are filled; another address at the same postcode replaces the old one; all else conflicts.
    """
    found = Differences()
    for name in (*NAME_FIELDS, "registration"):
        _compare_text(found, name, getattr(stored, name), getattr(row, name))
    if row.date_of_birth != stored.date_of_birth:
        found.conflicting["date_of_birth"] = row.date_of_birth
    if row.states_year_group and row.birth_academic_year != stored.birth_academic_year:
        found.conflicting["birth_academic_year"] = row.birth_academic_year
    if row.gender and row.gender != stored.gender:
        (found.conflicting if stored.gender else found.filled)["gender"] = row.gender
    if row.nhs_number and row.nhs_number != stored.nhs_number:
        kind = found.conflicting if stored.nhs_number else found.filled
        kind["nhs_number"] = row.nhs_number
    _compare_address(found, stored, row)
    return found


def _compare_text(found: Differences, name: str, old: str, new: str) -> None:
    if not new or new == old:
        return
    if not old:
        found.filled[name] = new
    elif same_text(old, new):
        found.respelt[name] = new
    else:
        found.conflicting[name] = new


def _compare_address(found: Differences, stored: StoredChild, row: ChildRow) -> None:
    """At another postcode the whole address waits, its missing lines as blanks."""
    has_none = not any(getattr(stored, name) for name in ADDRESS_FIELDS)
    if row.postcode and row.postcode != stored.postcode and not has_none:
        found.conflicting.update({name: getattr(row, name) for name in ADDRESS_FIELDS})
        return
    for name in ADDRESS_FIELDS:
        old, new = getattr(stored, name), getattr(row, name)
        if new and new != old:
            (found.respelt if same_text(old, new) else found.filled)[name] = new


@dataclass(frozen=True)
class Schooling:
    """Where a child goes to school: a school, or at home, or nobody knows."""

    school_id: int | None
    home_educated: bool | None

    @property
    def is_unknown(self) -> bool:
        return self.school_id is None and not self.home_educated


def school_change(
    *,
    current: Schooling,
    target: Schooling,
    may_apply: bool,
    is_deceased: bool,
    ignored: Schooling | None,
) -> Literal["none", "apply", "propose"]:
    """What becomes of a school that a row names (§11).

    Applied at once where the school was unknown, unless something else about the child waits for
    a person (`may_apply`). A target that somebody chose to ignore is not proposed again; the
    school of a child who has died is left alone.
    """
    if target == current or is_deceased:
        return "none"
    if current.is_unknown and may_apply:
        return "apply"
    return "none" if target == ignored else "propose"


def year_groups_of_ages(lowest: str, highest: str) -> list[int]:
    """The year groups a school teaches, from the ages the register gives (§1.2).

    11 to 16 is Years 7 to 11; 3 to 11 begins with nursery; ages left blank tell nothing.
    """
    if not (lowest.isdigit() and highest.isdigit()):
        return []
    return list(range(int(lowest) - 4, int(highest) - 4))


def repair_website(address: str) -> str:
    """The website with a scheme; empty where it is no address (§1.2)."""
    scheme, host = "https", address.strip()
    if match := re.match(r"(https?):/*", host, re.IGNORECASE):
        scheme, host = match.group(1).lower(), host[match.end() :]
    if " " in host or "." not in host or len(host) > 480:
        return ""
    return f"{scheme}://{host}"
