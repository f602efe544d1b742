"""Where children belong, joining and leaving."""

from datetime import date

import pytest

from activity.models import Entry
from cohorts.signals import children_changed, children_placed
from programmes.models import OrganisationProgramme
from sessions_app import memberships
from sessions_app.clinic import community_clinic
from sessions_app.models import Membership, ProgrammeStatus, Session
from tests import factories
from tests.sessions_app.conftest import at

NOW = at("2026-11-02T10:00")
Reason = Membership.Reason


@pytest.fixture
def team(organisation):
    return factories.TeamFactory(organisation=organisation)


@pytest.fixture
def school_session(organisation, team):
    return factories.SessionFactory(
        organisation=organisation, location=factories.SchoolFactory(team=team)
    )


def place(organisation, *children, **options):
    children_placed.send(
        None,
        organisation=organisation,
        child_ids=[child.pk for child in children],
        now=NOW,
        by=None,
        **options,
    )


def where(child):
    return [
        (membership.session.location.name, membership.reason)
        for membership in child.memberships.filter(left_at__isnull=True).select_related(
            "session__location"
        )
    ]


def test_scenario_17_home_educated_and_unknown_school_join_the_clinic(organisation):
    taught_at_home = factories.ChildFactory(organisation=organisation, home_educated=True)
    unknown = factories.ChildFactory(organisation=organisation, home_educated=False)
    place(organisation, taught_at_home, unknown)
    assert where(taught_at_home) == [("Community clinic", Reason.HOME_EDUCATED)]
    assert where(unknown) == [("Community clinic", Reason.UNKNOWN_SCHOOL)]
    membership = unknown.memberships.get()
    assert membership.joined_at == NOW


def test_e01_a_new_child_with_unknown_school_is_never_lost(organisation):
    child = factories.ChildFactory(organisation=organisation, home_educated=False)
    place(organisation, child)
    assert where(child)
    assert ProgrammeStatus.objects.filter(child=child).exists()


def test_a_child_at_a_school_with_an_open_session_joins_it(organisation, school_session):
    child = factories.ChildFactory(organisation=organisation, school=school_session.location)
    place(organisation, child)
    assert where(child) == [(school_session.location.name, Reason.AT_SCHOOL)]
    titles = [entry.title for entry in child.activity.all()]
    assert titles == [f"Added to session at {school_session.location.name}"]


@pytest.mark.parametrize("case", ["closed", "e17_all_dates_past", "no_session"])
def test_c5_e17_without_an_open_school_session_the_clinic(organisation, team, school_session, case):
    school = school_session.location
    if case == "closed":
        school_session.closed_at = NOW
        school_session.save()
    elif case == "e17_all_dates_past":
        school_session.all_dates.create(value=date(2026, 10, 1))
    else:
        school = factories.SchoolFactory(team=team)
    child = factories.ChildFactory(organisation=organisation, school=school)
    place(organisation, child)
    assert where(child) == [("Community clinic", Reason.NO_OPEN_SESSION)]


def test_a_child_at_a_school_nobody_manages_is_in_no_session(organisation):
    school = factories.SchoolFactory(team=None)
    child = factories.ChildFactory(organisation=organisation, school=school)
    place(organisation, child)
    assert where(child) == []


@pytest.mark.parametrize("fields", [{"date_of_death": date(2026, 10, 1)}, {"invalidated_at": NOW}])
def test_row_48_deceased_and_invalid_children_are_placed_nowhere(organisation, fields):
    child = factories.ChildFactory(organisation=organisation, **fields)
    place(organisation, child)
    assert where(child) == []


def test_i20_a_vaccinated_child_does_not_join_a_new_school_session(
    organisation, school_session, facts
):
    child = factories.ChildFactory(organisation=organisation, school=school_session.location)
    facts(vaccination={(child.pk, "hpv"): "vaccinated"})
    place(organisation, child)
    assert where(child) == []


def test_a_move_to_a_school_leaves_the_clinic(organisation, school_session):
    child = factories.ChildFactory(organisation=organisation)
    place(organisation, child)
    child.school, child.home_educated = school_session.location, None
    child.save()
    place(organisation, child)
    assert where(child) == [(school_session.location.name, Reason.AT_SCHOOL)]
    titles = [entry.title for entry in child.activity.order_by("id")]
    assert titles[1] == "Removed from session at Community clinic"


def test_e15_kept_in_the_clinic_the_membership_is_left_untouched(organisation, school_session):
    child = factories.ChildFactory(organisation=organisation)
    place(organisation, child)
    before = child.memberships.get()
    child.school, child.home_educated = school_session.location, None
    child.save()
    place(organisation, child, keep_in_clinic=True)
    after = child.memberships.get()
    assert (after.pk, after.joined_at, after.left_at) == (before.pk, before.joined_at, None)


def test_i28_a_membership_with_a_record_stays(organisation, school_session, monkeypatch):
    child = factories.ChildFactory(organisation=organisation)
    place(organisation, child)
    monkeypatch.setattr(
        memberships, "_anchors", [lambda held: {membership.pk for membership in held}]
    )
    kept = memberships.leave(child.memberships.all(), because="Moved", now=NOW)
    assert [membership.child_id for membership in kept] == [child.pk]
    assert where(child)


def test_joining_twice_is_one_membership_and_one_entry(organisation):
    child = factories.ChildFactory(organisation=organisation)
    place(organisation, child)
    place(organisation, child)
    assert child.memberships.count() == 1
    assert Entry.objects.filter(child=child).count() == 1


def test_there_is_just_one_clinic_for_all(organisation):
    OrganisationProgramme.objects.create(organisation=organisation, programme_id="flu")
    first = community_clinic(organisation, now=NOW)
    assert community_clinic(organisation, now=NOW) == first
    assert Session.objects.clinics().count() == 1
    assert {programme.key for programme in first.programmes.all()} == {"hpv", "flu"}


def test_a_changed_fact_is_seen_at_once(organisation):
    child = factories.ChildFactory(organisation=organisation)
    place(organisation, child)
    assert ProgrammeStatus.objects.get(child=child).exclusion == "no_contact"
    factories.RelationshipFactory(child=child)
    children_changed.send(None, child_ids=[child.pk], now=NOW, by=None)
    assert ProgrammeStatus.objects.get(child=child).exclusion == ""


def test_e41_a_new_academic_year_carries_the_cohort_into_its_sessions(organisation, team):
    school = factories.SchoolFactory(team=team)
    at_school = factories.ChildFactory(organisation=organisation, school=school)
    taught_at_home = factories.ChildFactory(organisation=organisation, home_educated=True)
    too_old = factories.ChildFactory(organisation=organisation, date_of_birth=date(2010, 10, 1))
    place(organisation, at_school, taught_at_home, too_old)
    new_year = at("2027-09-01T04:00")
    next_session = factories.SessionFactory(
        organisation=organisation, location=school, academic_year=2027
    )
    assert memberships.place_newcomers_to_the_year(now=new_year) == 2
    assert memberships.place_newcomers_to_the_year(now=new_year) == 0
    assert next_session.memberships.get().child == at_school
    clinic = community_clinic(organisation, now=new_year)
    assert clinic.academic_year == 2027
    assert clinic.memberships.get().child == taught_at_home
    assert Membership.objects.filter(child=too_old, session__academic_year=2027).count() == 0
