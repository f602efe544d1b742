"""Requests and reminders that go by themselves to the parents of a school's children."""

from datetime import date, timedelta
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cohorts.models import Child, Parent, ParentRelationship
from consent import messages
from consent.models import ConsentRequest, GillickAssessment
from consent.services import asking
from consent.tasks import ask_and_remind
from mavis.celery import TIMETABLE, app
from notifications import outbox, wording
from notifications.models import Lane, Message
from notifications.signals import letters_withheld
from programmes.models import OrganisationProgramme, Programme
from sessions_app import schedule_rules
from sessions_app.models import Membership, Session, SessionDate
from tests import factories
from tests.consent.school import School
from tests.sessions_app.conftest import at
from tests.threads import at_once

pytestmark = pytest.mark.django_db
JAN_12, JAN_15 = date(2027, 1, 12), date(2027, 1, 15)


@pytest.fixture
def school(organisation):
    return School(organisation)


def days(first, last):
    """Each day from one to the other, as text."""
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [(start + timedelta(days=n)).isoformat() for n in range((end - start).days + 1)]


def test_consent_14_2_15_requests_go_after_seven_days_and_the_reminder_after_fourteen_more(
    organisation,
):
    school = School(organisation, dates=[JAN_12, date(2027, 1, 19)])
    for _ in range(2):
        school.child(parents=2)
    for day in days("2026-12-15", "2026-12-21"):
        assert school.run(day) == 0
    assert school.run("2026-12-22") == 2
    sent = school.messages()
    assert {one.template for one in sent} == {"consent_school_request"}
    assert sorted(one.channel for one in sent) == ["email"] * 4 + ["text"] * 4
    assert {one.lane for one in sent} == {Lane.BULK}
    assert {one.sent_by for one in sent} == {None}
    for day in days("2026-12-23", "2027-01-04"):
        assert school.run(day) == 0
    assert school.run("2027-01-05") == 2
    assert {one.template for one in school.messages()[8:]} == {"consent_school_reminder"}
    for day in days("2027-01-06", "2027-01-11"):
        assert school.run(day) == 0
    assert school.run("2027-01-12") == 2
    assert [school.run(day) for day in days("2027-01-13", "2027-01-20")] == [0] * 8


def test_a15_one_asked_late_is_reminded_once_as_the_others_are_reminded_again(organisation):
    school = School(organisation, dates=[JAN_12, JAN_15])
    early, late = school.child(), school.child()
    Membership.objects.filter(child=late).update(left_at=at("2026-12-01T10:00"), left_because="x")
    school.run("2026-12-22")
    school.run("2027-01-05")
    Membership.objects.filter(child=late).update(left_at=None, left_because="")
    for day in days("2027-01-06", "2027-01-14"):
        school.run(day)
    assert school.letters(early) == [
        ("2026-12-22", "request", ["hpv"]),
        ("2027-01-05", "reminder", ["hpv"]),
        ("2027-01-08", "reminder", ["hpv"]),
    ]
    assert school.letters(late) == [
        ("2027-01-06", "request", ["hpv"]),
        ("2027-01-09", "reminder", ["hpv"]),
        ("2027-01-12", "reminder", ["hpv"]),
    ]


def test_i06_a_joiner_mid_series_gets_no_reminders_for_past_dates(organisation):
    dates = [date(2027, 1, 5), date(2027, 1, 6), date(2027, 1, 7), date(2027, 2, 16)]
    school = School(organisation, dates=dates, requests_on=date(2026, 12, 15))
    child = school.child(joined="2027-01-20T10:00")
    for day in days("2027-01-20", "2027-02-16"):
        school.run(day)
    assert school.letters(child) == [
        ("2027-01-20", "request", ["hpv"]),
        ("2027-02-09", "reminder", ["hpv"]),
    ]


def test_i36_who_joins_after_the_requests_went_is_asked_the_same_afternoon(school):
    school.child()
    assert school.run("2026-12-22") == 1
    late = school.child(joined="2026-12-28T14:00")
    assert school.run("2026-12-28") == 1
    assert school.letters(late) == [("2026-12-28", "request", ["hpv"])]


def answered(decision):
    def happen(school, child):
        factories.ResponseFactory(child=child, session=school.session, decision=decision)

    return happen


def update(model, **values):
    return lambda school, child: model.objects.update(**values)


def leave(school, child):
    Membership.objects.update(left_at=at("2026-12-20T10:00"), left_because="Home-educated")


def vaccinated(school, child):
    factories.VaccinationRecordFactory(child=child)


@pytest.mark.parametrize(
    "happen",
    [
        pytest.param(answered("given"), id="consent given"),
        pytest.param(vaccinated, id="vaccinated"),
        pytest.param(update(Child, date_of_death="2026-12-20"), id="deceased"),
        pytest.param(update(Child, invalidated_at=at("2026-12-20T10:00")), id="invalid"),
        pytest.param(update(Child, restricted_at=at("2026-12-20T10:00")), id="restricted"),
        pytest.param(update(Parent, email="", phone=""), id="no contact details"),
        pytest.param(update(Session, closed_at=at("2026-12-20T10:00")), id="closed"),
        pytest.param(update(Session, consent_requests_on=None), id="unscheduled"),
        pytest.param(update(SessionDate, value=date(2026, 12, 22)), id="no day left to answer"),
        pytest.param(leave, id="i37 left for home education"),
        pytest.param(update(Child, birth_academic_year=2014), id="i10 another year group"),
    ],
)
def test_a14_i07_i08_i14_nobody_is_asked_who_must_not_be(school, happen):
    child = school.child()
    happen(school, child)
    school.refresh(child)
    assert school.run("2026-12-22") == 0
    assert not Message.objects.exists()
    assert not ConsentRequest.objects.exists(), "what was not sent is not written down as sent"


def test_who_answers_after_the_request_is_not_reminded(school):
    given, refused = school.child(), school.child()
    assert school.run("2026-12-22") == 2
    answered("given")(school, given)
    factories.ResponseFactory(
        child=refused, session=school.session, decision="refused", reason="personal"
    )
    school.refresh(given)
    school.refresh(refused)
    assert school.run("2027-01-05") == 0


def test_i09_nobody_is_asked_about_what_the_child_wants_kept_from_them(school, nurse):
    child = school.child()
    last_year = factories.SessionFactory(organisation=school.organisation, academic_year=2025)
    assessment = GillickAssessment.objects.create(
        child=child,
        programme_id="hpv",
        session=last_year,
        assessed_on=date(2026, 3, 2),
        **dict.fromkeys(GillickAssessment.STATEMENTS, True),
        performed_by=nurse,
        performed_at=at("2026-03-02T10:00"),
    )
    own = factories.ResponseFactory(
        child=child,
        session=last_year,
        academic_year=2025,
        parent=None,
        parent_name=child.full_name,
        relationship="Child (Gillick competent)",
        route="self",
        assessment=assessment,
        notify_parents=False,
        recorded_by=nurse,
    )
    school.refresh(child)
    assert school.run("2026-12-22") == 0
    own.invalidated_at = at("2026-12-20T10:00")
    own.save()
    school.refresh(child)
    assert school.run("2026-12-22") == 1


def test_no_response_recorded_by_staff_does_not_stop_the_schedule(school):
    child = school.child()
    answered("not_provided")(school, child)
    school.refresh(child)
    assert school.run("2026-12-22") == 1


def test_clinics_are_never_asked_by_themselves(organisation):
    session = factories.ClinicSessionFactory(
        organisation=organisation, dates=[JAN_12], consent_requests_on=date(2026, 12, 22)
    )
    asking.plan(session.pk, now=at("2026-12-22T16:00"))
    assert asking.plan_each(now=at("2026-12-22T16:00")) == 0


def test_last_years_requests_do_not_count(school, organisation):
    child = school.child()
    last_year = factories.SessionFactory(organisation=organisation, academic_year=2025)
    ConsentRequest.objects.create(
        child=child,
        programme_id="hpv",
        session=last_year,
        requested_at=at("2026-02-01T10:00"),
    )
    assert school.run("2026-12-22") == 1


def test_i10_each_child_is_asked_about_their_own_programmes_in_one_message(organisation):
    for key in ("menacwy", "td_ipv"):
        OrganisationProgramme.objects.create(organisation=organisation, programme_id=key)
    school = School(organisation, programmes=["hpv", "menacwy", "td_ipv"])
    year_8 = school.child()
    year_9 = school.child(date_of_birth=date(2012, 10, 1))
    factories.VaccinationRecordFactory(child=year_9, programme_id="hpv")
    school.refresh(year_9)
    assert school.run("2026-12-22") == 2
    assert school.letters(year_8) == [("2026-12-22", "request", ["hpv"])]
    assert school.letters(year_9) == [("2026-12-22", "request", ["menacwy", "td_ipv"])]
    email, _ = school.messages(year_9)
    assert email.personalisation["vaccination"] == "MenACWY and Td/IPV vaccinations"
    email, _ = school.messages(year_8)
    assert email.personalisation["vaccination"] == "HPV vaccination"


def test_a_request_for_a_further_programme_waits_three_days_for_a_reminder(organisation):
    OrganisationProgramme.objects.create(organisation=organisation, programme_id="flu")
    school = School(organisation)
    child = school.child()
    school.run("2026-12-22")
    school.run("2027-01-05")
    school.session.programmes.add(Programme.objects.get(key="flu"))
    school.refresh(child)
    for day in days("2027-01-06", "2027-01-11"):
        school.run(day)
    assert school.letters(child)[2:] == [
        ("2027-01-08", "request", ["flu"]),
        ("2027-01-11", "reminder", ["flu"]),
    ]


def test_parents_who_share_an_address_get_one_message(school):
    child = school.child(parents=0)
    for name in ("Ann", "Bob"):
        factories.RelationshipFactory(
            child=child,
            parent=factories.ParentFactory(
                organisation=child.organisation,
                full_name=name,
                email="both@example.com",
                phone="",
            ),
        )
    school.refresh(child)
    school.run("2026-12-22")
    [message] = school.messages(child)
    assert message.recipient == "both@example.com"


def test_a_moved_date_keeps_its_reminder_and_an_earlier_one_gets_its_own(organisation):
    school = School(organisation)
    child = school.child()
    school.run("2026-12-22")
    school.run("2027-01-05")
    SessionDate.objects.update(value=JAN_15)
    for day in days("2027-01-06", "2027-01-14"):
        school.run(day)
    assert len(school.letters(child)) == 2, "the reminder of the amended date was sent"


@pytest.mark.parametrize("time", ["03:00", "01:30", "15:59", "20:00", "23:59"])
def test_a_job_that_runs_outside_the_hours_does_nothing(school, time):
    school.child()
    assert school.run("2026-12-22", time) == 0


def test_a_day_that_was_missed_is_caught_up_and_twice_is_once(school):
    school.child()
    assert [school.run("2026-12-24"), school.run("2026-12-24", "16:15")] == [1, 0]


def test_what_was_held_back_is_sent_once_it_may_be(school):
    child = school.child()
    school.run("2026-12-22")
    letter = ConsentRequest.objects.get().letter
    letters_withheld.send(Message, letters={letter}, now=at("2026-12-22T16:01"))
    assert school.run("2026-12-22", "16:15") == 1
    assert len(school.letters(child)) == 1


def test_i14_a_request_that_reached_nobody_goes_to_a_new_address(school):
    child = school.child()
    school.run("2026-12-22")
    Message.objects.update(status=Message.Status.FAILED, accepted_at=at("2026-12-22T16:01"))
    Parent.objects.update(email_failed_at=at("2026-12-22T16:02"), phone="")
    school.refresh(child)
    assert school.run("2026-12-28") == 0
    Parent.objects.update(email="right@example.com", email_failed_at=None)
    school.refresh(child)
    assert school.run("2026-12-29") == 1
    assert school.messages(child)[-1].recipient == "right@example.com"


def test_a_manual_request_counts_as_the_request(school, nurse):
    child = school.child()
    ConsentRequest.objects.create(
        child=child,
        programme_id="hpv",
        session=school.session,
        requested_at=at("2026-12-10T10:00"),
        requested_by=nurse,
    )
    assert school.run("2026-12-22") == 0
    assert school.run("2027-01-05") == 1


@pytest.mark.django_db(transaction=True)
def test_three_planners_at_once_ask_once(school):
    for _ in range(5):
        school.child()
    planner = partial(asking.plan, school.session.pk, now=at("2026-12-22T16:00"))
    results = at_once(planner, planner, planner)
    assert sorted(results) == [0, 0, 5]
    assert Message.objects.count() == 10


def test_the_queries_of_a_session_do_not_grow_with_its_children(school):
    sizes = []
    for more in (2, 20):
        for _ in range(more):
            school.child()
        with CaptureQueriesContext(connection) as queries:
            school.run("2026-12-22")
        sizes.append(len(queries))
        ConsentRequest.objects.all().delete()
        Message.objects.all().delete()
    assert sizes[0] == sizes[1]


def test_i02_i17_the_timetable_runs_the_job_at_the_hours_in_which_it_writes():
    entry = TIMETABLE["ask-and-remind"]
    assert entry["task"] == ask_and_remind.name
    assert entry["task"] in app.tasks
    assert entry["schedule"].hour == {16, 17, 18, 19}
    last = schedule_rules.LAST_JOB_AT
    assert (last.hour, last.minute) == (19, max(entry["schedule"].minute))
    for template in messages.ASKING:
        assert outbox.guard_of(template)
        for channel in ("email", "text"):
            assert wording.get(template, channel).template_id


def test_400_days_no_child_gets_two_messages_within_three_days_or_any_at_night(organisation):
    dates = [date(2026, 10, 6), date(2026, 10, 7), date(2026, 10, 9), date(2027, 2, 2), JAN_12]
    school = School(organisation, dates=dates, requests_on=date(2026, 9, 8), reminder_days=14)
    children = [school.child(joined="2026-09-02T08:00") for _ in range(3)]
    joiners = {"2026-10-01": 1, "2026-10-07": 1, "2027-01-11": 1, "2027-02-01": 1}
    for number, day in enumerate(days("2026-08-20", "2027-09-23")):
        children += [school.child(joined=f"{day}T11:00") for _ in range(joiners.get(day, 0))]
        if day == "2026-10-02":
            answered("given")(school, children[0])
            school.refresh(children[0])
        for time in ("01:30", "16:00", "23:10") if number % 7 else ("02:30", "19:45"):
            school.run(day, time)
    assert school.letters(children[0])[-1][0] < "2026-10-02"
    for child in children:
        written = [date.fromisoformat(day) for day, _, _ in school.letters(child)]
        assert all(
            later - earlier >= timedelta(days=3)
            for earlier, later in zip(written, written[1:], strict=False)
        )
        assert written and school.letters(child)[0][1] == "request"
        assert len(written) <= 1 + len(dates)
    for message in Message.objects.all():
        assert 8 <= message.due_at.astimezone(at("2026-09-01T00:00").tzinfo).hour < 21
    assert ParentRelationship.objects.count() == len(children)
