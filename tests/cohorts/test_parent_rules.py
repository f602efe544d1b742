"""Which stored parent an uploaded one is: cohorts and imports §10."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohorts.child_rows import UploadedParent
from cohorts.parent_rules import StoredParent, is_same_person, reconcile

FAMILY = "fam@example.com"
PHONE = "+447700900123"


def person(full_name="", email="", phone="", kind="unknown"):
    return UploadedParent(full_name, email, phone, kind)


def stored(key, full_name="", email="", phone="", kind="mother"):
    return StoredParent(key, full_name, email, phone, kind)


def steps(*people, of_child=(), others=()):
    return reconcile(people, of_child=of_child, sharing_contact=lambda _: others)


@pytest.mark.parametrize(
    ("uploaded", "known"),
    [
        (person("Ann Poole", FAMILY), stored(1, "ANN  POOLE", FAMILY)),
        (person("", FAMILY), stored(1, "Ann Poole", FAMILY)),
        (person("Ann Poole", FAMILY), stored(1, "", FAMILY)),
        (person("Ann Poole", "", PHONE), stored(1, "", "ann@example.com", PHONE)),
        (person("Ann Poole"), stored(1, "Ann Poole", FAMILY)),
    ],
)
def test_a_parent_of_the_child_is_known_by_email_phone_or_name(uploaded, known):
    [step] = steps(uploaded, of_child=[known])
    assert step.stored is known
    assert not step.conflicting
    assert step.relationship == "same"


def test_blanks_are_filled_and_nothing_is_erased():
    [step] = steps(person("Ann Poole", "", PHONE), of_child=[stored(1, "Ann Poole", FAMILY)])
    assert step.filled == {"phone": PHONE}
    assert not step.conflicts


def test_a_different_number_or_address_conflicts():
    known = stored(1, "Ann Poole", FAMILY, PHONE)
    [step] = steps(person("Ann Poole", FAMILY, "+447700900999"), of_child=[known])
    assert step.conflicting == {"phone": "+447700900999"}
    [step] = steps(person("Ann Poole", "new@example.com"), of_child=[known])
    assert step.conflicting == {"email": "new@example.com"}


def test_another_name_at_the_same_address_is_for_a_person_to_decide():
    [step] = steps(person("Bob Poole", FAMILY), of_child=[stored(1, "Ann Poole", FAMILY)])
    assert step.conflicting == {"full_name": "Bob Poole"}


def test_another_name_at_the_same_phone_is_another_person():
    [step] = steps(person("Bob Poole", "", PHONE), of_child=[stored(1, "Ann Poole", "", PHONE)])
    assert step.stored is None


def test_row_36_two_people_who_share_an_address_stay_two():
    both = [person("Ann", FAMILY), person("Bob", FAMILY)]
    assert [step.stored for step in steps(*both)] == [None, None]
    ann, bob = stored(1, "Ann", FAMILY), stored(2, "Bob", FAMILY)
    assert [step.stored for step in steps(*both, of_child=[bob, ann])] == [ann, bob]
    assert [step.stored for step in steps(*both, of_child=[ann])] == [ann, None]


def test_both_columns_with_one_person_make_one_parent():
    [step] = steps(person("Ann", FAMILY, "", "mother"), person("", FAMILY, PHONE))
    assert step.uploaded == UploadedParent("Ann", FAMILY, PHONE, "mother")


def test_e07_parents_of_other_families_are_shared_only_where_nothing_contradicts():
    elsewhere = StoredParent(9, "Ann Poole", FAMILY, PHONE)
    [step] = steps(person("Ann Poole", FAMILY), others=[elsewhere])
    assert (step.stored, step.relationship) == (elsewhere, "new")
    for other in (
        person("Bob Poole", FAMILY),
        person("Ann Poole", FAMILY, "+447700900999"),
    ):
        [step] = steps(other, others=[elsewhere])
        assert step.stored is None


def test_row_39_a_blank_relationship_keeps_a_known_one():
    [step] = steps(person("Ann"), of_child=[stored(1, "Ann", kind="mother")])
    assert step.relationship == "same"


def test_an_unknown_relationship_is_filled_and_another_one_conflicts():
    [step] = steps(person("Ann", kind="mother"), of_child=[stored(1, "Ann", kind="unknown")])
    assert step.relationship == "filled"
    [step] = steps(person("Ann", kind="guardian"), of_child=[stored(1, "Ann", kind="mother")])
    assert step.relationship == "conflicting"


names = st.sampled_from(["", "Ann", "Bob", "ANN"])
emails = st.sampled_from(["", FAMILY, "other@example.com"])
phones = st.sampled_from(["", PHONE, "+447700900999"])
people = st.builds(person, names, emails, phones).filter(
    lambda one: one.full_name or one.email or one.phone
)
known = st.builds(StoredParent, st.integers(), names, emails, phones, st.just("mother"))


@given(
    st.lists(people, max_size=2, unique=True),
    st.lists(known, max_size=4, unique_by=lambda one: one.key),
    st.lists(known, max_size=4, unique_by=lambda one: one.key),
)
def test_no_stored_parent_is_two_people_and_none_is_lost(uploaded, of_child, others):
    found = steps(*uploaded, of_child=of_child, others=others)
    keys = [step.stored.key for step in found if step.stored]
    assert len(keys) == len(set(keys))
    assert len(found) in (len(uploaded), min(len(uploaded), 1))
    for step in found:
        assert not step.filled.keys() & step.conflicting.keys()
        assert not (step.stored is None and step.conflicts)


OTHER = "+447700900999"


@pytest.mark.parametrize(
    ("known", "given", "of_child", "of_another"),
    [
        (("Ann Poole", FAMILY, PHONE), ("ann  poole", FAMILY, PHONE), True, True),
        (("Ann O’Neil", FAMILY, ""), ("Ánn O'Neil", FAMILY, ""), True, True),
        (("Ann", FAMILY, PHONE), ("Ann", FAMILY, ""), True, True),
        (("Ann", FAMILY, ""), ("Ann", FAMILY, PHONE), True, False),
        (("Ann", "", PHONE), ("Ann", "", PHONE), True, False),
        (("Ann", "", PHONE), ("Ann", FAMILY, PHONE), True, False),
        (("", FAMILY, ""), ("Ann", FAMILY, PHONE), True, False),
        (("Ann", FAMILY, ""), ("", FAMILY, ""), True, False),
        (("Ann", "", ""), ("Ann", "", ""), True, False),
        (("Ann", FAMILY, ""), ("Ann", "", ""), False, False),
        (("Ann", FAMILY, ""), ("Ann", "", PHONE), False, False),
        (("Ann", FAMILY, PHONE), ("Bob", FAMILY, PHONE), False, False),
        (("Ann", FAMILY, PHONE), ("Ann", FAMILY, OTHER), False, False),
        (("Ann", FAMILY, PHONE), ("Ann", "other@example.com", PHONE), False, False),
    ],
)
def test_e07_who_is_the_person_that_was_typed_in(known, given, of_child, of_another):
    """Of the very child, blanks contradict nothing; of another child, nothing may be left open."""
    known, given = StoredParent(1, *known), person(*given)
    assert is_same_person(known, given, is_of_child=True) is of_child
    assert is_same_person(known, given, is_of_child=False) is of_another


@given(known, people)
def test_who_contradicts_is_another_person_and_strangers_are_known_by_more(known, given):
    of_child = is_same_person(known, given, is_of_child=True)
    if is_same_person(known, given, is_of_child=False):
        assert of_child
    if of_child:
        for name in ("full_name", "email", "phone"):
            old, new = getattr(known, name), getattr(given, name)
            assert not (old and new) or old.lower() == new.lower()
    assert is_same_person(given, known, is_of_child=True) is of_child


@given(people)
def test_everybody_is_who_they_are(given):
    is_same = is_same_person(given, given, is_of_child=True)
    assert is_same is True
