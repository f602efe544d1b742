"""Jobs that go through every clinic or organisation: a fault of one delays no other."""

import pytest
from django.db import connection

from calendars import clock
from heartbeats.faults import SomeFailed
from sessions_app import memberships, services, tasks
from sessions_app.models import Membership, Session
from tests import factories
from tests.sessions_app.conftest import Clinic, at

BREAK_PLANNING = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE 'planning is broken here'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON sessions_app_invitation
FOR EACH ROW WHEN (NEW.session_id = {session}) EXECUTE FUNCTION refuse();
"""


@pytest.mark.django_db
@pytest.mark.parametrize("job", [tasks.plan_invitations, tasks.plan_overdue])
def test_a_fault_of_one_clinic_keeps_no_other_waiting_and_fails_the_job(job, monkeypatch, caplog):
    broken, sound = (Clinic(factories.OrganisationFactory()) for _ in range(2))
    assert broken.session.pk < sound.session.pk
    broken.child()
    child = sound.child()
    with connection.cursor() as cursor:
        cursor.execute(BREAK_PLANNING.format(session=broken.session.pk))
    monkeypatch.setattr(clock, "now", lambda: at("2027-01-04T09:00"))
    with pytest.raises(SomeFailed, match="1 failed"):
        job()
    assert len(sound.invitations(child)) == 1
    assert broken.invitations() == []
    assert f"clinic session {broken.session.pk}" in caplog.text


@pytest.fixture
def broken_and_sound(db):
    """Two organisations; the database refuses every new session of the first."""
    pair = factories.OrganisationFactory(), factories.OrganisationFactory()
    with connection.cursor() as cursor:
        cursor.execute(BREAK_SESSIONS.format(organisation=pair[0].pk))
    return pair


BREAK_SESSIONS = """
CREATE FUNCTION refuse_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE 'sessions are broken here'; END $$;
CREATE TRIGGER refuse_session BEFORE INSERT ON sessions_app_session
FOR EACH ROW WHEN (NEW.organisation_id = {organisation}) EXECUTE FUNCTION refuse_session();
"""


def test_a_fault_of_one_organisation_keeps_no_other_without_sessions(broken_and_sound, caplog):
    broken, sound = broken_and_sound
    with pytest.raises(SomeFailed):
        services.ensure_all_sessions(now=at("2027-01-04T09:00"))
    assert not Session.objects.for_organisation(broken).exists()
    assert Session.objects.for_organisation(sound).exists()
    assert f"organisation {broken.pk}" in caplog.text


def test_a_fault_of_one_organisation_keeps_no_other_out_of_the_year(broken_and_sound, caplog):
    broken, sound = broken_and_sound
    children = [
        factories.ChildFactory(organisation=organisation, school=None, home_educated=True)
        for organisation in broken_and_sound
    ]
    Membership.objects.all().delete()
    with pytest.raises(SomeFailed):
        memberships.place_newcomers_to_the_year(now=at("2027-01-04T09:00"))
    assert [each.memberships.exists() for each in children] == [False, True]
    assert f"organisation {broken.pk}" in caplog.text
