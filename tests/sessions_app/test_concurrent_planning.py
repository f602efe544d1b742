"""Planners and people at the same time, on real transactions."""

from datetime import date
from threading import Barrier

import pytest
from django.db import transaction

from cohorts.models import Parent
from notifications.models import Message
from sessions_app import invitations, memberships, statuses
from sessions_app.models import (
    Invitation,
    Membership,
    ProgrammeStatus,
    Session,
    SessionDate,
)
from tests import factories
from tests.sessions_app.conftest import Clinic, at
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

W = at("2027-01-04T09:00")


@pytest.fixture
def clinic(transactional_db):
    return Clinic(factories.OrganisationFactory())


def test_e27_twenty_planners_at_once_invite_everybody_once(clinic):
    for _ in range(12):
        clinic.child(parents=2)
    planned = at_once(*[lambda: invitations.plan(now=W)] * 8)
    assert sum(planned) == 12
    assert Invitation.objects.count() == 12
    assert Message.objects.count() == 48


def test_i26_a_child_who_joins_while_dates_are_scheduled_is_seen_by_one_of_the_two(clinic):
    session = clinic.session
    session.all_dates.all().delete()
    Session.objects.filter(pk=session.pk).update(invitations_on=None)
    children = [
        factories.RelationshipFactory(child__organisation=clinic.organisation).child
        for _ in range(5)
    ]
    moment = at("2027-01-10T10:00")

    def schedule():
        with transaction.atomic():
            Session.objects.lock(session.pk)
            SessionDate.objects.create(session=session, value=date(2027, 1, 25))
            Session.objects.filter(pk=session.pk).update(invitations_on=date(2027, 1, 4))
            invitations.plan(now=moment, session_ids=[session.pk])

    def joins(child):
        return lambda: memberships.join(
            session, [child.pk], reason=Membership.Reason.UNKNOWN_SCHOOL, now=moment
        )

    at_once(schedule, *[joins(child) for child in children])
    assert Invitation.objects.count() == len(children)


def test_e14_joining_in_two_tabs_at_once_is_one_membership(clinic):
    child = factories.RelationshipFactory(child__organisation=clinic.organisation).child
    joined = at_once(*[lambda: clinic.join(child, now="2027-01-10T10:00")] * 4)
    assert sorted(joined) == [0, 0, 0, 1]
    assert Membership.objects.count() == 1
    assert Invitation.objects.count() == 1


def test_two_facts_learned_at_once_are_both_in_the_stored_status(clinic, monkeypatch):
    """A fact is a row beside the child's, here a parent of its name, not yet committed when the
    other transaction computes.
    """
    child = clinic.child()

    def known_by_row(name, value):
        def provider(ids, year):
            is_known = Parent.objects.filter(full_name=name).exists()
            return {(pk, "hpv"): value for pk in ids if is_known}

        return provider

    monkeypatch.setitem(statuses._providers, "consent", known_by_row("consent", "given"))
    monkeypatch.setitem(
        statuses._providers, "vaccination", known_by_row("vaccination", "vaccinated")
    )
    both_learned = Barrier(2)

    def learn(name):
        def job():
            with transaction.atomic():
                Parent.objects.create(organisation=clinic.organisation, full_name=name)
                both_learned.wait(timeout=10)
                statuses.refresh([child.pk], today=date(2027, 1, 10))

        return job

    at_once(learn("consent"), learn("vaccination"))
    stored = ProgrammeStatus.objects.get(child=child)
    assert (stored.consent, stored.vaccination) == ("given", "vaccinated")


def test_consent_and_joining_at_once_do_not_wait_for_each_other_in_a_ring(clinic):
    """One holds the session and wants the child's status, the other the reverse."""
    child = clinic.child()
    other = factories.ChildFactory(organisation=clinic.organisation)
    both_hold = Barrier(2)
    moment = at("2027-01-10T10:00")

    def learn_a_fact():
        with transaction.atomic():
            statuses.refresh([child.pk], today=moment.date())
            both_hold.wait(timeout=10)
            invitations.catch_up([child.pk], now=moment)

    def join_both():
        with transaction.atomic():
            Session.objects.hold(clinic.session.pk)
            both_hold.wait(timeout=10)
            clinic.join(child, other, now="2027-01-10T10:00")
            statuses.refresh([child.pk], today=moment.date())

    at_once(learn_a_fact, join_both)
    assert Membership.objects.filter(session=clinic.session).count() == 2
