"""The job that plans every clinic."""

import pytest
from django.db import connection

from calendars import clock
from sessions_app.tasks import plan_invitations
from tests import factories
from tests.sessions_app.conftest import Clinic, at

BREAK_PLANNING = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE 'planning is broken here'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON sessions_app_invitation
FOR EACH ROW WHEN (NEW.session_id = {session}) EXECUTE FUNCTION refuse();
"""


@pytest.mark.django_db
def test_a_fault_of_one_clinic_keeps_no_other_waiting(monkeypatch, caplog):
    broken, sound = (Clinic(factories.OrganisationFactory()) for _ in range(2))
    assert broken.session.pk < sound.session.pk
    broken.child()
    child = sound.child()
    with connection.cursor() as cursor:
        cursor.execute(BREAK_PLANNING.format(session=broken.session.pk))
    monkeypatch.setattr(clock, "now", lambda: at("2027-01-04T09:00"))
    plan_invitations()
    assert len(sound.invitations(child)) == 1
    assert broken.invitations() == []
    assert f"clinic session {broken.session.pk}" in caplog.text
