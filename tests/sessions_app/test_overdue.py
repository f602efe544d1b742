"""Mailings that are due and were never planned are noticed, and planned, within a minute."""

from datetime import date

import pytest

from sessions_app import invitations
from sessions_app.models import Session
from tests.factories import OrganisationFactory
from tests.sessions_app.conftest import Clinic, at

BEFORE, OPENS = "2027-01-04T08:59", "2027-01-04T09:00"
DATES = (date(2027, 1, 25), date(2027, 2, 22))
REPEAT = "2027-02-01T09:00"


def overdue(now):
    return invitations.overdue(now=at(now))


def test_a_first_mailing_is_overdue_from_nine_until_it_is_planned(clinic):
    clinic.child()
    assert overdue(BEFORE) == []
    assert overdue(OPENS) == [clinic.session.pk]
    assert invitations.plan_overdue(now=at(OPENS)) == 1
    assert overdue(OPENS) == []
    assert invitations.plan_overdue(now=at(OPENS)) == 0


def test_planning_before_nine_does_not_count(clinic):
    clinic.child()
    clinic.plan(BEFORE)
    assert overdue(OPENS) == [clinic.session.pk]


def test_one_child_who_joined_late_does_not_hide_that_the_others_wait(clinic):
    clinic.child()
    clinic.child(joined="2027-01-04T09:05")
    assert len(clinic.invitations()) == 1
    assert overdue("2027-01-07T12:00") == [clinic.session.pk]
    assert invitations.plan_overdue(now=at("2027-01-07T12:00")) == 1


def test_a_closed_clinic_and_one_without_dates_are_left_alone(clinic):
    clinic.child()
    clinic.session.all_dates.all().delete()
    assert overdue(OPENS) == []
    Session.objects.filter(pk=clinic.session.pk).update(closed_at=at(BEFORE))
    assert overdue(OPENS) == []


def test_a_later_mailing_is_overdue_until_it_is_planned(organisation):
    clinic = Clinic(organisation, dates=DATES)
    clinic.child()
    clinic.plan(OPENS)
    assert overdue("2027-01-25T12:00") == []
    assert overdue(REPEAT) == [clinic.session.pk]
    assert invitations.plan_overdue(now=at(REPEAT)) == 1
    assert overdue(REPEAT) == []


def test_without_repeats_no_later_mailing_is_overdue(organisation):
    organisation.repeats_invitations = False
    organisation.save()
    clinic = Clinic(organisation, dates=DATES)
    clinic.child()
    clinic.plan(OPENS)
    assert overdue(REPEAT) == []


@pytest.mark.parametrize("clinics", [1, 4])
def test_the_question_costs_two_queries_however_many_clinics(
    clinics, django_assert_num_queries, db
):
    for _ in range(clinics):
        Clinic(OrganisationFactory()).child()
    with django_assert_num_queries(2):
        assert len(overdue(OPENS)) == clinics
