"""Which child an online response means: plain values in and out.

Source: consent §3 and §15; what we chose is explained in docs/decisions/0043-matching.md.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cohorts import formats, search
from cohorts.rules import Identity, Seeker

MOST_SUGGESTIONS = 5


@dataclass(frozen=True)
class Candidate:
    """A child of the organisation whom a response might mean.

    `in_session`: the child is in the session whose link the parent used.
    """

    identity: Identity
    in_session: bool


@dataclass(frozen=True)
class Found:
    """The child that is meant beyond doubt, if any; else whom a person might look at first."""

    child_id: int | None = None
    suggestions: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Agreement:
    """In which of the four facts a response and a child agree."""

    given: bool
    family: bool
    birth: bool
    place: bool

    @property
    def facts(self) -> int:
        return self.given + self.family + self.birth + self.place

    @property
    def fits(self) -> bool:
        return self.facts >= 3


def name_key(name: str) -> str:
    """What two names must have in common to be equal: case, apostrophes of any shape and spacing
    aside. Accents count. Empty for what has no letter in it, such as `%`, which names nobody.
    """
    plain = unicodedata.normalize("NFD", name.translate(search.APOSTROPHES)).casefold()
    plain = unicodedata.normalize("NFC", " ".join(plain.split()))
    return plain if any(character.isalpha() for character in plain) else ""


def find_child(
    seeker: Seeker, candidates: Iterable[Candidate], *, holder: Identity | None = None
) -> Found:
    """The child whom a response means, or whom to suggest.

    `holder` is the organisation's child with the NHS number of the response, where that is
    known: it settles the matter, and a different number means a different child. Otherwise one
    child must agree in all four of names, birth date and postcode; or be the only one of the
    session who agrees in three. Nobody is found whose first name differs, since that may be a
    twin who is not on the list, or when several could be meant.
    """
    if holder is not None:
        return Found(holder.child_id)
    known = list(candidates)
    possible = [
        candidate
        for candidate in known
        if not (
            seeker.nhs_number
            and candidate.identity.nhs_number
            and candidate.identity.nhs_number != seeker.nhs_number
        )
    ]
    chosen = _beyond_doubt(seeker, possible)
    if chosen is not None:
        return Found(chosen)
    return Found(suggestions=_suggestions(seeker, known))


def agrees_in_all(seeker: Seeker, child: Identity) -> bool:
    """Whether a child agrees in all four facts, and holds no other NHS number."""
    numbers = {seeker.nhs_number, child.nhs_number} - {"", None}
    return _agreement(seeker, child).facts == 4 and len(numbers) < 2


def _beyond_doubt(seeker: Seeker, candidates: Sequence[Candidate]) -> int | None:
    agreements = [(_agreement(seeker, found.identity), found) for found in candidates]
    equal = [found for agreement, found in agreements if agreement.facts == 4]
    if equal:
        pool = [found for found in equal if found.in_session] or equal
        return pool[0].identity.child_id if len(pool) == 1 else None
    fitting = [
        (agreement, found) for agreement, found in agreements if agreement.fits and found.in_session
    ]
    if len(fitting) != 1:
        return None
    [(agreement, found)] = fitting
    return found.identity.child_id if agreement.given else None


def _agreement(seeker: Seeker, child: Identity) -> _Agreement:
    return _Agreement(
        given=_same_name(seeker.given_name, child.given_name),
        family=_same_name(seeker.family_name, child.family_name),
        birth=seeker.date_of_birth == child.date_of_birth,
        place=formats.is_evidence(seeker.postcode) and seeker.postcode == child.postcode,
    )


def _same_name(one: str, other: str) -> bool:
    key = name_key(one)
    return key != "" and key == name_key(other)


def _suggestions(seeker: Seeker, candidates: Iterable[Candidate]) -> tuple[int, ...]:
    """The likeliest first. Here accents do not count, and a twin is worth a look."""
    ranked = []
    for found in candidates:
        child = found.identity
        likeness = _Agreement(
            given=search.fold(seeker.given_name) == search.fold(child.given_name),
            family=search.fold(seeker.family_name) == search.fold(child.family_name),
            birth=seeker.date_of_birth == child.date_of_birth,
            place=formats.is_evidence(seeker.postcode) and seeker.postcode == child.postcode,
        )
        if likeness.fits or (likeness.family and likeness.birth):
            ranked.append((-likeness.facts, not found.in_session, child.child_id))
    return tuple(child_id for _, _, child_id in sorted(ranked)[:MOST_SUGGESTIONS])
