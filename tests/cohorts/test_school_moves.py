"""School moves: raised by files, confirmed or ignored by people. Cohorts and imports §11, §16."""

from datetime import date

import pytest

from cohorts.models import Child, ImportIssue, Parent, SchoolMove
from cohorts.services import school_moves
from sessions_app.models import Membership
from tests import factories
from tests.cohorts.conftest import NOW, child_row

pytestmark = pytest.mark.django_db
X = "9994712209"
Decision = SchoolMove.Decision


def open_move() -> SchoolMove:
    return SchoolMove.objects.get(decision="")


@pytest.fixture
def confirm(nurse):
    return lambda **options: school_moves.confirm(
        move_id=open_move().pk, by=nurse, now=NOW, **options
    )


@pytest.fixture
def ignore(nurse):
    return lambda: school_moves.ignore(move_id=open_move().pk, by=nurse, now=NOW)


def test_s10_an_unknown_school_is_filled_in(upload, alder):
    upload(child_row(SCHOOL_URN="888888"))
    done = upload(child_row())
    assert (done.counts["updated"], done.counts["school_moves"]) == (1, 0)
    assert Child.objects.get().school == alder


def test_s10_18_11_the_child_leaves_the_clinic_for_the_schools_session(upload, alder, clinic):
    session = factories.SessionFactory(
        organisation=alder.team.organisation, location=alder, academic_year=2026
    )
    upload(child_row(SCHOOL_URN="888888"))
    upload(child_row())
    assert Membership.objects.get(left_at=None).session == session


def test_another_school_is_proposed_and_nothing_changes(upload, alder, birch):
    upload(child_row())
    done = upload(child_row(SCHOOL_URN="140002"))
    assert (done.counts["unchanged"], done.counts["school_moves"]) == (1, 1)
    assert open_move().school == birch
    assert Child.objects.get().school == alder


@pytest.mark.parametrize(("urn", "home_educated"), [("999999", True), ("888888", False)])
def test_c2_leaving_a_school_is_proposed(upload, urn, home_educated):
    upload(child_row())
    upload(child_row(SCHOOL_URN=urn))
    assert (open_move().school, open_move().home_educated) == (None, home_educated)


def test_one_move_is_open_and_the_newest_wins(upload):
    upload(child_row())
    for urn in ("140002", "140002", "999999"):
        upload(child_row(SCHOOL_URN=urn))
    assert open_move().home_educated
    assert list(SchoolMove.objects.values_list("decision", flat=True)) == [Decision.REPLACED, ""]


def test_a_file_that_agrees_with_the_record_takes_a_files_move_back(upload):
    upload(child_row())
    upload(child_row(SCHOOL_URN="140002"))
    upload(child_row())
    assert SchoolMove.objects.get().decision == Decision.REPLACED


def test_what_a_parent_said_is_not_taken_back_by_a_file(upload, birch):
    upload(child_row())
    child = Child.objects.get()
    school_moves.propose(
        [school_moves.Proposal(child, school_moves.Schooling(birch.pk, None))],
        source=SchoolMove.Source.CONSENT,
        now=NOW,
    )
    upload(child_row())
    assert open_move().school == birch


def test_confirming_moves_the_child_into_the_schools_session(upload, confirm, birch):
    session = factories.SessionFactory(
        organisation=birch.team.organisation, location=birch, academic_year=2026
    )
    upload(child_row())
    upload(child_row(SCHOOL_URN="140002"))
    confirm()
    child = Child.objects.get()
    assert child.school == birch
    assert Membership.objects.get(child=child, left_at=None).session == session
    assert child.activity.filter(title="School changed to Birch School").exists()


def test_an_ignored_target_is_remembered_until_the_information_changes(upload, ignore):
    upload(child_row())
    upload(child_row(SCHOOL_URN="140002"))
    ignore()
    assert upload(child_row(SCHOOL_URN="140002")).counts["school_moves"] == 0
    assert upload(child_row(SCHOOL_URN="999999")).counts["school_moves"] == 1


def test_a_move_is_decided_once(upload, confirm, nurse):
    upload(child_row())
    upload(child_row(SCHOOL_URN="140002"))
    move = open_move()
    confirm()
    with pytest.raises(school_moves.AlreadyDecided):
        school_moves.ignore(move_id=move.pk, by=nurse, now=NOW)
    move.refresh_from_db()
    assert move.decision == Decision.CONFIRMED


class TestChildrenOfOthers:
    """§18-9: another organisation's child is matched on the NHS number only, and not touched."""

    @pytest.fixture
    def theirs(self, elsewhere):
        school = factories.SchoolFactory(team__organisation=elsewhere, name="Cedar School")
        return factories.ChildFactory(
            organisation=elsewhere,
            nhs_number=X,
            given_name="Ravi",
            family_name="Poole",
            date_of_birth=date(2014, 3, 14),
            birth_academic_year=2013,
            postcode="CV1 2AB",
            school=school,
        )

    def test_a_name_alone_makes_a_child_of_our_own(self, upload, theirs):
        assert upload(child_row()).counts["new"] == 1

    def test_their_organisation_is_asked_to_confirm_the_move(self, upload, theirs, alder):
        done = upload(child_row(NHS_NUMBER=X, GENDER="Male", PARENT_1_NAME="Ann"))
        assert (done.counts["review"], done.counts["school_moves"]) == (1, 1)
        assert "Line 2: This child is in the care of another organisation" in done.notes[0]
        theirs.refresh_from_db()
        assert (theirs.gender, theirs.relationships.count()) == (0, 0)
        move = open_move()
        assert (move.organisation, move.school) == (theirs.organisation, alder)
        assert not done.rows.exists()
        assert upload(child_row(NHS_NUMBER=X)).counts["school_moves"] == 0

    def test_s16_once_confirmed_the_child_and_the_parents_are_ours(
        self, upload, theirs, organisation, nurse_elsewhere
    ):
        own = factories.RelationshipFactory(child=theirs).parent
        shared = factories.RelationshipFactory(child=theirs).parent
        sibling = factories.ChildFactory(organisation=theirs.organisation)
        factories.RelationshipFactory(child=sibling, parent=shared)
        upload(child_row(NHS_NUMBER=X))
        school_moves.confirm(move_id=open_move().pk, by=nurse_elsewhere, now=NOW)
        theirs.refresh_from_db()
        assert theirs.organisation == organisation
        assert Membership.objects.get(child=theirs, left_at=None).session.organisation == (
            organisation
        )
        parents = Parent.objects.filter(relationships__child=theirs)
        assert {parent.organisation for parent in parents} == {organisation}
        assert own in parents
        assert {p.email for p in parents} == {own.email, shared.email}
        shared.refresh_from_db()
        assert shared.organisation == sibling.organisation
        assert upload(child_row(NHS_NUMBER=X)).counts["unchanged"] == 1

    def test_a_move_they_declined_is_not_raised_again(self, upload, theirs, nurse_elsewhere):
        upload(child_row(NHS_NUMBER=X))
        school_moves.ignore(move_id=open_move().pk, by=nurse_elsewhere, now=NOW)
        done = upload(child_row(NHS_NUMBER=X))
        assert (done.counts["unchanged"], done.counts["school_moves"]) == (1, 0)
        assert "decided that they have not moved" in done.notes[0]

    @pytest.mark.parametrize("cells", [{"LAST_NAME": "Marsh"}, {"DATE_OF_BIRTH": "15/03/2014"}])
    def test_18_18_a_number_with_another_name_or_birth_date_raises_nothing(
        self, upload, theirs, cells
    ):
        done = upload(child_row(NHS_NUMBER=X, **cells))
        assert (done.counts["review"], done.counts["school_moves"]) == (1, 0)
        assert "check the NHS number" in done.notes[0]

    def test_a_row_without_a_school_asks_for_nothing(self, upload, theirs):
        done = upload(child_row(NHS_NUMBER=X, SCHOOL_URN="888888"))
        assert (done.counts["unchanged"], done.counts["school_moves"]) == (1, 0)

    def test_a_child_in_nobodys_cohort_joins_ours(self, upload, theirs, organisation, alder):
        Child.objects.filter(pk=theirs.pk).update(
            organisation=None, school=None, home_educated=False
        )
        assert upload(child_row(NHS_NUMBER=X)).counts["updated"] == 1
        theirs.refresh_from_db()
        assert (theirs.organisation, theirs.school) == (organisation, alder)

    def test_leaving_closes_what_our_files_left_open(self, upload, elsewhere, nurse, birch):
        upload(child_row(NHS_NUMBER=X))
        upload(child_row(NHS_NUMBER=X, FIRST_NAME="Tom"))
        cedar = factories.SchoolFactory(team__organisation=elsewhere)
        target = school_moves.Schooling(cedar.pk, None)
        [move] = school_moves.propose(
            [school_moves.Proposal(Child.objects.get(), target)],
            source=SchoolMove.Source.CONSENT,
            now=NOW,
        )
        school_moves.confirm(move_id=move.pk, by=nurse, now=NOW)
        assert ImportIssue.objects.get().decision == ImportIssue.Decision.WITHDRAWN
