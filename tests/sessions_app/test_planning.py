"""Planning invitations: everybody once, at the right moment, and nobody who should not be."""

from collections import Counter
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from cohorts.models import Child
from notifications.models import Message
from programmes.models import OrganisationProgramme, Programme
from sessions_app import invitations, memberships
from sessions_app.models import Invitation, Membership, SessionDate
from tests import factories
from tests.sessions_app.conftest import Clinic, at

W = "2027-01-04T09:00"


def test_a17_one_invitation_and_an_email_and_a_text_to_each_parent(clinic):
    child = clinic.child(parents=2)
    assert clinic.plan("2027-01-04T08:59") == 0
    assert clinic.plan(W) == 1
    assert len(clinic.invitations(child)) == 1
    channels = Counter(message.channel for message in clinic.messages(child))
    assert channels == {"email": 2, "text": 2}


def test_a18_two_weeks_before_at_once_and_four_weeks_before_nothing(organisation):
    soon = Clinic(organisation, dates=[date(2027, 1, 25)], invitations_on=date(2027, 1, 4))
    soon.child()
    assert soon.plan("2027-01-11T10:00") == 1
    assert soon.plan("2026-12-28T10:00") == 0


def test_a19_never_twice_for_the_same_date(clinic):
    clinic.child()
    clinic.plan(W)
    for now in (W, "2027-01-05T09:00", "2027-01-24T09:00"):
        assert clinic.plan(now) == 0
    assert len(clinic.messages()) == 2


def test_a19_one_subsequent_invitation_once_the_first_date_has_passed(organisation):
    clinic = Clinic(organisation, dates=[date(2027, 1, 25), date(2027, 2, 1)])
    child = clinic.child()
    clinic.plan(W)
    assert clinic.plan("2027-01-25T10:00") == 0
    assert clinic.plan("2027-01-26T09:00") == 1
    assert clinic.plan("2027-01-27T09:00") == 0
    first, later = clinic.invitations(child)
    assert first.session_date is None
    assert later.session_date.value == date(2027, 2, 1)
    templates = {message.template for message in clinic.messages(child)}
    assert templates == {"clinic_initial_invitation", "clinic_subsequent_invitation"}


def test_a20_a_school_session_never_triggers_invitations(organisation):
    session = factories.SessionFactory(organisation=organisation, dates=[date(2027, 1, 25)])
    session.invitations_on = date(2027, 1, 4)
    session.save()
    child = factories.RelationshipFactory(child__organisation=organisation).child
    memberships.join(session, [child.pk], reason=Membership.Reason.AT_SCHOOL, now=at(W))
    assert invitations.plan(now=at("2027-01-05T09:00")) == 0
    assert not Message.objects.exists()


def test_a21_a_late_joiner_is_invited_on_joining(clinic):
    child = clinic.child(joined="2027-01-15T14:30")
    message = clinic.messages(child)[0]
    assert message.due_at == at("2027-01-15T14:30")
    assert message.lane == 0


def test_an_organisation_can_switch_the_repeats_off(organisation):
    organisation.repeats_invitations = False
    organisation.save()
    clinic = Clinic(organisation, dates=[date(2027, 1, 25), date(2027, 2, 1)])
    clinic.child()
    clinic.plan(W)
    assert clinic.plan("2027-01-26T09:00") == 0


def test_no_two_invitations_within_seven_days(organisation):
    clinic = Clinic(organisation, dates=[date(2027, 1, 25), date(2027, 2, 8)])
    child = clinic.child(joined="2027-01-22T10:00")
    assert clinic.plan("2027-01-26T09:00") == 0
    assert clinic.plan("2027-01-29T09:59") == 0
    assert clinic.plan("2027-01-29T10:00") == 1
    assert len(clinic.invitations(child)) == 2


DUE_SINCE = "2027-02-01T09:00"


@pytest.mark.parametrize(
    ("consent", "now", "last_invited_at"),
    [
        # Seven days to the second lie between two invitations.
        ("no_response", "2027-02-05T11:00", "2027-01-29T11:00"),
        # i06: who was written to in the time of a date gets no repeat for it.
        ("no_response", "2027-02-12T11:00", "2027-02-01T08:59:59"),
        ("no_response", DUE_SINCE, "2027-01-25T09:00"),
        ("given", "2027-02-12T11:00", None),
        ("refused", "2027-02-12T11:00", None),
        ("conflicts", "2027-02-12T11:00", None),
    ],
)
def test_i06_the_repeat_goes_to_whom_was_last_invited_by_then(
    organisation, facts, consent, now, last_invited_at
):
    """Three weeks before the later date, to those who have not answered, since `DUE_SINCE`."""
    clinic = Clinic(organisation, dates=[date(2027, 1, 25), date(2027, 2, 22)])
    limit = at(last_invited_at or "2027-01-10T10:00")
    expected = set()
    for late in (timedelta(days=-9), timedelta(), timedelta(seconds=1), timedelta(days=3)):
        child = clinic.child()
        Invitation.objects.create(
            child=child, session=clinic.session, programme_id="hpv", planned_at=limit + late
        )
        facts(consent={(pk, "hpv"): consent for pk in Child.objects.values_list("pk", flat=True)})
        clinic.refresh(child)
        if last_invited_at and late <= timedelta():
            expected.add(child.pk)
    clinic.plan(now)
    repeated = Invitation.objects.filter(session_date__isnull=False)
    assert set(repeated.values_list("child_id", flat=True)) == expected


def test_i06_joiner_gets_no_reminders_for_past_dates(organisation):
    dates = [date(2027, 1, 25) + timedelta(days=n) for n in (0, 7, 14, 28)]
    clinic = Clinic(organisation, dates=dates)
    child = clinic.child(joined="2027-02-10T10:00")
    for day in range(11, 21):
        clinic.plan(f"2027-02-{day}T09:00")
    assert len(clinic.invitations(child)) == 1


class TestPerProgramme:
    @pytest.fixture
    def two(self, organisation):
        """A clinic for HPV and MenACWY."""
        OrganisationProgramme.objects.create(organisation=organisation, programme_id="menacwy")
        clinic = Clinic(organisation)
        clinic.session.programmes.add(Programme.objects.get(key="menacwy"))
        return clinic

    def test_programmes_due_together_are_one_letter(self, two):
        child = two.child(date_of_birth=date(2012, 10, 1))
        two.plan(W)
        assert len({invitation.letter for invitation in two.invitations(child)}) == 1
        message = two.messages(child)[0]
        assert message.personalisation["vaccination"] == "HPV and MenACWY vaccinations"

    def test_i05_a_year_8_child_is_not_invited_for_a_year_9_programme(self, two):
        child = two.child(date_of_birth=date(2013, 10, 1))
        two.plan(W)
        assert [one.programme_id for one in two.invitations(child)] == ["hpv"]
        assert two.messages(child)[0].personalisation["vaccination"] == "HPV vaccination"

    def test_i03_vaccinated_for_one_and_refused_the_other_is_not_invited(self, two, facts):
        child = two.child(date_of_birth=date(2012, 10, 1))
        facts(vaccination={(child.pk, "hpv"): "vaccinated"})
        facts(consent={(child.pk, "menacwy"): "refused"})
        two.refresh(child)
        two.plan(W)
        assert two.messages(child) == []
        text = two.outlook(child, W).text
        assert text == "Not invited. HPV: already vaccinated; MenACWY: consent refused"

    def test_i01_i04_a_partly_vaccinated_child_is_invited_for_the_rest_only(self, two, facts):
        child = two.child(date_of_birth=date(2012, 10, 1))
        facts(vaccination={(child.pk, "hpv"): "vaccinated"})
        two.refresh(child)
        two.plan(W)
        assert [one.programme_id for one in two.invitations(child)] == ["menacwy"]

    def test_i01_a_programme_added_later_is_invited_for_once_and_alone(self, organisation):
        clinic = Clinic(organisation)
        child = clinic.child(date_of_birth=date(2012, 10, 1))
        clinic.plan(W)
        OrganisationProgramme.objects.create(organisation=organisation, programme_id="menacwy")
        clinic.session.programmes.add(Programme.objects.get(key="menacwy"))
        clinic.refresh(child)
        assert clinic.plan("2027-01-06T09:00") == 1
        assert clinic.plan("2027-01-07T09:00") == 0
        named = [message.personalisation["vaccination"] for message in clinic.messages(child)]
        assert set(named) == {"HPV vaccination", "MenACWY vaccination"}


def test_i02_the_timetable_names_the_planning_job_at_nine_in_london():
    from mavis.celery import app

    app.loader.import_default_modules()
    entry = app.conf.beat_schedule["plan-invitations"]
    assert entry["task"] in app.tasks
    assert app.conf.timezone == "Europe/London"
    assert {9} <= entry["schedule"].hour
    assert {0} <= entry["schedule"].minute


@pytest.mark.parametrize("joined", ["2027-01-10T21:00", "2027-01-11T04:20", "2027-01-11T08:59"])
def test_what_jobs_learn_at_night_waits_for_nine(clinic, joined):
    """Rule 5 of §6.1: no family gets an email at night because a job placed their child."""
    child = clinic.child(joined=joined)
    assert invitations.catch_up([child.pk], now=at(joined)) == 0
    assert clinic.messages(child) == []
    assert clinic.outlook(child, joined).text == "Will be invited on 11 January 2027"
    assert clinic.plan("2027-01-11T09:00") == 1


def move(session_date, day):
    session_date.value = day
    session_date.save()


def test_e02_moving_the_first_date_does_not_invite_again(clinic):
    clinic.child()
    clinic.plan(W)
    move(clinic.session.all_dates.get(), date(2027, 1, 28))
    for now in ("2027-01-07T09:00", "2027-01-20T09:00", "2027-01-27T09:00"):
        assert clinic.plan(now) == 0


def test_e02_the_record_of_a_later_date_is_carried_to_the_amended_date(organisation):
    clinic = Clinic(organisation, dates=[date(2027, 1, 25), date(2027, 2, 8)])
    child = clinic.child()
    clinic.plan(W)
    clinic.plan("2027-01-26T09:00")
    move(clinic.session.all_dates.get(value=date(2027, 2, 8)), date(2027, 2, 22))
    assert clinic.plan("2027-02-10T09:00") == 0
    assert clinic.invitations(child)[-1].session_date.value == date(2027, 2, 22)


def test_e03_an_earlier_date_added_after_invitations_invites_nobody_again(clinic):
    clinic.child()
    clinic.plan(W)
    SessionDate.objects.create(session=clinic.session, value=date(2027, 1, 20))
    for now in ("2027-01-05T09:00", "2027-01-12T09:00", "2027-01-19T09:00"):
        assert clinic.plan(now) == 0


def test_e04_removing_a_date_invites_nobody_again_and_keeps_the_history(organisation):
    clinic = Clinic(organisation, dates=[date(2027, 1, 25), date(2027, 2, 8)])
    child = clinic.child()
    clinic.plan(W)
    clinic.session.all_dates.filter(value=date(2027, 1, 25)).update(removed_at=at(W))
    for now in ("2027-01-12T09:00", "2027-01-26T09:00", "2027-02-07T09:00"):
        assert clinic.plan(now) == 0
    assert len(clinic.invitations(child)) == 1


def test_e14_i28_a_child_who_leaves_and_returns_is_not_invited_again(clinic):
    child = clinic.child()
    clinic.plan(W)
    memberships.leave(
        clinic.session.memberships.filter(child=child), because="Moved", now=at("2027-01-05T10:00")
    )
    assert clinic.join(child, now="2027-01-08T10:00") == 1
    assert clinic.plan("2027-01-09T09:00") == 0
    assert len(clinic.invitations(child)) == 1
    assert Membership.objects.filter(child=child).count() == 2


def test_e16_last_years_invitation_does_not_count(clinic):
    child = clinic.child()
    last_year = factories.ClinicSessionFactory(
        organisation=clinic.organisation,
        location=clinic.session.location,
        academic_year=2025,
        dates=[date(2026, 1, 25)],
    )
    Invitation.objects.create(
        child=child, session=last_year, programme_id="hpv", planned_at=at("2026-01-05T09:00")
    )
    assert clinic.plan(W) == 1


def test_e19_children_wait_for_dates_and_are_invited_when_they_come(organisation):
    clinic = Clinic(organisation, dates=[], invitations_on=None)
    child = clinic.child()
    assert clinic.plan(W) == 0
    assert clinic.outlook(child, W).text == "Will be invited when clinic dates are added"
    SessionDate.objects.create(session=clinic.session, value=date(2027, 1, 25))
    clinic.session.invitations_on = date(2027, 1, 4)
    clinic.session.save()
    assert clinic.plan("2027-01-10T15:00") == 1


def test_e20_a_child_who_joins_on_the_last_clinic_day_is_told_to_wait(clinic):
    child = clinic.child(joined="2027-01-25T07:00")
    assert clinic.messages(child) == []
    text = clinic.outlook(child, "2027-01-25T07:00").text
    assert text == "Waiting for a clinic date: no date is left to book"


def test_e27_a_job_that_ran_late_or_twice_invites_once(clinic):
    clinic.child()
    assert clinic.plan("2027-01-04T16:45") == 1
    assert clinic.plan("2027-01-04T16:45") == 0
    assert clinic.plan("2027-01-05T09:00") == 0


def test_e27_the_database_refuses_a_second_first_invitation(clinic):
    child = clinic.child()
    clinic.plan(W)
    with pytest.raises(IntegrityError, match="one_first_invitation"), transaction.atomic():
        Invitation.objects.create(
            child=child, session=clinic.session, programme_id="hpv", planned_at=at(W)
        )


def test_e42_many_join_at_once_and_every_one_is_invited(clinic):
    children = factories.ChildFactory.create_batch(60, organisation=clinic.organisation)
    for child in children:
        factories.RelationshipFactory(child=child)
    assert clinic.join(*children, now="2027-01-15T10:00") == 60
    assert len(clinic.invitations()) == 60
    assert {message.lane for message in clinic.messages()} == {1}


def test_planning_takes_the_same_queries_whatever_the_cohort(db):
    counts = []
    for children in (2, 50):
        clinic = Clinic(factories.OrganisationFactory())
        for _ in range(children):
            clinic.child()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert clinic.plan(W) == children
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_only_the_session_asked_for_and_the_right_organisation(organisation, elsewhere):
    ours, theirs = Clinic(organisation), Clinic(elsewhere)
    ours.child()
    theirs.child()
    assert ours.plan(W) == 1
    assert theirs.messages() == []
    assert invitations.plan(now=at(W)) == 1
    assert len(theirs.messages()) == 2
