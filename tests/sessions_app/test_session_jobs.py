"""The nightly jobs of sessions may run late and twice."""

from datetime import UTC, datetime

from sessions_app import schedule, tasks
from sessions_app.models import ScheduleDraft, Session
from tests.factories import SchoolFactory


def test_sessions_appear_by_themselves(organisation, elsewhere, time_machine):
    time_machine.move_to(datetime(2026, 10, 1, 2, 15, tzinfo=UTC))
    SchoolFactory(team__organisation=organisation)
    for _ in range(2):
        tasks.ensure_sessions()
    assert Session.objects.for_organisation(organisation).count() == 2
    assert Session.objects.for_organisation(elsewhere).count() == 1


def test_drafts_are_kept_for_a_day(clinic, nurse, time_machine):
    time_machine.move_to(datetime(2027, 1, 4, 10, tzinfo=UTC))
    schedule.amend(schedule.start(clinic.session, by=nurse))
    time_machine.move_to(datetime(2027, 1, 5, 9, 59, tzinfo=UTC))
    tasks.forget_drafts()
    assert ScheduleDraft.objects.count() == 1
    time_machine.move_to(datetime(2027, 1, 5, 10, 1, tzinfo=UTC))
    tasks.forget_drafts()
    assert ScheduleDraft.objects.count() == 0
