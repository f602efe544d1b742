"""Reminders of tomorrow's visit, to parents who gave consent."""

from datetime import date
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from cohorts.models import Child, Parent
from consent.models import ConsentResponse, GillickAssessment, SessionReminder
from consent.reminder_guard import reminder_guard
from consent.services import reminding
from consent.tasks import remind_of_sessions
from mavis.celery import TIMETABLE, app
from notifications import outbox, wording
from notifications.models import Channel, Message
from notifications.signals import letters_withheld
from programmes.models import OrganisationProgramme, Programme
from sessions_app.models import Membership, Session, SessionDate
from tests import factories
from tests.consent.school import JAN_12, NINE, Visited
from tests.sessions_app.conftest import at
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def school(organisation):
    return Visited(organisation)


def test_a16_one_reminder_goes_the_day_before_and_says_what_a_parent_needs(school):
    child = school.ready(given_name="Jo", family_name="Lee")
    assert [school.remind(f"2027-01-{day}T09:00") for day in (10, 12)] == [0, 0]
    assert school.remind() == 1
    email, text = school.messages(child)
    assert (email.template, email.channel, text.channel) == (
        "session_school_reminder",
        Channel.EMAIL,
        Channel.TEXT,
    )
    for message in (email, text):
        read = wording.get(message.template, message.channel).preview(message.personalisation)
        said = f"{read.subject} {read.body}"
        assert "Tuesday 12 January 2027" in said
        assert "HPV vaccination" in said
        assert "We will be at the school again on Tuesday 19 January 2027." in said
        assert "unwell" in said
    assert school.remind("2027-01-18T09:00") == 1, "and again of the next date"
    last = school.messages(child)[-1].personalisation
    assert "12 January" not in str(last), "a date that has passed is not named"
    assert last["if_missed"] == "Contact us to arrange another day."


def test_texts_go_only_to_those_who_asked_for_them(school):
    child = school.ready()
    Parent.objects.update(wants_text_updates=False)
    assert school.remind() == 1
    assert [one.channel for one in school.messages(child)] == ["email"]


@pytest.mark.parametrize(
    ("outcome", "reminded"),
    [("safe", 1), ("delay", 0), ("do_not_vaccinate", 0), ("keep", 0), ("invite_to_clinic", 0)],
)
def test_only_who_is_safe_after_triage_is_reminded(school, nurse, outcome, reminded):
    child = school.ready()
    school.triage(child, nurse, outcome)
    assert school.remind() == reminded


def refused(school, child):
    school.answer(child, "refused", responded_at=at("2027-01-05T10:00"))


def withdrawn(school, child):
    ConsentResponse.objects.update(withdrawn_at=at("2027-01-05T10:00"))


def invalid(school, child):
    ConsentResponse.objects.update(invalidated_at=at("2027-01-05T10:00"))


def never_answered(school, child):
    ConsentResponse.objects.all().delete()


def vaccinated(school, child):
    factories.VaccinationRecordFactory(child=child)


def left(school, child):
    Membership.objects.update(left_at=at("2027-01-05T10:00"), left_because="Home-educated")


def update(model, **values):
    return lambda school, child: model.objects.update(**values)


HAPPENINGS = {
    "i07 refused": (refused, "The parent's consent no longer counts"),
    "i07 vaccinated": (vaccinated, "The child was vaccinated meanwhile"),
    "withdrawn": (withdrawn, "The parent's consent no longer counts"),
    "invalid answer": (invalid, "The parent's consent no longer counts"),
    "deceased": (update(Child, date_of_death=date(2027, 1, 5)), "The child has died"),
    "invalid": (update(Child, invalidated_at=at(NINE)), "The record is flagged as invalid"),
    "restricted": (update(Child, restricted_at=at(NINE)), "The record is flagged as sensitive"),
    "another year": (
        update(Child, birth_academic_year=2014),
        "Not in a year group of the programme",
    ),
    "no address": (update(Parent, email="", phone="", wants_text_updates=False), "The contact"),
    "left": (left, "The child is no longer in the session"),
    "closed": (update(Session, closed_at=at(NINE)), "The session is closed"),
    "date moved": (
        update(SessionDate, value=date(2027, 1, 14)),
        "The session is no longer on that date",
    ),
    "date removed": (
        update(SessionDate, removed_at=at(NINE)),
        "The session is no longer on that date",
    ),
}


@pytest.fixture(params=HAPPENINGS.values(), ids=HAPPENINGS.keys())
def happening(request):
    return request.param


@pytest.fixture
def once(organisation):
    """A school visited on 12 January alone."""
    return Visited(organisation, dates=[JAN_12])


def test_i07_i08_i10_nobody_is_reminded_who_must_not_be(once, happening):
    child = once.ready()
    happening[0](once, child)
    once.refresh(child, now=NINE)
    assert once.remind() == 0
    assert not Message.objects.exists()
    assert not SessionReminder.objects.exists(), "what was not sent is not written down"


def test_no_answer_and_clinics_are_never_reminded(school, clinic):
    school.child()
    invited = clinic.child()
    factories.ResponseFactory(child=invited, session=clinic.session)
    SessionDate.objects.filter(session=clinic.session).update(value=JAN_12)
    school.refresh(invited, now=NINE)
    assert school.remind() == 0
    assert reminding.remind(clinic.session.pk, now=at(NINE)) == 0


def test_only_the_parents_whose_own_consent_is_given_read_it(school):
    child = school.child(parents=2)
    gave, silent = [one.parent for one in child.relationships.order_by("pk")]
    school.answer(child, parent=gave)
    assert school.remind() == 1
    assert [one.recipient for one in school.messages()] == [gave.email]
    school.answer(child, "refused", parent=silent)
    assert school.remind("2027-01-18T09:00") == 0, "a conflict: not ready"


def test_i09_the_parents_of_a_child_who_consents_alone_are_not_reminded(school, nurse):
    child = school.ready()
    assessment = GillickAssessment.objects.create(
        child=child,
        programme_id="hpv",
        session=school.session,
        assessed_on=date(2027, 1, 11),
        **dict.fromkeys(GillickAssessment.STATEMENTS, True),
        performed_by=nurse,
        performed_at=at("2027-01-11T08:30"),
    )
    ConsentResponse.objects.create(
        child=child,
        programme_id="hpv",
        organisation=school.organisation,
        session=school.session,
        academic_year=2026,
        parent_name=child.full_name,
        relationship="Child (Gillick competent)",
        route="self",
        decision="given",
        methods=["injection"],
        assessment=assessment,
        notify_parents=True,
        recorded_by=nurse,
        responded_at=at("2027-01-11T08:31"),
    )
    school.refresh(child, now=NINE)
    assert school.remind() == 0


def test_i09_each_parent_reads_of_what_they_agreed_to(school):
    OrganisationProgramme.objects.create(
        organisation=school.organisation, programme=Programme.objects.get(key="menacwy")
    )
    school.session.programmes.add("menacwy")
    child = school.child(parents=2, birth_academic_year=2012)
    first, second = [one.parent for one in child.relationships.order_by("pk")]
    school.answer(child, parent=first)
    school.answer(child, parent=first, programme_id="menacwy")
    school.answer(child, parent=second, programme_id="menacwy")
    assert school.remind() == 1
    named = {one.recipient: one.personalisation["vaccination"] for one in school.messages()}
    assert named[first.email] == "HPV and MenACWY vaccinations"
    assert named[second.email] == "MenACWY vaccination"
    factories.VaccinationRecordFactory(child=child)
    answers = reminder_guard(school.messages(), now=at(NINE))
    [(of_first, instead)] = answers.items()
    assert Message.objects.get(pk=of_first).recipient == first.email
    assert instead.personalisation["vaccination"] == "MenACWY vaccination"
    assert instead.note == "written anew: it is about the MenACWY vaccination now"
    factories.VaccinationRecordFactory(child=child, programme_id="menacwy")
    assert set(reminder_guard(school.messages(), now=at(NINE)).values()) == {
        "The child was vaccinated meanwhile"
    }


def test_the_job_run_again_reminds_nobody_again(school):
    school.ready()
    assert [school.remind(f"2027-01-11T{time}") for time in ("09:00", "09:15", "19:45")] == [
        1,
        0,
        0,
    ]
    late = school.ready()
    assert school.remind("2027-01-11T14:00") == 1
    assert {one.child_id for one in school.messages()[2:]} == {late.pk}
    assert school.remind("2027-01-11T20:00") == 0


@pytest.mark.django_db(transaction=True)
def test_three_planners_at_once_remind_once(school):
    for _ in range(4):
        school.ready()
    planner = partial(reminding.remind, school.session.pk, now=at(NINE))
    assert sorted(at_once(planner, planner, planner)) == [0, 0, 4]
    assert Message.objects.count() == 8


def test_the_database_holds_that_a_child_is_reminded_of_a_date_once(school):
    child = school.ready()
    school.remind()
    again = partial(
        SessionReminder.objects.create,
        child=child,
        session=school.session,
        date=JAN_12,
        programmes=["hpv"],
        reminded_at=at(NINE),
    )
    with pytest.raises(IntegrityError, match="reminded_of_a_date_once"), transaction.atomic():
        again()
    SessionReminder.objects.update(withheld_at=at(NINE))
    again()


def test_the_queries_do_not_grow_with_the_children(school):
    sizes = []
    for more in (2, 15):
        for _ in range(more):
            school.ready()
        with CaptureQueriesContext(connection) as reminds:
            school.remind()
        messages = school.messages()
        with CaptureQueriesContext(connection) as guards:
            assert reminder_guard(messages, now=at(NINE)) == {}
        sizes.append((len(reminds), len(guards)))
        SessionReminder.objects.all().delete()
        Message.objects.all().delete()
    assert sizes[0] == sizes[1]


def test_i02_the_timetable_runs_the_job_at_the_hours_in_which_it_reminds(school, morning):
    entry = TIMETABLE["remind-of-sessions"]
    assert entry["task"] == remind_of_sessions.name
    assert entry["task"] in app.tasks
    assert entry["schedule"].hour == set(range(9, 20))
    school.ready()
    morning.move_to(at(NINE))
    remind_of_sessions()
    assert len(school.messages()) == 2


# The last look.


def test_a_reminder_still_right_may_go(once):
    once.ready()
    once.remind()
    assert reminder_guard(once.messages(), now=at(NINE)) == {}
    assert outbox.guard_of("session_school_reminder") is reminder_guard


def test_i07_i08_what_happened_meanwhile_holds_a_reminder_back(once, happening):
    happen, reason = happening
    child = once.ready()
    once.remind()
    happen(once, child)
    said = reminder_guard(once.messages(), now=at(NINE))
    assert len(said) == 2
    assert all(one.startswith(reason) for one in said.values())


def test_triage_that_changed_meanwhile_holds_a_reminder_back(once, nurse):
    child = once.ready()
    once.remind()
    once.triage(child, nurse, "do_not_vaccinate", when="2027-01-11T09:01")
    assert set(reminder_guard(once.messages(), now=at(NINE)).values()) == {
        "Triage was decided otherwise meanwhile"
    }


def test_what_waited_until_the_day_itself_does_not_go(once):
    once.ready()
    once.remind()
    assert set(reminder_guard(once.messages(), now=at("2027-01-12T08:00")).values()) == {
        "The day of the session has come"
    }


def test_i14_who_was_not_reached_may_be_reminded_once_more(once):
    child = once.ready()
    once.remind()
    letter = once.messages()[0].letter
    letters_withheld.send(Message, letters={letter}, now=at("2027-01-11T09:01"))
    assert set(reminder_guard(once.messages(), now=at(NINE)).values()) == {
        "The request was called back"
    }
    assert once.remind("2027-01-11T09:15") == 1
    assert len({one.letter for one in once.messages(child)}) == 2
