"""Which stored parent an uploaded or typed one is, and how the two differ: plain rules on values.

Two people who share an email address stay two people. Source: cohorts and imports §10 and §18-7;
the choices are explained in docs/decisions/0020-parents.md.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

from cohorts.child_rows import UploadedParent
from cohorts.rules import same_text
from cohorts.search import fold

CONTACT_FIELDS = ("full_name", "email", "phone")


class Person(Protocol):
    """Somebody by name, address and number; what is not known is empty."""

    @property
    def full_name(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def phone(self) -> str: ...


class Belonging(Protocol):
    """How a parent belongs to a child, and whether somebody vouches for them."""

    is_vouched_for: bool

    @property
    def parent(self) -> Person: ...


AnyBelonging = TypeVar("AnyBelonging", bound=Belonging)


def strangers(on_record: Sequence[AnyBelonging]) -> list[AnyBelonging]:
    """Those on the record of a child whom nobody vouches for, and who share neither address nor
    number with somebody for whom one does. None where nobody else is on it: there is nothing to
    tell them apart from. Source: consent §15, abuse of a shared link; lessons I24.
    """
    if len(on_record) < 2:
        return []
    vouched = [one.parent for one in on_record if one.is_vouched_for]
    return [
        one
        for one in on_record
        if not one.is_vouched_for
        and not any(_share_an_address(one.parent, other) for other in vouched)
    ]


def _share_an_address(one: Person, other: Person) -> bool:
    pairs = [(one.email, other.email), (one.phone, other.phone)]
    return any(mine and mine == theirs for mine, theirs in pairs)


def is_same_person(known: Person, given: Person, *, is_of_child: bool) -> bool:
    """Whether a parent on record is whom somebody typed in, by hand or in a form.

    One of the very child is, if they share an address or number, or have none and a name, and
    contradict in nothing: what is empty contradicts nothing. One of another child is only with
    that very name and address, and with the number, if one is given: two families may share an
    address. Source: consent §3 and §15, cohorts and imports §18-7.
    """
    names = fold(known.full_name), fold(given.full_name)
    pairs = [names, (known.email, given.email), (known.phone, given.phone)]
    if any(one and other and one != other for one, other in pairs):
        return False
    if not is_of_child:
        return bool(all(names) and known.email and given.email) and given.phone in ("", known.phone)
    contacts = pairs[1:]
    if any(any(pair) for pair in contacts):
        return any(one and one == other for one, other in contacts)
    return all(names)


@dataclass(frozen=True)
class StoredParent:
    """A parent as stored; `kind` is None for one who is no parent of the child in question."""

    key: Hashable
    full_name: str
    email: str
    phone: str
    kind: str | None = None
    other_name: str = ""


@dataclass
class ParentStep:
    """What becomes of one uploaded parent.

    Without `stored` it is a new person. `relationship` says whether the child gets a new one, an
    unknown one is filled, the two conflict, or nothing is to do.
    """

    uploaded: UploadedParent
    stored: StoredParent | None = None
    filled: dict[str, str] = field(default_factory=dict)
    conflicting: dict[str, str] = field(default_factory=dict)
    relationship: Literal["new", "filled", "conflicting", "same"] = "same"

    @property
    def conflicts(self) -> bool:
        return bool(self.conflicting) or self.relationship == "conflicting"

    @property
    def changes(self) -> bool:
        """Whether taking the step without a person's decision would change anything."""
        return self.stored is None or bool(self.filled) or self.relationship in ("new", "filled")


def reconcile(
    uploaded: Sequence[UploadedParent],
    *,
    of_child: Sequence[StoredParent],
    sharing_contact: Callable[[UploadedParent], Iterable[StoredParent]],
) -> list[ParentStep]:
    """One step for each uploaded parent of a row.

    A stored parent of the child is the same person if email address, telephone number or name
    are equal, in that order, and the names do not differ. After that come other parents of the
    organisation (`sharing_contact`), who must not contradict in anything. A parent of the child
    with the same email address and another name is left to a person to decide on.
    """
    people = _merge_repeated(uploaded)
    claimed: dict[Hashable, StoredParent] = {}
    found: dict[UploadedParent, StoredParent] = {}

    def claim(person: UploadedParent, options: Iterable[StoredParent]) -> None:
        free = [option for option in options if option.key not in claimed]
        if person not in found and free:
            best = max(free, key=lambda stored: _likeness(person, stored))
            claimed[best.key] = found[person] = best

    for is_same in (_same_email, _same_phone, _same_name):
        for person in people:
            claim(
                person,
                [s for s in of_child if is_same(person, s) and _names_agree(person, s)],
            )
    own = {stored.key for stored in of_child}
    for person in people:
        others = [s for s in sharing_contact(person) if s.key not in own]
        claim(person, [s for s in others if _nothing_contradicts(person, s)])
    for person in people:
        claim(person, [s for s in of_child if _same_email(person, s)])
    return [_step(person, found.get(person)) for person in people]


def _merge_repeated(uploaded: Sequence[UploadedParent]) -> list[UploadedParent]:
    """One person where both parents of a row share a contact and a name, or say nothing else."""
    if len(uploaded) == 2:
        one, two = uploaded
        as_stored = StoredParent(None, two.full_name, two.email, two.phone)
        share_contact = _same_email(one, as_stored) or (
            _same_phone(one, as_stored) and _same_name(one, as_stored)
        )
        if share_contact and _nothing_contradicts(one, as_stored):
            named = one if one.kind != "unknown" else two
            return [
                UploadedParent(
                    full_name=one.full_name or two.full_name,
                    email=one.email or two.email,
                    phone=one.phone or two.phone,
                    kind=named.kind,
                    other_name=named.other_name,
                )
            ]
    return list(uploaded)


def _same_email(person: UploadedParent, stored: StoredParent) -> bool:
    return bool(person.email) and person.email == stored.email


def _same_phone(person: UploadedParent, stored: StoredParent) -> bool:
    return bool(person.phone) and person.phone == stored.phone


def _same_name(person: UploadedParent, stored: StoredParent) -> bool:
    return bool(person.full_name) and same_text(person.full_name, stored.full_name)


def _names_agree(person: UploadedParent, stored: StoredParent) -> bool:
    return not (person.full_name and stored.full_name) or _same_name(person, stored)


def _nothing_contradicts(person: UploadedParent, stored: StoredParent) -> bool:
    return (
        _names_agree(person, stored)
        and (not (person.email and stored.email) or _same_email(person, stored))
        and (not (person.phone and stored.phone) or _same_phone(person, stored))
    )


def _likeness(person: UploadedParent, stored: StoredParent) -> tuple[bool, ...]:
    same_blank_name = not person.full_name and not stored.full_name
    return (
        _same_name(person, stored) or same_blank_name,
        _same_phone(person, stored),
        _same_email(person, stored),
    )


def _step(person: UploadedParent, stored: StoredParent | None) -> ParentStep:
    step = ParentStep(uploaded=person, stored=stored, relationship="new")
    if stored is None:
        return step
    for name in CONTACT_FIELDS:
        old, new = getattr(stored, name), getattr(person, name)
        if new and not same_text(old, new):
            (step.conflicting if old else step.filled)[name] = new
    if stored.kind is not None:
        step.relationship = _relationship_change(person, stored)
    return step


def _relationship_change(
    person: UploadedParent, stored: StoredParent
) -> Literal["filled", "conflicting", "same"]:
    """A blank relationship keeps a known one (§17 row 39)."""
    if person.kind == "unknown":
        return "same"
    if stored.kind == "unknown":
        return "filled"
    is_same = person.kind == stored.kind and same_text(person.other_name, stored.other_name)
    return "same" if is_same else "conflicting"
