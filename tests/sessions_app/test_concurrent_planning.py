"""Planners and people at the same time, on real transactions."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.db import connection, transaction

from notifications.models import Message
from sessions_app import invitations, memberships
from sessions_app.models import Invitation, Membership, Session, SessionDate
from tests import factories
from tests.sessions_app.conftest import Clinic, at

pytestmark = pytest.mark.django_db(transaction=True)

W = at("2027-01-04T09:00")


def at_once(*jobs):
    """Run the jobs in threads that start together; each on a connection of its own."""
    barrier = Barrier(len(jobs))

    def run(job):
        try:
            barrier.wait(timeout=10)
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return [future.result() for future in [pool.submit(run, job) for job in jobs]]


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
