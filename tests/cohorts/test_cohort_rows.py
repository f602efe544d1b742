"""Each row of the table of inputs for files of child records: cohorts and imports §17."""

from datetime import date

import pytest

from cohorts.models import Child, ParentRelationship, SchoolMove
from sessions_app.models import Membership
from tests import factories
from tests.cohorts.conftest import child_row

pytestmark = pytest.mark.django_db
PARENT = {"PARENT_1_NAME": "Ann Poole"}


def only_child() -> Child:
    return Child.objects.get()


@pytest.mark.parametrize(
    ("cells", "column", "message"),
    [
        ({"FIRST_NAME": ""}, "CHILD_FIRST_NAME", "Enter a first name"),
        ({"LAST_NAME": "  "}, "CHILD_LAST_NAME", "Enter a last name"),
        ({"DATE_OF_BIRTH": ""}, "CHILD_DATE_OF_BIRTH", "Enter a date of birth"),
        ({"DATE_OF_BIRTH": "31/02/2012"}, "CHILD_DATE_OF_BIRTH", "must be a real date"),
        ({"DATE_OF_BIRTH": "2011-02-29"}, "CHILD_DATE_OF_BIRTH", "must be a real date"),
        ({"DATE_OF_BIRTH": "14/03/12"}, "CHILD_DATE_OF_BIRTH", "DD/MM/YYYY"),
        ({"DATE_OF_BIRTH": "14 March 2012"}, "CHILD_DATE_OF_BIRTH", "DD/MM/YYYY"),
        ({"DATE_OF_BIRTH": "03/25/2012"}, "CHILD_DATE_OF_BIRTH", "must be a real date"),
        ({"DATE_OF_BIRTH": "2012010\u200d 1"}, "CHILD_DATE_OF_BIRTH", "DD/MM/YYYY"),
        ({"DATE_OF_BIRTH": "2014-09-01"}, "CHILD_DATE_OF_BIRTH", "Year 7 is not in any"),
        ({"DATE_OF_BIRTH": "2010-08-31"}, "CHILD_DATE_OF_BIRTH", "Year 12 is not in any"),
        ({"DATE_OF_BIRTH": "23/11/2027"}, "CHILD_DATE_OF_BIRTH", "must be in the past"),
        ({"DATE_OF_BIRTH": "1979-05-05"}, "CHILD_DATE_OF_BIRTH", "2000 or later"),
        ({"YEAR_GROUP": "19"}, "CHILD_YEAR_GROUP", "Year 19 is not in any"),
        ({"YEAR_GROUP": "8A"}, "CHILD_YEAR_GROUP", "must be a number"),
        ({"NHS_NUMBER": "9994712208"}, "CHILD_NHS_NUMBER", "not a valid NHS number"),
        ({"NHS_NUMBER": "999471220"}, "CHILD_NHS_NUMBER", "10 digits"),
        ({"NHS_NUMBER": "99947I2209"}, "CHILD_NHS_NUMBER", "10 digits"),
        ({"NHS_NUMBER": "9.99471E+09"}, "CHILD_NHS_NUMBER", "spreadsheet"),
        ({"POSTCODE": "LS1"}, "CHILD_POSTCODE", "full UK postcode"),
        ({"POSTCODE": ""}, "CHILD_POSTCODE", "Enter a postcode"),
        ({"SCHOOL_URN": ""}, "CHILD_SCHOOL_URN", "Enter a school URN"),
        ({"SCHOOL_URN": "ALDER1"}, "CHILD_SCHOOL_URN", "no school with this URN"),
        ({"SCHOOL_URN": "14000"}, "CHILD_SCHOOL_URN", "no school with this URN"),
        ({"SCHOOL_URN": "140001.0"}, "CHILD_SCHOOL_URN", "no decimal point"),
        ({"GENDER": "F"}, "CHILD_GENDER", "must be Male, Female"),
        ({"GENDER": "2"}, "CHILD_GENDER", "must be Male, Female"),
        ({"GENDER": "Boy"}, "CHILD_GENDER", "must be Male, Female"),
        ({"FIRST_NAME": "李明"}, "CHILD_FIRST_NAME", "must only include"),
        ({"FIRST_NAME": "Ali 👍"}, "CHILD_FIRST_NAME", "must only include"),
        ({"LAST_NAME": "a" * 301}, "CHILD_LAST_NAME", "300 characters"),
        ({"PARENT_1_RELATIONSHIP": "Mum"}, "PARENT_1_RELATIONSHIP", "must be blank"),
        ({**PARENT, "PARENT_1_EMAIL": "lee.example.com"}, "PARENT_1_EMAIL", "right format"),
        ({**PARENT, "PARENT_1_EMAIL": "lee@host"}, "PARENT_1_EMAIL", "right format"),
        ({**PARENT, "PARENT_1_EMAIL": "a..b@example.com"}, "PARENT_1_EMAIL", "right format"),
        ({**PARENT, "PARENT_1_EMAIL": "lee@example.com."}, "PARENT_1_EMAIL", "right format"),
        ({**PARENT, "PARENT_1_PHONE": "12345"}, "PARENT_1_PHONE", "real number"),
        ({"TOWN": "a" * 301}, "CHILD_TOWN", "300 characters"),
        ({"TOWN": "Cov\x00entry"}, "CHILD_TOWN", "cannot be stored"),
    ],
)
def test_rows_01_to_35_that_are_refused(problems, cells, column, message):
    [[line, wrong_column, words]] = problems(child_row(**cells))
    assert (line, wrong_column) == (2, column)
    assert message in words
    assert not Child.objects.exists()


@pytest.mark.parametrize("text", ["14/03/2014", "14/3/2014", "2014-03-14", "20140314"])
def test_row_03_dates_of_birth(outcome, text):
    assert outcome(DATE_OF_BIRTH=text) == "new"
    assert only_child().date_of_birth == date(2014, 3, 14)


def test_row_08_the_last_day_of_a_year_group(outcome):
    assert outcome(DATE_OF_BIRTH="2014-08-31") == "new"
    assert only_child().year_group(2026) == 8


def test_row_10_a_year_group_wins_over_the_date_of_birth(outcome):
    outcome(DATE_OF_BIRTH="2014-11-05", YEAR_GROUP="8")
    assert only_child().year_group(2026) == 8


def test_row_11_without_a_year_group_the_date_of_birth_counts(outcome):
    outcome(YEAR_GROUP="", DATE_OF_BIRTH="2012-09-01")
    assert only_child().year_group(2026) == 9


def test_row_13_nhs_numbers_with_odd_spaces(outcome):
    outcome(NHS_NUMBER="999\u00a0471\u200d 2209")
    assert only_child().nhs_number == "9994712209"


def test_row_18_one_nhs_number_on_two_rows(problems):
    found = problems(
        child_row(FIRST_NAME="Ann", NHS_NUMBER="9995864134"),
        child_row(FIRST_NAME="Bea", NHS_NUMBER="999 586 4134"),
        child_row(FIRST_NAME="Cleo"),
    )
    assert found == [
        [2, "CHILD_NHS_NUMBER", "This NHS number is also on line 3"],
        [3, "CHILD_NHS_NUMBER", "This NHS number is also on line 2"],
    ]


def test_row_19_identical_rows_name_each_other(problems):
    found = problems(child_row(), child_row(FIRST_NAME="Zoë"), child_row(FIRST_NAME="RAVI "))
    assert [(line, column) for line, column, _ in found] == [(2, ""), (4, "")]
    assert "line 4" in found[0][2]


def test_row_19_namesakes_whom_something_tells_apart(upload):
    done = upload(
        child_row(NHS_NUMBER="9994712209"),
        child_row(NHS_NUMBER="9995864134"),
        child_row(POSTCODE="CV3 4XY"),
    )
    assert done.counts["new"] == 3


@pytest.mark.parametrize("text", ["ls1 4ap", "LS14AP", "LSI 4AP"])
def test_row_20_postcodes_in_another_spelling_raise_no_issue(outcome, text):
    outcome(POSTCODE="LS1 4AP")
    assert outcome(POSTCODE=text) == "unchanged"
    assert only_child().postcode == "LS1 4AP"


def test_row_23_pseudo_postcodes(outcome):
    outcome(POSTCODE="zz99 3wz")
    assert only_child().postcode == "ZZ99 3WZ"


def test_row_23_pseudo_postcodes_are_no_evidence(upload):
    upload(child_row(POSTCODE="ZZ99 3WZ", FIRST_NAME="Ann"))
    done = upload(child_row(POSTCODE="ZZ99 3WZ", FIRST_NAME="Bea"))
    assert done.counts["new"] == 1


def test_row_24_a_urn_with_spaces(outcome, alder):
    outcome(SCHOOL_URN=" 140001 ")
    assert only_child().school == alder


def test_row_25_schools_that_are_not_ours_or_closed(problems, alder, elsewhere):
    factories.SchoolFactory(urn="150001", team__organisation=elsewhere)
    factories.SchoolFactory(urn="150002", team=None)
    factories.SchoolFactory(urn="150003", team=alder.team, status="closed")
    urns = ["150001", "150002", "150003"]
    names = ["Ann", "Bea", "Cleo"]
    found = problems(
        *(child_row(SCHOOL_URN=u, FIRST_NAME=n) for u, n in zip(urns, names, strict=True))
    )
    assert [message for _, _, message in found] == [
        "This school is not one of your schools",
        "This school is not one of your schools",
        "This school is closed",
    ]


@pytest.mark.parametrize(
    ("urn", "home_educated", "reason"),
    [("999999", True, "home_educated"), ("888888", False, "unknown_school")],
)
def test_row_26_e01_children_without_a_school_join_the_clinic(
    outcome, clinic, urn, home_educated, reason
):
    outcome(SCHOOL_URN=urn)
    child = only_child()
    assert (child.school, child.home_educated) == (None, home_educated)
    membership = Membership.objects.get(child=child, left_at=None)
    assert (membership.session, membership.reason) == (clinic, reason)


@pytest.mark.parametrize(
    ("text", "gender"), [("FEMALE", 2), ("Not known", 0), ("not specified", 9), ("", 0)]
)
def test_row_28_genders(outcome, text, gender):
    outcome(GENDER=text)
    assert only_child().gender == gender


def test_row_28_no_gender_leaves_a_known_one(outcome):
    outcome(GENDER="Female")
    assert outcome(GENDER="") == "unchanged"
    assert outcome(GENDER="Not known") == "unchanged"
    assert only_child().gender == 2


@pytest.mark.parametrize(
    ("text", "stored"),
    [("Zoë", "Zoë"), ("Anne-Marie", "Anne-Marie"), ("O’Hara", "O'Hara"), ("Nguyễn", "Nguyễn")],
)
def test_row_29_names(outcome, text, stored):
    outcome(LAST_NAME=text)
    assert only_child().family_name == stored


@pytest.mark.parametrize(
    ("text", "kind", "label"),
    [("Step-dad", "other", "Step-dad"), ("MOTHER", "mother", "Mum"), ("", "unknown", "Unknown")],
)
def test_row_32_relationships(outcome, text, kind, label):
    outcome(**PARENT, PARENT_1_RELATIONSHIP=text)
    relationship = ParentRelationship.objects.get()
    assert (relationship.kind, relationship.label) == (kind, label)


def test_row_33_an_address_an_export_spoiled_is_left_out_where_there_is_a_phone(upload):
    done = upload(child_row(PARENT_1_EMAIL="deborah..s@example.com", PARENT_1_PHONE="07700 900334"))
    parent = ParentRelationship.objects.get().parent
    assert (parent.email, parent.phone) == ("", "+447700900334")
    assert "Line 2, PARENT_1_EMAIL: Email address left out" in done.notes[0]


def test_row_34_email_addresses_are_stored_in_lower_case(outcome):
    outcome(PARENT_1_EMAIL=" Lee@Example.COM ")
    assert ParentRelationship.objects.get().parent.email == "lee@example.com"


def test_row_35_foreign_phone_numbers(outcome):
    outcome(PARENT_1_PHONE="+33 1 09 75 83 51")
    assert ParentRelationship.objects.get().parent.phone == "+33109758351"


def test_row_40_without_a_registration_column_the_stored_one_stays(outcome):
    outcome(REGISTRATION="8B")
    assert outcome() == "unchanged"
    assert only_child().registration == "8B"


def test_row_41_case_alone_is_no_difference(outcome):
    outcome(LAST_NAME="POOLE")
    assert outcome(LAST_NAME="Poole") == "unchanged"
    assert only_child().family_name == "Poole"


def test_row_42_blanks_are_filled(outcome):
    outcome()
    assert outcome(GENDER="Male", NHS_NUMBER="9994712209", REGISTRATION="8B") == "updated"
    child = only_child()
    assert (child.gender, child.nhs_number, child.registration) == (1, "9994712209", "8B")


def test_row_43_another_nhs_number_is_another_child(upload):
    upload(child_row(NHS_NUMBER="9994712209"))
    done = upload(child_row(NHS_NUMBER="9995864134"))
    assert done.counts["new"] == 1


def test_row_44_no_nhs_number_in_the_row(outcome):
    outcome(NHS_NUMBER="9994712209")
    assert outcome() == "unchanged"


def test_row_45_a_possible_twin_is_for_review(outcome):
    outcome()
    assert outcome(FIRST_NAME="Rohan") == "review"
    issue = only_child().issues.get()
    assert issue.values == {"given_name": "Rohan"}
    assert not issue.matched_on_nhs_number


def test_row_46_a_third_spelling_beside_two_twins_is_ambiguous(upload, problems):
    upload(child_row(), child_row(FIRST_NAME="Rohan"))
    [[line, column, message]] = problems(child_row(FIRST_NAME="R."))
    assert (line, column) == (2, "")
    assert "2 children already in Mavis could be this one" in message


def test_row_47_two_namesakes_are_ambiguous_unless_one_is_equal(upload, problems):
    upload(child_row(POSTCODE="CV1 2AB"), child_row(POSTCODE="CV3 4XY"))
    problems(child_row(POSTCODE="CV5 6ZZ"))
    assert upload(child_row(POSTCODE="CV3 4XY")).counts["unchanged"] == 1


def test_row_48_a_child_who_died_gets_no_move_and_no_session(upload, birch):
    upload(child_row())
    child = only_child()
    child.date_of_death = date(2026, 10, 1)
    child.save()
    Membership.objects.all().delete()
    upload(child_row(SCHOOL_URN="140002"))
    assert not SchoolMove.objects.exists()
    assert not Membership.objects.exists()
