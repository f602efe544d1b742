"""A clinic on 25 January 2027, for which invitations go on 4 January."""

from datetime import UTC, date, datetime

import pytest

from calendars.clock import london_day
from notifications.models import Message
from sessions_app import invitations, memberships, statuses
from sessions_app.models import Invitation, Membership
from tests import factories
from tests.conftest import signed_in
from tests.instants import at


class Clinic:
    """One organisation's clinic, with short words for what tests do to it."""

    def __init__(self, organisation, dates=(date(2027, 1, 25),), invitations_on=date(2027, 1, 4)):
        self.organisation = organisation
        self.session = factories.ClinicSessionFactory(
            organisation=organisation,
            dates=dates,
            invitations_on=invitations_on,
            location__name="Community clinic",
            location__team__name="Coventry clinics",
            location__team__phone="024 7600 0001",
            location__team__email="clinics@sais.example.com",
        )

    def child(self, **fields):
        """A child of the cohort whose parents have an email address and a mobile each."""
        return self.children(1, **fields)[0]

    def children(self, count, *, joined="2026-12-01T10:00", parents=1, **fields):
        """As many such children, who joined at one time."""
        children = factories.ChildFactory.create_batch(
            count, organisation=self.organisation, **fields
        )
        for child in children:
            factories.RelationshipFactory.create_batch(parents, child=child)
        self.join(*children, now=joined)
        return children

    def join(self, *children, now):
        return memberships.join(
            self.session,
            [child.pk for child in children],
            reason=Membership.Reason.UNKNOWN_SCHOOL,
            now=at(now),
        )

    def plan(self, now):
        return invitations.plan(now=at(now), session_ids=[self.session.pk])

    def refresh(self, child, now="2027-01-01T12:00"):
        statuses.refresh([child.pk], today=london_day(at(now)))

    def outlook(self, child, now):
        return invitations.outlooks(self.session, [child.pk], now=at(now))[child.pk]

    def messages(self, child=None):
        found = Message.objects.filter(organisation=self.organisation).order_by("id")
        return list(found if child is None else found.filter(child=child))

    def invitations(self, child=None):
        found = Invitation.objects.filter(session=self.session).order_by("id")
        return list(found if child is None else found.filter(child=child))


@pytest.fixture
def clinic(organisation):
    return Clinic(organisation)


@pytest.fixture
def facts(monkeypatch):
    """What the apps above would know: `facts(consent={(child id, programme): value})`."""

    def know(**values):
        providers = [*statuses._providers, lambda ids, year, today: values]
        monkeypatch.setattr(statuses, "_providers", providers)

    return know


@pytest.fixture
def on(time_machine, nurse):
    """Move to ten o'clock of a day and sign in."""

    def move(day: date, user=nurse):
        time_machine.move_to(datetime(day.year, day.month, day.day, 10, tzinfo=UTC))
        return signed_in(user)

    return move


@pytest.fixture
def clinic_2024(organisation):
    return factories.ClinicSessionFactory(organisation=organisation, academic_year=2023)


@pytest.fixture
def school_2024(organisation):
    return factories.SessionFactory(
        organisation=organisation, academic_year=2023, location__name="Ash School"
    )
