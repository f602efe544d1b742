"""A school year and more, day by day, with processes in other time zones."""

import calendar
import os
import time as system_time
from datetime import date, datetime, time, timedelta

import pytest
import time_machine

from calendars import clock
from calendars.clock import LONDON
from sessions_app import memberships, rules
from sessions_app.models import Membership
from sessions_app.tasks import plan_invitations
from tests import factories
from tests.sessions_app.conftest import Clinic

FIRST_DAY = date(2026, 9, 1)
DAYS = [FIRST_DAY + timedelta(days=n) for n in range(400)]


@pytest.fixture(params=["UTC", "Asia/Kolkata"])
def process_zone(request, monkeypatch):
    """The zone of the process, which must make no difference."""
    monkeypatch.setenv("TZ", request.param)
    system_time.tzset()
    yield request.param
    monkeypatch.undo()
    os.environ.pop("TZ", None)
    system_time.tzset()


def london(day, at):
    return datetime.combine(day, at, tzinfo=LONDON)


def test_e26_today_is_the_day_in_london_on_400_days(process_zone):
    for day in DAYS:
        for at in (time(0, 1), time(0, 30), time(12), time(23, 59)):
            with time_machine.travel(london(day, at), tick=False):
                assert clock.today() == day


def test_e25_invitations_open_between_one_minute_and_the_next_on_400_days(process_zone):
    for day in DAYS:
        before, after = london(day, time(8, 59)), london(day, time(9))
        for moment, due in ((before, False), (after, True)):
            with time_machine.travel(moment, tick=False):
                assert (
                    rules.first_invitations_are_due(
                        dates=[day + timedelta(days=21)],
                        invitations_on=day,
                        is_closed=False,
                        now=clock.now(),
                    )
                    is due
                )


def expected_first_invitation(joined_on, dates, invitations_on):
    """Written anew and naively: the first day from both on which a date is left to book."""
    for day in DAYS:
        if day >= max(joined_on, invitations_on) and any(date_ > day for date_ in dates):
            return day
    return None


def test_a_year_of_nightly_jobs_invites_each_child_once_on_the_right_day(
    organisation, process_zone
):
    organisation.repeats_invitations = False
    organisation.save()
    dates = [date(2026, 10, 31), date(2027, 1, 25), date(2027, 4, 17), date(2027, 7, 5)]
    invitations_on = date(2026, 10, 10)
    clinic = Clinic(organisation, dates=dates, invitations_on=invitations_on)
    expected = {}
    joining = DAYS[3::23]
    for day in DAYS[:365]:
        if day in joining:
            child = factories.RelationshipFactory(child__organisation=organisation).child
            with time_machine.travel(london(day, time(0, 30)), tick=False):
                memberships.join(
                    clinic.session,
                    [child.pk],
                    reason=Membership.Reason.UNKNOWN_SCHOOL,
                    now=clock.now(),
                )
            expected[child.pk] = expected_first_invitation(day, dates, invitations_on)
        with time_machine.travel(london(day, time(9)), tick=False):
            plan_invitations()
            if day.weekday() == calendar.MONDAY:
                plan_invitations()
    invited = {
        invitation.child_id: clock.london_day(invitation.planned_at)
        for invitation in clinic.invitations()
    }
    assert len(clinic.invitations()) == len(invited)
    assert invited == {child: day for child, day in expected.items() if day}
