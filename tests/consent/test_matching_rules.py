"""Which child an online response means. Consent §3, scenarios 14.1 and 14.31."""

from dataclasses import dataclass, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohorts.rules import Identity
from consent.matching_rules import Candidate, Found, find_child, name_key

BORN = date(2013, 10, 1)


@dataclass(frozen=True)
class Seeker:
    given_name: str = "Joanna"
    family_name: str = "Smith"
    date_of_birth: date = BORN
    postcode: str = "TE1 1ST"
    nhs_number: str = ""


JOANNA = Identity(1, None, "Joanna", "Smith", BORN, "TE1 1ST")


def in_session(child, **changes):
    return Candidate(replace(child, **changes), in_session=True)


def outside(child, **changes):
    return Candidate(replace(child, **changes), in_session=False)


def meant(candidates, **typed):
    return find_child(Seeker(**typed), candidates).child_id


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Joanna ", "joanna"),
        ("ANNE  MARIE", "Anne Marie"),
        ("O'Hara", "O’Hara"),
        ("O`Hara", "Oʼhara"),
        ("O´Hara", "OHara"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("Straße", "STRASSE"),
        ("Ｊo", "Ｊo"),
        ("李小龙", "李小龙"),
    ],
)
def test_names_are_equal_but_for_case_apostrophes_and_spacing(typed, stored):
    assert name_key(typed) == name_key(stored) != ""


@pytest.mark.parametrize(
    ("typed", "stored"), [("Zoe", "Zoë"), ("Anne-Marie", "Anne Marie"), ("Jo", "Joanna")]
)
def test_names_that_differ_in_more_are_different(typed, stored):
    assert name_key(typed) != name_key(stored)


@pytest.mark.parametrize("nobody", ["%", "_", "%%", "' '", "1", "", "*"])
def test_consent_14_31_a_name_without_letters_is_nobodys(nobody):
    child = in_session(JOANNA, given_name=nobody, family_name=nobody)
    assert meant([child], given_name=nobody, family_name=nobody) is None


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"given_name": " JOANNA", "postcode": "SW1A 1AA"},
        {"postcode": ""},
        {"date_of_birth": date(2013, 1, 10)},
        {"family_name": "Jones"},
    ],
)
def test_consent_14_2_the_only_child_of_the_session_who_agrees_in_three_is_meant(typed):
    assert meant([in_session(JOANNA)], **typed) == 1


@pytest.mark.parametrize(
    "typed",
    [
        {"given_name": "Amy"},
        {"given_name": "Jo"},
        {"postcode": "", "family_name": "Jones"},
        {"postcode": "", "date_of_birth": date(2013, 1, 10)},
        {"postcode": "SW1A 1AA", "family_name": "Jones"},
    ],
)
def test_too_little_agrees_or_the_first_name_differs(typed):
    assert meant([in_session(JOANNA)], **typed) is None


def test_consent_14_31_a_twin_who_is_not_listed_is_not_taken_for_the_one_who_is():
    ann = in_session(JOANNA, given_name="Ann")
    assert find_child(Seeker(given_name="Amy"), [ann]) == Found(suggestions=(1,))
    assert find_child(Seeker(given_name="Amy", postcode=""), [ann]) == Found(suggestions=(1,))


def test_of_two_twins_the_one_who_agrees_in_all_is_meant():
    twins = [in_session(JOANNA, given_name="Ann"), in_session(JOANNA, child_id=2)]
    assert meant(twins) == 2


def test_several_who_agree_in_three_leave_it_open():
    namesakes = [
        in_session(JOANNA, postcode="SW1A 1AA"),
        in_session(JOANNA, child_id=2, postcode="CV1 2AB"),
    ]
    assert find_child(Seeker(), namesakes) == Found(suggestions=(1, 2))


def test_two_equal_records_leave_it_open_unless_one_is_in_the_session():
    assert meant([in_session(JOANNA), in_session(JOANNA, child_id=2)]) is None
    assert meant([outside(JOANNA), in_session(JOANNA, child_id=2)]) == 2
    assert meant([outside(JOANNA), outside(JOANNA, child_id=2)]) is None


def test_a_child_of_another_session_must_agree_in_all_four():
    assert meant([outside(JOANNA)]) == 1
    assert meant([outside(JOANNA)], postcode="") is None
    assert meant([outside(JOANNA)], postcode="SW1A 1AA") is None
    assert find_child(Seeker(postcode=""), [outside(JOANNA)]).suggestions == (1,)


def test_who_agrees_in_all_comes_before_who_is_in_the_session():
    twin = in_session(JOANNA, given_name="Ann")
    assert meant([twin, outside(JOANNA, child_id=2)]) == 2


def test_postcodes_that_stand_for_none_are_no_evidence():
    nowhere = in_session(JOANNA, postcode="ZZ99 3VZ", date_of_birth=date(2013, 1, 10))
    assert meant([nowhere], postcode="ZZ99 3VZ") is None


def test_a_number_that_was_found_settles_it_and_another_number_is_another_child():
    number = "9994712209"
    holder = replace(JOANNA, child_id=3, nhs_number=number, given_name="Anna")
    seeker = Seeker(nhs_number=number)
    assert find_child(seeker, [in_session(JOANNA)], holder=holder).child_id == 3
    other = in_session(JOANNA, nhs_number="9434765919")
    assert find_child(seeker, [other]) == Found(suggestions=(1,))
    assert find_child(seeker, [in_session(JOANNA)]).child_id == 1


def test_accents_do_not_hide_a_suggestion_and_the_likeliest_comes_first():
    children = [
        in_session(JOANNA, given_name="Ann"),
        in_session(JOANNA, child_id=2, given_name="Jóanna", postcode="SW1A 1AA"),
        in_session(JOANNA, child_id=3, given_name="Jóanna"),
    ]
    assert find_child(Seeker(), children) == Found(suggestions=(3, 1, 2))


names = st.sampled_from(["Ann", "ann ", "Amy", "O'Hara", "O’Hara", "%", "Zoë", "Zoe"])
places = st.sampled_from(["CV1 2AB", "SW1A 1AA", "", "ZZ99 3VZ"])
days = st.sampled_from([BORN, date(2013, 1, 10)])
candidates = st.builds(
    Candidate,
    st.builds(Identity, st.integers(1, 99), st.none(), names, names, days, places),
    st.booleans(),
)


@given(
    st.builds(Seeker, names, names, days, places),
    st.lists(candidates, max_size=6, unique_by=lambda one: one.identity.child_id),
)
def test_whoever_is_found_has_the_first_name_and_is_found_in_any_order(seeker, children):
    found = find_child(seeker, children)
    assert find_child(seeker, children[::-1]) == found
    if found.child_id is None:
        return
    [child] = [one for one in children if one.identity.child_id == found.child_id]
    stored = child.identity
    assert name_key(stored.given_name) == name_key(seeker.given_name) != ""
    agreeing = [
        name_key(stored.family_name) == name_key(seeker.family_name),
        stored.date_of_birth == seeker.date_of_birth,
        stored.postcode == seeker.postcode and stored.postcode not in ("", "ZZ99 3VZ"),
    ]
    assert sum(agreeing) >= (2 if child.in_session else 3)
