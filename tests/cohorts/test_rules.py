"""Which child a row means, and what it does to them: cohorts and imports §7, §8 and §11."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohorts import rules
from cohorts.child_rows import ChildRow
from cohorts.rules import Ambiguous, Identity, Match, Schooling, choose_child, settle_collisions

BORN = date(2014, 3, 14)
ROW = ChildRow(
    line=2,
    given_name="Ravi",
    family_name="Poole",
    date_of_birth=BORN,
    birth_academic_year=2013,
    postcode="CV1 2AB",
    school_id=1,
    home_educated=None,
)
STORED = Identity(7, None, "Ravi", "Poole", BORN, "CV1 2AB")
X, Y = "9994712209", "9995864134"


def choose(row, *stored):
    holder = next((c for c in stored if row.nhs_number and c.nhs_number == row.nhs_number), None)
    return choose_child(row, holder=holder, candidates=stored)


@pytest.mark.parametrize(
    ("row", "stored", "matches"),
    [
        # the table of §7
        ({"nhs_number": X}, {"nhs_number": X, "given_name": "Tom", "postcode": "B1 1AA"}, True),
        ({"nhs_number": X}, {}, True),
        ({}, {"nhs_number": X}, True),
        ({"nhs_number": X}, {"nhs_number": Y}, False),
        ({}, {"date_of_birth": date(2011, 3, 14)}, True),
        ({}, {"given_name": "Rohan"}, True),
        ({}, {"family_name": "Marsh"}, True),
        ({"postcode": ""}, {}, True),
        ({"postcode": "B1 1AA"}, {}, True),
        ({"postcode": "B1 1AA"}, {"date_of_birth": date(2011, 3, 14)}, False),
        ({"postcode": "ZZ99 3WZ"}, {"postcode": "ZZ99 3WZ", "given_name": "Rohan"}, False),
        # §18-24: accents and apostrophes make candidates, and the difference shows later
        ({"given_name": "Zoe"}, {"given_name": "Zoë"}, True),
        ({"family_name": "O'Hara"}, {"family_name": "OHARA"}, True),
    ],
)
def test_which_child_a_row_means(row, stored, matches):
    found = choose(replace(ROW, **row), replace(STORED, **stored))
    assert isinstance(found, Match) is matches


def test_the_nhs_number_settles_it_whatever_the_names():
    other = Identity(8, X, "Tom", "Marsh", date(2012, 1, 1), "B1 1AA")
    assert choose(replace(ROW, nhs_number=X), STORED, other) == Match(8, on_nhs_number=True)


def test_one_equal_in_all_four_comes_before_the_others():
    twin = replace(STORED, child_id=8, given_name="Rohan")
    assert choose(ROW, STORED, twin) == Match(7, on_nhs_number=False, is_equal=True)
    assert choose(replace(ROW, given_name="R."), STORED, twin) == Ambiguous((7, 8))


def test_two_equal_ones_are_ambiguous():
    assert choose(ROW, STORED, replace(STORED, child_id=8)) == Ambiguous((7, 8))


def test_of_two_rows_the_better_one_keeps_the_child():
    equal = Match(7, on_nhs_number=False, is_equal=True)
    partial = Match(7, on_nhs_number=False)
    numbered = Match(7, on_nhs_number=True)
    assert settle_collisions([partial, equal]) == ([None, equal], [])
    assert settle_collisions([equal, numbered]) == ([None, numbered], [])
    assert settle_collisions([partial, None, partial]) == ([partial, None, partial], [[0, 2]])


@given(
    st.lists(
        st.one_of(
            st.none(),
            st.builds(Match, st.integers(1, 4), st.booleans(), st.booleans()),
            st.builds(Ambiguous, st.just((1, 2))),
        )
    )
)
def test_no_stored_child_is_ever_meant_by_two_rows(chosen):
    settled, undecided = settle_collisions(chosen)
    in_doubt = {place for group in undecided for place in group}
    sure = [
        choice.child_id
        for place, choice in enumerate(settled)
        if isinstance(choice, Match) and place not in in_doubt
    ]
    assert len(sure) == len(set(sure))
    assert len(settled) == len(chosen)


class Stored:
    """A stored child with every detail known."""

    given_name = "Ravi"
    family_name = "Poole"
    preferred_given_name = ""
    preferred_family_name = ""
    date_of_birth = BORN
    birth_academic_year = 2013
    gender = 0
    nhs_number = None
    address_line_1 = "1 High Street"
    address_line_2 = "Flat 2"
    town = "Coventry"
    postcode = "CV1 2AB"
    registration = "8B"

    def __init__(self, **fields):
        vars(self).update(fields)


@pytest.mark.parametrize(
    ("stored", "row", "respelt", "filled", "conflicting"),
    [
        ({}, {}, {}, {}, {}),
        ({}, {"given_name": "RAVI"}, {"given_name": "RAVI"}, {}, {}),
        ({"given_name": "Anne  Marie"}, {"given_name": "Anne Marie"}, {"given_name"}, {}, {}),
        ({}, {"given_name": "Tom"}, {}, {}, {"given_name"}),
        ({"given_name": "Zoë"}, {"given_name": "Zoe"}, {}, {}, {"given_name"}),
        ({}, {"preferred_given_name": "Rav"}, {}, {"preferred_given_name"}, {}),
        ({}, {"gender": 9}, {}, {"gender"}, {}),
        ({"gender": 1}, {"gender": 2}, {}, {}, {"gender"}),
        ({"gender": 1}, {"gender": 0}, {}, {}, {}),
        ({"gender": 1}, {"gender": None}, {}, {}, {}),
        ({}, {"nhs_number": X}, {}, {"nhs_number"}, {}),
        ({"nhs_number": X}, {}, {}, {}, {}),
        ({}, {"date_of_birth": date(2014, 4, 1)}, {}, {}, {"date_of_birth"}),
        ({}, {"registration": "8C"}, {}, {}, {"registration"}),
        ({"registration": ""}, {"registration": "8C"}, {}, {"registration"}, {}),
        ({"birth_academic_year": 2012}, {}, {}, {}, {}),
        (
            {"birth_academic_year": 2012},
            {"states_year_group": True},
            {},
            {},
            {"birth_academic_year"},
        ),
        # the address: the same postcode takes it over, another one sets it aside as a whole
        ({}, {"address_line_1": "2 High Street"}, {}, {"address_line_1"}, {}),
        ({}, {"town": "COVENTRY"}, {"town"}, {}, {}),
        (
            {},
            {"postcode": "CV3 4XY", "address_line_1": "9 Low Road"},
            {},
            {},
            {
                "postcode": "CV3 4XY",
                "address_line_1": "9 Low Road",
                "address_line_2": "",
                "town": "",
            },
        ),
        (
            {"address_line_1": "", "address_line_2": "", "town": "", "postcode": ""},
            {"town": "Rugby"},
            {},
            {"town", "postcode"},
            {},
        ),
    ],
)
def test_how_a_row_differs(stored, row, respelt, filled, conflicting):
    found = rules.compare(Stored(**stored), replace(ROW, **row))
    for part, expected in (
        (found.respelt, respelt),
        (found.filled, filled),
        (found.conflicting, conflicting),
    ):
        assert set(part) == set(expected)
        if isinstance(expected, dict):
            assert part == expected


AT_1, AT_2 = Schooling(1, None), Schooling(2, None)
HOME, UNKNOWN = Schooling(None, True), Schooling(None, False)


@pytest.mark.parametrize(
    ("current", "target", "may_apply", "ignored", "change"),
    [
        (AT_1, AT_1, True, None, "none"),
        (AT_1, AT_2, True, None, "propose"),
        (AT_1, UNKNOWN, True, None, "propose"),
        (AT_1, HOME, True, None, "propose"),
        (HOME, AT_1, True, None, "propose"),
        (UNKNOWN, AT_1, True, None, "apply"),
        (UNKNOWN, HOME, True, None, "apply"),
        (UNKNOWN, AT_1, False, None, "propose"),
        (AT_1, AT_2, True, AT_2, "none"),
        (AT_1, AT_2, True, HOME, "propose"),
    ],
)
def test_what_becomes_of_another_school(current, target, may_apply, ignored, change):
    asked = {"current": current, "target": target, "may_apply": may_apply, "ignored": ignored}
    assert rules.school_change(**asked, is_deceased=False) == change
    assert rules.school_change(**asked, is_deceased=True) == "none"


@pytest.mark.parametrize(
    ("lowest", "highest", "groups"),
    [
        ("11", "16", range(7, 12)),
        ("4", "11", range(7)),
        ("3", "11", range(-1, 7)),
        ("2", "19", range(-2, 15)),
        ("", "", []),
        ("x", "11", []),
    ],
)
def test_year_groups_of_ages(lowest, highest, groups):
    assert rules.year_groups_of_ages(lowest, highest) == list(groups)


@pytest.mark.parametrize(
    ("address", "repaired"),
    [
        ("www.alder.example", "https://www.alder.example"),
        ("http:www.alder.example", "http://www.alder.example"),
        ("HTTPS://alder.example/home", "https://alder.example/home"),
        ("http//alder", ""),
        ("none given.", ""),
        ("", ""),
    ],
)
def test_websites_are_repaired(address, repaired):
    assert rules.repair_website(address) == repaired
