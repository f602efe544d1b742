"""Planners and people at the same time, on real transactions."""

from datetime import date
from threading import Barrier, Event

import pytest
from django.db import transaction

from cohorts.flags import flag_child
from cohorts.models import Child, Parent, SchoolMove
from cohorts.rules import Schooling
from cohorts.services import school_moves
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
from tests.threads import at_once, wait_for_a_waiter

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

W = at("2027-01-04T09:00")


@pytest.fixture
def clinic(transactional_db):
    return Clinic(factories.OrganisationFactory())


def test_e27_twenty_planners_at_once_invite_everybody_once(clinic):
    for _ in range(12):
        clinic.child(parents=2)
    planned = at_once(*[lambda: invitations.plan(now=W)] * 20)
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
        def provider(ids, year, today):
            is_known = Parent.objects.filter(full_name=name).exists()
            return {name: {(pk, "hpv"): value for pk in ids if is_known}}

        return provider

    providers = [known_by_row("triage", "safe"), known_by_row("vaccination", "vaccinated")]
    monkeypatch.setattr(statuses, "_providers", providers)
    both_learned = Barrier(2)

    def learn(name):
        def job():
            with transaction.atomic():
                Parent.objects.create(organisation=clinic.organisation, full_name=name)
                both_learned.wait(timeout=60)
                statuses.refresh([child.pk], today=date(2027, 1, 10))

        return job

    at_once(learn("triage"), learn("vaccination"))
    stored = ProgrammeStatus.objects.get(child=child)
    assert (stored.triage, stored.vaccination) == ("safe", "vaccinated")


def test_consent_and_joining_at_once_do_not_wait_for_each_other_in_a_ring(clinic):
    """One holds the session and wants the child's status, the other the reverse."""
    child = clinic.child()
    other = factories.ChildFactory(organisation=clinic.organisation)
    both_hold = Barrier(2)
    moment = at("2027-01-10T10:00")

    def learn_a_fact():
        with transaction.atomic():
            statuses.refresh([child.pk], today=moment.date())
            both_hold.wait(timeout=60)
            invitations.catch_up([child.pk], now=moment)

    def join_both():
        with transaction.atomic():
            Session.objects.hold(clinic.session.pk)
            both_hold.wait(timeout=60)
            clinic.join(child, other, now="2027-01-10T10:00")
            statuses.refresh([child.pk], today=moment.date())

    at_once(learn_a_fact, join_both)
    assert Membership.objects.filter(session=clinic.session).count() == 2


def test_flagging_a_child_and_scheduling_do_not_wait_for_each_other_in_a_ring(clinic):
    """One has the child and wants the session, the other the reverse."""
    Session.objects.filter(pk=clinic.session.pk).update(invitations_on=None)
    child = clinic.child()
    session_is_locked = Event()
    moment = at("2027-01-10T10:00")

    def schedule():
        with transaction.atomic():
            Session.objects.lock(clinic.session.pk)
            session_is_locked.set()
            wait_for_a_waiter()
            Session.objects.filter(pk=clinic.session.pk).update(invitations_on=moment.date())
            invitations.plan(now=moment, session_ids=[clinic.session.pk])

    def flag():
        session_is_locked.wait(60)
        flag_child(
            child.pk,
            date_of_death=None,
            is_restricted=True,
            is_invalid=False,
            by=None,
            now=moment,
        )

    at_once(schedule, flag)
    child.refresh_from_db()
    assert child.is_restricted
    assert Invitation.objects.count() == 1


def test_confirming_a_move_and_importing_a_file_do_not_wait_in_a_ring(clinic):
    """Both need the child and the open move: both take the child first."""
    organisation = clinic.organisation
    child = factories.ChildFactory(organisation=organisation, home_educated=False)
    school = factories.SchoolFactory(team__organisation=organisation)
    moment = at("2027-01-10T10:00")
    move = school_moves.propose(
        [school_moves.Proposal(child, Schooling(None, True))],
        source=SchoolMove.Source.COHORT,
        now=moment,
    )[0]
    child_is_locked = Event()

    def imports():
        with transaction.atomic():
            Child.objects.lock_all([child.pk])
            child_is_locked.set()
            wait_for_a_waiter()
            school_moves.propose(
                [school_moves.Proposal(child, Schooling(school.pk, None))],
                source=SchoolMove.Source.COHORT,
                now=moment,
            )

    def confirms():
        child_is_locked.wait(60)
        try:
            school_moves.confirm(move_id=move.pk, by=user, now=moment)
        except school_moves.AlreadyDecided:
            return "decided"
        return "confirmed"

    user = factories.UserFactory(organisation=organisation)
    assert at_once(imports, confirms)[1] == "decided"
    assert SchoolMove.objects.filter(child=child, decision="").get().school == school
