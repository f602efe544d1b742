"""Uploaded values that differ wait for a person: cohorts and imports §8 and §16."""

from datetime import date

import pytest

from activity.models import Entry
from cohorts.models import Child, ImportIssue, Parent, ParentRelationship, SchoolMove
from cohorts.services import issues
from sessions_app.models import Membership
from tests import factories
from tests.cohorts.conftest import NOW, child_row

pytestmark = pytest.mark.django_db
X, Y = "9994712209", "9995864134"
Decision = ImportIssue.Decision


@pytest.fixture
def decide(nurse):
    def decide(decision, issue=None):
        issue = issue or ImportIssue.objects.get(decision="")
        return issues.decide(issue_id=issue.pk, decision=decision, by=nurse, now=NOW)

    return decide


def test_s05_the_same_file_twice_changes_nothing(upload):
    rows = [
        child_row(NHS_NUMBER=X, PARENT_1_NAME="Ann", PARENT_1_EMAIL="fam@example.com"),
        child_row(FIRST_NAME="Rohan", PARENT_1_NAME="Bob", PARENT_1_EMAIL="fam@example.com"),
        child_row(FIRST_NAME="Mina", LAST_NAME="O’Hara", SCHOOL_URN="888888"),
    ]
    assert upload(*rows).counts["new"] == 3
    entries = Entry.objects.count()
    again = upload(*rows)
    assert again.counts["unchanged"] == 3
    assert again.same_file_as is not None
    assert (Child.objects.count(), Parent.objects.count()) == (3, 2)
    assert Entry.objects.count() == entries
    assert not ImportIssue.objects.exists()


def test_s06_a_changed_address_waits_whole(upload):
    upload(child_row(NHS_NUMBER=X, ADDRESS_LINE_1="1 High Street", TOWN="Coventry"))
    done = upload(child_row(NHS_NUMBER=X, ADDRESS_LINE_1="9 Low Road", POSTCODE="CV3 4XY"))
    assert done.counts["review"] == 1
    issue = ImportIssue.objects.get()
    assert issue.matched_on_nhs_number
    assert issue.values == {
        "address_line_1": "9 Low Road",
        "address_line_2": "",
        "town": "",
        "postcode": "CV3 4XY",
    }
    assert Child.objects.get().postcode == "CV1 2AB"


def test_s07_use_uploaded(upload, decide):
    upload(child_row(NHS_NUMBER=X, FIRST_NAME="Ottilie"))
    upload(child_row(NHS_NUMBER=X, FIRST_NAME="Tilly", POSTCODE="CV3 4XY", GENDER="Female"))
    child = decide(Decision.USE_UPLOADED)
    child.refresh_from_db()
    assert (child.given_name, child.postcode, child.gender) == ("Tilly", "CV3 4XY", 2)
    assert "tilly" in child.search_text
    assert child.activity.filter(title="Child record updated").exists()
    assert upload(child_row(NHS_NUMBER=X, FIRST_NAME="Tilly", POSTCODE="CV3 4XY")).counts[
        "unchanged"
    ]


def test_s07_keep_existing_and_the_same_values_raise_no_issue_again(upload, decide):
    upload(child_row(NHS_NUMBER=X, FIRST_NAME="Ottilie"))
    tilly = child_row(NHS_NUMBER=X, FIRST_NAME="Tilly")
    upload(tilly)
    decide(Decision.KEEP_EXISTING)
    assert Child.objects.get().given_name == "Ottilie"
    assert upload(tilly).counts["unchanged"] == 1
    assert upload(child_row(NHS_NUMBER=X, FIRST_NAME="Tilda")).counts["review"] == 1


def test_s08_keep_both(upload, decide, alder, clinic):
    session = factories.SessionFactory(
        organisation=alder.team.organisation, location=alder, academic_year=2026
    )
    upload(child_row(SCHOOL_URN="888888", PARENT_1_NAME="Ann Poole"))
    upload(child_row(DATE_OF_BIRTH="14/03/2012", PARENT_1_NAME="Bea Poole"))
    new = decide(Decision.KEEP_BOTH)
    old = Child.objects.exclude(pk=new.pk).get()
    assert (old.date_of_birth, old.school) == (date(2014, 3, 14), None)
    assert (new.date_of_birth, new.school, new.nhs_number) == (date(2012, 3, 14), alder, None)
    assert [r.parent.full_name for r in old.relationships.all()] == ["Ann Poole"]
    assert [r.parent.full_name for r in new.relationships.all()] == ["Bea Poole"]
    assert Membership.objects.get(child=new, left_at=None).session == session
    assert new.activity.filter(title="Child record created").exists()


def test_s09_keep_both_is_withheld_after_a_match_on_the_nhs_number(upload, decide):
    upload(child_row(NHS_NUMBER=X))
    upload(child_row(NHS_NUMBER=X, FIRST_NAME="Tom"))
    with pytest.raises(issues.CannotKeepBoth):
        decide(Decision.KEEP_BOTH)
    assert ImportIssue.objects.get().decision == ""


def test_what_could_be_filled_waits_with_what_conflicts(upload):
    upload(child_row())
    done = upload(child_row(FIRST_NAME="Rohan", GENDER="Male", NHS_NUMBER=X))
    assert done.counts["review"] == 1
    child = Child.objects.get()
    assert (child.gender, child.nhs_number) == (0, None)
    assert ImportIssue.objects.get().values == {
        "given_name": "Rohan",
        "gender": 1,
        "nhs_number": X,
    }


def test_parents_of_a_row_for_review_wait_with_it(upload, decide):
    upload(child_row())
    upload(child_row(FIRST_NAME="Rohan", PARENT_1_NAME="Ann", PARENT_1_RELATIONSHIP="Mum"))
    assert not Parent.objects.exists()
    child = decide(Decision.USE_UPLOADED)
    assert child.relationships.get().label == "Mum"


def test_one_issue_is_open_and_the_newest_file_wins(upload):
    upload(child_row(NHS_NUMBER=X))
    upload(child_row(NHS_NUMBER=X, FIRST_NAME="Tom"))
    same = ImportIssue.objects.get()
    upload(child_row(NHS_NUMBER=X, FIRST_NAME="Tom", GENDER=""))
    assert ImportIssue.objects.get() == same
    upload(child_row(NHS_NUMBER=X, FIRST_NAME="Tim"))
    assert ImportIssue.objects.get(decision="").values == {"given_name": "Tim"}
    same.refresh_from_db()
    assert same.decision == Decision.REPLACED


def test_an_issue_is_withdrawn_once_a_file_agrees(upload):
    upload(child_row(NHS_NUMBER=X))
    upload(child_row(NHS_NUMBER=X, FIRST_NAME="Tom"))
    assert upload(child_row(NHS_NUMBER=X)).counts["unchanged"] == 1
    assert ImportIssue.objects.get().decision == Decision.WITHDRAWN


def test_an_issue_is_decided_once(upload, decide):
    upload(child_row(NHS_NUMBER=X))
    upload(child_row(NHS_NUMBER=X, FIRST_NAME="Tom"))
    issue = ImportIssue.objects.get()
    decide(Decision.KEEP_EXISTING)
    with pytest.raises(issues.AlreadyDecided):
        decide(Decision.USE_UPLOADED, issue)
    assert Child.objects.get().given_name == "Ravi"


def test_a_number_that_another_child_has_got_since_is_refused(upload, decide, organisation):
    upload(child_row())
    upload(child_row(FIRST_NAME="Rohan", NHS_NUMBER=X))
    factories.ChildFactory(organisation=organisation, nhs_number=X)
    with pytest.raises(issues.NumberTaken):
        decide(Decision.USE_UPLOADED)
    assert ImportIssue.objects.get().decision == ""


def test_the_school_of_an_uncertain_row_follows_the_decision(upload, decide, birch):
    upload(child_row())
    upload(child_row(FIRST_NAME="Rohan", SCHOOL_URN="140002"))
    assert not SchoolMove.objects.exists()
    decide(Decision.USE_UPLOADED)
    assert SchoolMove.objects.get().school == birch


def test_the_school_of_a_row_with_the_nhs_number_is_proposed_at_once(upload, birch):
    upload(child_row(NHS_NUMBER=X, SCHOOL_URN="888888"))
    done = upload(child_row(NHS_NUMBER=X, FIRST_NAME="Tom", SCHOOL_URN="140002"))
    assert (done.counts["review"], done.counts["school_moves"]) == (1, 1)
    assert Child.objects.get().school is None


def test_twins_of_one_file_stay_two_children(upload):
    upload(child_row())
    done = upload(child_row(), child_row(FIRST_NAME="Rohan"))
    assert (done.counts["unchanged"], done.counts["new"]) == (1, 1)


def test_two_rows_that_mean_one_stored_child_are_refused(upload, problems):
    upload(child_row())
    found = problems(child_row(FIRST_NAME="Rohan"), child_row(FIRST_NAME="Rosa"))
    assert [line for line, _, _ in found] == [2, 3]
    assert "line 3" in found[0][2]


def test_a_year_group_out_of_age_stays_when_the_birth_date_is_corrected(upload, decide):
    upload(child_row(NHS_NUMBER=X, YEAR_GROUP="9"))
    upload(child_row(NHS_NUMBER=X, DATE_OF_BIRTH="15/03/2014", YEAR_GROUP="9"))
    child = decide(Decision.USE_UPLOADED)
    assert child.year_group(2026) == 9


def test_the_year_group_follows_a_corrected_birth_date(upload, decide):
    upload(child_row(NHS_NUMBER=X))
    upload(child_row(NHS_NUMBER=X, DATE_OF_BIRTH="15/03/2013"))
    assert decide(Decision.USE_UPLOADED).year_group(2026) == 9


class TestParents:
    ANN = {"PARENT_1_NAME": "Ann Poole", "PARENT_1_EMAIL": "fam@example.com"}

    def test_row_36_two_people_with_one_address(self, upload):
        both = {**self.ANN, "PARENT_2_NAME": "Bob Poole", "PARENT_2_EMAIL": "fam@example.com"}
        upload(child_row(**both))
        assert upload(child_row(**both)).counts["unchanged"] == 1
        assert [p.full_name for p in Parent.objects.all()] == ["Ann Poole", "Bob Poole"]

    def test_row_37_siblings_share_a_parent(self, upload):
        upload(
            child_row(**self.ANN),
            child_row(FIRST_NAME="Mina", DATE_OF_BIRTH="01/02/2013", **self.ANN),
        )
        assert Parent.objects.get().relationships.count() == 2

    def test_siblings_share_a_parent_with_only_a_phone(self, upload):
        ann = {"PARENT_1_NAME": "Ann Poole", "PARENT_1_PHONE": "07700 900123"}
        upload(child_row(**ann), child_row(FIRST_NAME="Mina", **ann))
        assert Parent.objects.count() == 1

    def test_row_38_another_name_at_the_address_is_for_review(self, upload, decide):
        upload(child_row(**self.ANN))
        done = upload(child_row(**{**self.ANN, "PARENT_1_NAME": "Ann Marsh"}))
        assert done.counts["review"] == 1
        assert Parent.objects.get().full_name == "Ann Poole"
        decide(Decision.USE_UPLOADED)
        assert Parent.objects.get().full_name == "Ann Marsh"

    def test_row_38_both_people_can_be_kept_even_with_one_nhs_number(self, upload, decide):
        upload(child_row(NHS_NUMBER=X, **self.ANN))
        upload(child_row(NHS_NUMBER=X, **{**self.ANN, "PARENT_1_NAME": "Bob Poole"}))
        child = decide(Decision.KEEP_BOTH)
        assert Child.objects.get() == child
        assert [r.parent.full_name for r in child.relationships.all()] == [
            "Ann Poole",
            "Bob Poole",
        ]

    def test_row_39_a_known_relationship_stays(self, upload):
        upload(child_row(**self.ANN, PARENT_1_RELATIONSHIP="mother"))
        assert upload(child_row(**self.ANN)).counts["unchanged"] == 1
        assert ParentRelationship.objects.get().kind == "mother"

    def test_another_number_is_for_review_and_never_overwrites(self, upload, decide):
        upload(child_row(**self.ANN, PARENT_1_PHONE="07700 900123"))
        upload(child_row(**self.ANN, PARENT_1_PHONE="07700 900999"))
        assert Parent.objects.get().phone == "+447700900123"
        decide(Decision.KEEP_EXISTING)
        assert Parent.objects.get().phone == "+447700900123"

    def test_a_missing_number_is_filled(self, upload):
        upload(child_row(**self.ANN))
        done = upload(child_row(**self.ANN, PARENT_1_PHONE="07700 900123"))
        assert done.counts["updated"] == 1
        assert Parent.objects.get().phone == "+447700900123"

    def test_parents_of_another_organisation_are_never_touched(self, upload, elsewhere):
        other = factories.ParentFactory(
            organisation=elsewhere, full_name="", email="fam@example.com", phone=""
        )
        upload(child_row(**self.ANN))
        other.refresh_from_db()
        assert (other.full_name, Parent.objects.count()) == ("", 2)
