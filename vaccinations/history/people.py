"""Whom the rows of a history file are about.

History is matched exactly, because twins share all but a first name: an NHS number, or all of
first name, last name, date of birth and postcode; without a postcode, names and date of birth.
Whoever is not found so is a child of no cohort. Source: cohorts and imports §5 and §7.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from accounts.models import Organisation
from cohorts import formats, search
from cohorts.child_rows import Problem
from cohorts.matching import match_children
from cohorts.models import Child
from cohorts.rules import Ambiguous, Match, same_text
from vaccinations.history.rows import HistoryRow, Person


@dataclass(eq=False)
class Newcomer:
    """Somebody whom only this file knows; rows about one person share one newcomer."""

    person: Person
    nhs_number: str | None


@dataclass
class People:
    """For each row, in order, the child it is about; and what is wrong or worth a look."""

    subjects: list[Child | Newcomer] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    near_misses: list[int] = field(default_factory=list)


def find_people(rows: Sequence[HistoryRow], *, organisation: Organisation) -> People:
    """The children of the rows, in a few queries for thousands of rows.

    `near_misses` are the lines of newcomers who resemble a child: somebody may have moved house.
    """
    choices = match_children([row.person for row in rows], organisation=organisation)
    children = Child.objects.in_bulk({pk for choice in choices for pk in _candidates(choice)})
    people, newcomers = People(), _Newcomers()
    for row, choice in zip(rows, choices, strict=True):
        candidates = [children[pk] for pk in _candidates(choice)]
        found = candidates
        if isinstance(choice, Match) and choice.on_nhs_number:
            if not _could_be(row.person, candidates[0]):
                people.problems.append(
                    Problem(
                        row.line,
                        "NHS_NUMBER",
                        "This NHS number belongs to a child with another last name and date of "
                        "birth",
                    )
                )
        else:
            found = [child for child in candidates if _is_exactly(row.person, child)]
        if len(found) > 1:
            people.problems.append(
                Problem(
                    row.line,
                    "",
                    f"{len(found)} children already in Mavis could be this one. Add the NHS number",
                )
            )
        if candidates and not found:
            people.near_misses.append(row.line)
        people.subjects.append(found[0] if found else newcomers.of(row.person))
    return people


def _candidates(choice: Match | Ambiguous | None) -> Iterable[int]:
    if isinstance(choice, Match):
        return (choice.child_id,)
    return choice.child_ids if choice else ()


def _could_be(person: Person, child: Child) -> bool:
    """Whether a number may be theirs: a wrong digit leads to a stranger, who shares nothing."""
    return person.date_of_birth == child.date_of_birth or (
        search.fold(person.family_name) == search.fold(child.family_name)
    )


def _is_exactly(person: Person, child: Child) -> bool:
    return (
        same_text(person.given_name, child.given_name)
        and same_text(person.family_name, child.family_name)
        and person.date_of_birth == child.date_of_birth
        and (not formats.is_evidence(person.postcode) or person.postcode == child.postcode)
    )


class _Newcomers:
    """Tells apart the people whom nobody knows yet, by the same exact rule."""

    def __init__(self) -> None:
        self.by_number: dict[str, Newcomer] = {}
        self.by_details: dict[tuple, list[Newcomer]] = {}

    def of(self, person: Person) -> Newcomer:
        """The newcomer this person is; a different NHS number is a different person."""
        if person.nhs_number in self.by_number:
            return self.by_number[person.nhs_number]
        alike = self.by_details.setdefault(_details(person), [])
        for newcomer in alike:
            if not (person.nhs_number and newcomer.nhs_number):
                newcomer.nhs_number = newcomer.nhs_number or person.nhs_number
                break
        else:
            newcomer = Newcomer(person, person.nhs_number)
            alike.append(newcomer)
        if newcomer.nhs_number:
            self.by_number[newcomer.nhs_number] = newcomer
        return newcomer


def _details(person: Person) -> tuple:
    return (
        person.given_name.casefold(),
        person.family_name.casefold(),
        person.date_of_birth,
        person.postcode,
    )
