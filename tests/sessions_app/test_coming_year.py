"""Clinics in the first weeks of September: made, filled and invited to in August."""

from datetime import date

import pytest

from cohorts.signals import children_placed
from notifications.models import Message
from sessions_app import invitations, memberships, services, statuses
from sessions_app.choices import Exclusion
from sessions_app.clinic_choice import invitation_after_move
from sessions_app.models import Invitation, Membership, Session, SessionDate
from tests.factories import ChildFactory, RelationshipFactory, SchoolFactory
from tests.sessions_app.conftest import at

NIGHT = at("2027-08-01T04:00")
SEP_6 = date(2027, 9, 6)


@pytest.fixture
def prepared(organisation):
    """The sessions of both years, with a clinic on 6 September: invitations go on 16 August."""

    def prepare():
        services.ensure_present_sessions(organisation, now=NIGHT)
        clinic = Session.objects.clinics().get(organisation=organisation, academic_year=2027)
        SessionDate.objects.create(session=clinic, value=SEP_6)
        clinic.invitations_on = date(2027, 8, 16)
        clinic.save()
        return clinic

    return prepare


def child(organisation, **fields):
    made = ChildFactory(organisation=organisation, **fields)
    RelationshipFactory(child=made)
    return made


def clinic_children(clinic):
    held = Membership.objects.filter(session=clinic, left_at__isnull=True)
    return dict(held.values_list("child_id", "reason"))


def test_cohorts_are_carried_into_the_coming_year_from_1_august(organisation, prepared):
    unknown = child(organisation)
    clinic = prepared()
    assert memberships.place_newcomers_to_the_year(now=at("2027-07-31T04:00")) == 1
    assert clinic_children(clinic) == {}
    assert memberships.place_newcomers_to_the_year(now=NIGHT) == 1
    assert clinic_children(clinic) == {unknown.pk: "unknown_school"}
    assert memberships.place_newcomers_to_the_year(now=NIGHT) == 0
    assert memberships.place_newcomers_to_the_year(now=at("2027-09-01T04:00")) == 0


def test_a_september_clinic_invites_three_weeks_before_in_august(organisation, prepared):
    one = child(organisation)
    clinic = prepared()
    memberships.place_newcomers_to_the_year(now=NIGHT)
    assert invitations.plan_each(now=at("2027-08-16T08:59")) == 0
    assert invitations.overdue(now=at("2027-08-16T09:00")) == [clinic.pk]
    assert invitations.plan_each(now=at("2027-08-16T09:00")) == 1
    assert invitations.plan_each(now=at("2027-09-01T09:00")) == 0, "and not again"
    assert {message.child for message in Message.objects.all()} == {one}


def test_clinics_of_both_years_do_not_write_to_a_family_in_one_week(organisation, prepared):
    """A child joins when the clinics of 30 August and of 6 September both invite."""
    prepared()
    ending = Session.objects.clinics().get(organisation=organisation, academic_year=2026)
    SessionDate.objects.create(session=ending, value=date(2027, 8, 30))
    ending.invitations_on = date(2027, 8, 9)
    ending.save()
    one, joins = child(organisation), at("2027-08-20T10:00")
    children_placed.send(None, organisation=organisation, child_ids=[one.pk], by=None, now=joins)
    assert one.memberships.count() == 2
    assert [invitation.session for invitation in Invitation.objects.all()] == [ending]
    assert invitations.plan_each(now=at("2027-08-27T09:45")) == 0
    assert invitations.plan_each(now=at("2027-08-27T10:00")) == 1
    assert invitations.plan_each(now=at("2027-08-27T10:15")) == 0


def test_the_year_groups_are_those_of_the_coming_year(organisation, prepared):
    """HPV is for Years 8 to 11: who comes into Year 8 is invited, who leaves Year 11 is not."""
    rising = child(organisation, date_of_birth=date(2014, 10, 1))
    leaving = child(organisation, date_of_birth=date(2010, 10, 1))
    clinic = prepared()
    children_placed.send(
        None, organisation=organisation, child_ids=[rising.pk, leaving.pk], by=None, now=NIGHT
    )
    assert invitations.plan_each(now=at("2027-08-16T09:00")) == 1
    assert {message.child for message in Message.objects.all()} == {rising}
    outlook = invitations.outlooks(clinic, [leaving.pk], now=at("2027-08-16T09:00"))[leaving.pk]
    assert outlook.exclusions == (Exclusion.YEAR_GROUP,)


def test_a_child_who_outgrows_the_school_belongs_to_no_school_of_the_coming_year(
    organisation, prepared
):
    school = SchoolFactory(team__organisation=organisation, register_year_groups=[7, 8])
    fields = {"school": school, "home_educated": None}
    outgrows = child(organisation, date_of_birth=date(2013, 10, 1), **fields)
    stays = child(organisation, date_of_birth=date(2014, 10, 1), **fields)
    clinic = prepared()
    memberships.place_newcomers_to_the_year(now=NIGHT)
    assert clinic_children(clinic) == {outgrows.pk: "unknown_school"}
    joined = Membership.objects.get(child=stays, session__academic_year=2027)
    assert joined.session.location == school


def test_before_the_coming_year_has_sessions_nobody_is_placed_in_it(organisation):
    one = child(organisation)
    memberships.place_children(organisation, [one.pk], now=at("2027-08-01T00:30"))
    assert {held.session.academic_year for held in one.memberships.all()} == {2026}


def test_statuses_of_both_years_are_kept_fresh_in_august(organisation):
    one = child(organisation)
    statuses.refresh([one.pk], today=date(2027, 8, 1))
    assert {status.academic_year for status in one.statuses.all()} == {2026, 2027}
    assert list(statuses.stale([one.pk], today=date(2027, 8, 31))) == []


@pytest.mark.parametrize(
    ("now", "when"),
    [
        ("2027-07-31T10:00", "once there is a clinic date to book"),
        ("2027-08-02T10:00", "on 16 August 2027"),
        ("2027-08-20T10:00", "at once"),
    ],
)
def test_before_a_move_in_august_the_coming_years_invitation_is_foretold(
    organisation, prepared, now, when
):
    one = child(organisation)
    prepared()
    statuses.refresh([one.pk], today=date(2027, 8, 2))
    told = invitation_after_move(child=one, school=None, organisation=organisation, now=at(now))
    assert told == f"Their parents will be invited to the community clinic {when}."


@pytest.mark.parametrize(("born", "is_told"), [(2013, True), (2014, False)])
def test_who_moves_to_a_school_that_they_will_outgrow_is_foretold_the_invitation(
    organisation, prepared, born, is_told
):
    school = SchoolFactory(team__organisation=organisation, register_year_groups=[7, 8])
    one = child(organisation, date_of_birth=date(born, 10, 1))
    prepared()
    statuses.refresh([one.pk], today=date(2027, 8, 2))
    told = invitation_after_move(
        child=one, school=school, organisation=organisation, now=at("2027-08-20T10:00")
    )
    assert ("at once" in told) is is_told
