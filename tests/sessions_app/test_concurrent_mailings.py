"""Calling back, releasing and scheduling at the same time, on real transactions."""

from datetime import date
from threading import Event

import pytest
from django.db import transaction

from sessions_app import invitations, memberships, rules, schedule
from sessions_app.models import Invitation, Mailing, Membership, Session
from sessions_app.schedule_rules import Day
from tests import factories
from tests.sessions_app.conftest import Clinic, at
from tests.sessions_app.test_concurrent_planning import wait_for_a_waiter
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

MANY = rules.HELD_FROM
NOW = at("2027-01-05T11:00")


@pytest.fixture
def clinic(transactional_db):
    return Clinic(factories.OrganisationFactory())


@pytest.fixture
def nurse(clinic):
    return factories.UserFactory(organisation=clinic.organisation)


@pytest.fixture
def called_back(clinic, nurse):
    """A mailing to many families that was called back; they wait for its release."""
    children = [
        factories.RelationshipFactory(child__organisation=clinic.organisation).child
        for _ in range(MANY)
    ]
    memberships.join(
        clinic.session,
        [child.pk for child in children],
        reason=Membership.Reason.UNKNOWN_SCHOOL,
        now=at("2027-01-05T10:00"),
        by=nurse,
    )
    mailing = Mailing.objects.get()
    invitations.call_back(mailing_id=mailing.pk, by=nurse, now=at("2027-01-05T10:01"))
    return mailing


def confirms_other_dates(clinic, nurse, *, after: Event, tells: Event):
    """Confirm another date; once the session is locked wait for who waits for it."""
    session = Session.objects.get(pk=clinic.session.pk)
    (row,) = session.all_dates.all()
    draft = schedule.start(session, by=nurse)
    schedule.amend(draft, days=(Day(row.pk, date(2027, 2, 8)),))

    def confirm():
        after.wait(60)
        with transaction.atomic():
            Session.objects.lock(session.pk)
            tells.set()
            wait_for_a_waiter()
            schedule.confirm(
                session_id=session.pk,
                draft_id=draft.pk,
                accepts_lost_bookings=True,
                by=nurse,
                now=NOW,
            )

    return confirm


def test_releasing_and_confirming_other_dates_do_not_wait_in_a_ring(clinic, nurse, called_back):
    """Both need the session and what was called back in it: both take the session first."""
    begin, is_locked = Event(), Event()
    begin.set()

    def release():
        is_locked.wait(60)
        invitations.release(mailing_id=called_back.pk, by=nurse, now=NOW)

    at_once(confirms_other_dates(clinic, nurse, after=begin, tells=is_locked), release)
    called_back.refresh_from_db()
    assert called_back.released_at == NOW
    assert not Invitation.objects.called_back().exists()


def test_leaving_and_confirming_other_dates_do_not_wait_in_a_ring(clinic, nurse, called_back):
    """A file may take children out of the clinic and put others into it."""
    begin, is_locked = Event(), Event()
    begin.set()
    leaving = Membership.objects.filter(session=clinic.session).order_by("pk").first()
    newcomer = factories.RelationshipFactory(child__organisation=clinic.organisation).child

    def place():
        is_locked.wait(60)
        with transaction.atomic():
            memberships.leave([leaving], because="Moved to another place", now=NOW, by=nurse)
            clinic.join(newcomer, now="2027-01-05T11:00")

    at_once(confirms_other_dates(clinic, nurse, after=begin, tells=is_locked), place)
    assert not Invitation.objects.called_back().exists()
    assert Membership.objects.filter(child=newcomer, left_at__isnull=True).exists()
