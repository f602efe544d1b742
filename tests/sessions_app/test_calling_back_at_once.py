"""Calling a mailing back beside others who do so, and beside the senders, on real transactions."""

from threading import Event

import pytest
from django.db import transaction

from activity.models import Entry
from notifications import claims
from notifications.models import Channel, Lane, Message
from sessions_app import invitations, memberships, rules
from sessions_app.invitations import CallingBackRefused
from sessions_app.models import Invitation, Mailing, Membership
from tests.factories import OrganisationFactory, RelationshipFactory, UserFactory
from tests.sessions_app.conftest import Clinic, at
from tests.sessions_app.test_concurrent_planning import wait_for_a_waiter
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

QUEUED = at("2027-01-05T10:00")
LAST_MOMENT = at("2027-01-05T10:01:59.999999")
STARTS = at("2027-01-05T10:02")


@pytest.fixture
def mailing(transactional_db):
    """Invitations to many families, confirmed by a person at ten."""
    clinic = Clinic(OrganisationFactory())
    family = {"child__organisation": clinic.organisation}
    memberships.join(
        clinic.session,
        [RelationshipFactory(**family).child.pk for _ in range(rules.HELD_FROM)],
        reason=Membership.Reason.UNKNOWN_SCHOOL,
        now=QUEUED,
        by=UserFactory(organisation=clinic.organisation),
    )
    return Mailing.objects.get()


def calls_back(mailing, *, now=LAST_MOMENT):
    """A person's click: whether it was they who called back; none where it was too late."""
    by = UserFactory(organisation=mailing.session.organisation)

    def click():
        try:
            return invitations.call_back(mailing_id=mailing.pk, by=by, now=now)
        except CallingBackRefused:
            return None

    return click


def starts():
    """A sender's round at the very moment: how many messages it claimed."""
    backlog = claims.backlog(lanes=Lane.values, channels=Channel.values, now=STARTS)
    return len(backlog.claim(most=5, now=STARTS))


def withheld():
    return Message.objects.filter(status=Message.Status.WITHHELD).count()


def test_two_people_who_call_back_at_once_do_it_once(mailing):
    done = at_once(*[calls_back(mailing) for _ in range(2)])
    assert sorted(done) == [False, True]
    assert withheld() == mailing.messages
    assert Invitation.objects.called_back().count() == rules.HELD_FROM
    assert Entry.objects.filter(kind=Entry.Kind.MESSAGE_WITHHELD).count() == rules.HELD_FROM


@pytest.mark.parametrize("senders", [1, 3])
def test_calling_back_as_it_starts_is_all_or_nothing(mailing, senders):
    called_back, *claimed = at_once(calls_back(mailing), *[starts] * senders)
    if called_back:
        assert sum(claimed) == 0
        assert withheld() == mailing.messages
    else:
        assert sum(claimed) > 0
        assert withheld() == 0
        assert not Invitation.objects.called_back().exists()
        assert not Entry.objects.filter(kind=Entry.Kind.MESSAGE_WITHHELD).exists()


def test_a_click_that_waits_for_a_sender_is_too_late(mailing):
    has_claimed = Event()

    def sender():
        with transaction.atomic():
            claimed = starts()
            has_claimed.set()
            wait_for_a_waiter()
            return claimed

    def click():
        has_claimed.wait(60)
        return calls_back(mailing)()

    claimed, called_back = at_once(sender, click)
    assert claimed > 0
    assert called_back is None
    assert withheld() == 0


def test_a_sender_beside_a_click_that_is_not_done_yet_gets_nothing(mailing):
    is_called_back, has_looked = Event(), Event()

    def click():
        with transaction.atomic():
            done = calls_back(mailing)()
            is_called_back.set()
            has_looked.wait(60)
            return done

    def sender():
        is_called_back.wait(60)
        try:
            return starts()
        finally:
            has_looked.set()

    assert at_once(click, sender) == [True, 0]
    assert starts() == 0
    assert withheld() == mailing.messages
