"""What saving a school's dates has its parents written to about: said before, and called back."""

from datetime import date
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from activity.models import Entry
from cohorts.models import Parent
from consent.models import ConsentRequest, SessionReminder
from consent.selectors.request_outlooks import request_outlooks
from consent.services import asking
from notifications.models import Message
from sessions_app import asking as school_asking
from sessions_app import invitations, mailing_words, schedule
from sessions_app.models import Mailing
from sessions_app.rules import HELD_FROM
from sessions_app.schedule_rules import Day
from tests import factories
from tests.consent.school import School, Visited
from tests.pages import page
from tests.sessions_app.conftest import at
from tests.sessions_app.test_schedule_confirm import moved, save
from tests.threads import at_once

pytestmark = pytest.mark.django_db
JAN_12, JAN_19, FEB_16 = date(2027, 1, 12), date(2027, 1, 19), date(2027, 2, 16)
TEN, BEFORE_FOUR, FOUR = "2027-01-05T10:00", "2027-01-05T15:59", "2027-01-05T16:00"


@pytest.fixture
def school(organisation):
    """A school without dates, with a child more than go at once."""
    school = School(organisation, dates=())
    school.children(HELD_FROM)
    return school


def mailing_of(school):
    return Mailing.objects.filter(session=school.session).order_by("queued_at").last()


def call_back(school, by, now="2027-01-05T15:00"):
    return invitations.call_back(mailing_id=mailing_of(school).pk, by=by, now=at(now))


def drafted(school, by, *days):
    draft = schedule.start(school.session, by=by)
    schedule.amend(draft, days=tuple(Day(None, day) for day in days))
    keys = {"slug": school.session.slug, "draft_id": draft.pk}
    return reverse("sessions:draft-check", kwargs=keys)


def test_the_page_says_whom_the_dates_have_asked_and_who_is_left_out(
    school, nurse, nurse_client, morning
):
    morning.move_to(at(TEN), tick=False)
    silent, known = school.child(), school.child()
    Parent.objects.filter(relationships__child=silent).update(email="", phone="")
    factories.ResponseFactory(child=known, session=school.session)
    for child in (silent, known):
        school.refresh(child)
    shown = page(nurse_client.get(drafted(school, nurse, JAN_19)))
    assert "today from 4pm: requests for consent to the parents of 21 children" in shown.text
    assert "21 emails and 21 text messages" in shown.text
    assert "Until 4pm you can call back the messages about consent." in shown.text
    assert "Tuesday 19 January 2027" in shown.text, "what parents will read names the date"
    assert "No contact details" in shown.text
    assert "Asked before, or answered already" in shown.text


def test_who_can_no_longer_be_asked_in_time_was_not_asked_before(
    school, nurse, nurse_client, morning
):
    morning.move_to(at(TEN), tick=False)
    shown = page(nurse_client.get(drafted(school, nurse, date(2027, 1, 5))))
    assert "Who will be written to nobody" in shown.text
    assert "No day is left on which parents could respond 21" in shown.text
    assert "Asked before" not in shown.text


@pytest.mark.parametrize(
    ("now", "day", "said"),
    [
        (TEN, FEB_16, "on Tuesday 26 January 2027, from 4pm: requests for consent to the parents"),
        ("2027-01-05T16:30", JAN_19, "today before 8pm: requests"),
        ("2027-01-05T19:46", date(2027, 1, 6), "today before 8pm: requests"),
        ("2027-01-05T19:56", JAN_19, "tomorrow from 4pm: requests"),
        ("2027-01-05T19:56", date(2027, 1, 6), "Who will be written to nobody"),
        ("2027-01-05T20:30", JAN_19, "tomorrow from 4pm: requests"),
        ("2027-01-05T20:30", date(2027, 1, 6), "Who will be written to nobody"),
    ],
)
def test_the_page_says_when_they_are_asked(school, nurse, nurse_client, morning, now, day, said):
    morning.move_to(at(now), tick=False)
    shown = page(nurse_client.get(drafted(school, nurse, day)))
    assert said in shown.text
    is_held = "today" in said or now.endswith("19:56") and day == JAN_19
    assert ("call back" in shown.text) == is_held


@pytest.mark.parametrize("time", ["19:53:00", "19:53:01", "19:54", "19:55", "19:56", "19:59"])
def test_the_page_and_what_waits_name_one_day(school, nurse, nurse_client, morning, time):
    morning.move_to(at(f"2027-01-05T{time}"), tick=False)
    address = drafted(school, nurse, JAN_19)
    shown = page(nurse_client.get(address)).text
    is_today = time == "19:53:00"
    when = ("Today before 8pm", "today before 8pm") if is_today else ("Tomorrow from 4pm",) * 2
    assert f"Consent requests {when[0]}" in shown
    assert f"{when[1].lower()}: requests for consent to the parents of 21 children" in shown
    until = "For two minutes after you confirm" if is_today else "Until 4pm tomorrow"
    assert f"{until} you can call back the messages about consent." in shown
    nurse_client.post(address)
    goes_at = at("2027-01-05T19:55" if is_today else "2027-01-06T16:00")
    assert mailing_of(school).goes_at == goes_at
    child_ids = [school.session.memberships.first().child_id]
    (outlook,) = request_outlooks(
        school.with_days(), child_ids, ["hpv"], now=at(f"2027-01-05T{time}")
    ).values()
    assert outlook.text == f"Request scheduled for {5 if is_today else 6} January 2027"
    assert school.run("2027-01-05", "19:55") == (HELD_FROM if is_today else 0)


def test_who_calls_back_until_tomorrow_finds_it_in_each_childs_log(school, nurse):
    save(school.session, nurse, [JAN_19], now="2027-01-05T19:56")
    assert call_back(school, nurse, "2027-01-05T19:58")
    title = "Message about consent called back before it was sent"
    assert Entry.objects.filter(title=title).count() == HELD_FROM


def test_reminders_saved_at_night_are_told_for_the_next_evening(
    organisation, nurse, nurse_client, morning
):
    school = School(organisation, dates=(FEB_16,), requests_on=date(2026, 12, 22))
    school.child()
    school.run("2026-12-22")
    morning.move_to(at("2027-01-05T20:30"), tick=False)
    draft = schedule.start(school.session, by=nurse)
    schedule.amend(draft, days=(moved(school.session, JAN_12),))
    keys = {"slug": school.session.slug, "draft_id": draft.pk}
    shown = page(nurse_client.get(reverse("sessions:draft-check", kwargs=keys)))
    assert "tomorrow from 4pm: reminders to the parents of 1 child" in shown.text
    assert "call back" not in shown.text, "it can be changed until then"
    save(school.session, nurse, [moved(school.session, JAN_12)], now="2027-01-05T20:31")
    assert school.run("2027-01-06") == 1


def test_the_page_promises_no_two_minutes_that_outlast_the_evening(
    school, nurse, nurse_client, morning
):
    morning.move_to(at("2027-01-05T19:54"), tick=False)
    shown = page(nurse_client.get(drafted(school, nurse, date(2027, 1, 6))))
    assert "today before 8pm: requests" in shown.text
    assert "call back" not in shown.text


def test_the_page_takes_as_many_queries_for_many_children(school, nurse, nurse_client, morning):
    morning.move_to(at(TEN), tick=False)
    address, sizes = drafted(school, nurse, JAN_12), []
    for more in (0, 15):
        for _ in range(more):
            school.child()
        with CaptureQueriesContext(connection) as queries:
            nurse_client.get(address)
        sizes.append(len(queries))
    assert sizes[0] == sizes[1]


def test_jobs_wait_until_four_and_then_ask(school, nurse):
    save(school.session, nurse, [JAN_19], now=TEN)
    mailing = mailing_of(school)
    assert (mailing.kind, mailing.letters, mailing.messages) == ("asking", HELD_FROM, 2 * HELD_FROM)
    assert mailing.goes_at == at(FOUR)
    assert school.run("2027-01-05", "16:00") == HELD_FROM


def test_who_saves_in_the_evening_has_two_minutes(school, nurse):
    save(school.session, nurse, [JAN_19], now="2027-01-05T16:14")
    assert school.run("2027-01-05", "16:15") == 0
    assert Message.objects.count() == 0
    assert school.run("2027-01-05", "16:30") == HELD_FROM


@pytest.mark.parametrize("time", ["19:54", "19:55", "19:56", "19:59"])
def test_who_saves_when_two_minutes_outlast_the_evening_can_call_back_until_the_next(
    school, nurse, time
):
    save(school.session, nurse, [JAN_19], now=f"2027-01-05T{time}")
    assert mailing_of(school).goes_at == at("2027-01-06T16:00")
    notice = mailing_words.held_notice(mailing_of(school), at(f"2027-01-05T{time}"))
    assert "will be sent at 4:00pm tomorrow" in notice
    assert [school.run("2027-01-05", late) for late in ("19:55", "19:59")] == [0, 0]
    assert school.run("2027-01-06", "16:00") == HELD_FROM


@pytest.mark.parametrize(
    ("time", "goes_at", "asked_at"),
    [
        ("19:46", "2027-01-05T19:48", "19:50"),
        ("19:53", "2027-01-05T19:55", "19:55"),
        ("19:54", None, "19:55"),  # the next evening would be too late
        ("19:56", None, None),
    ],
)
def test_nobody_waits_on_the_eve_of_the_only_visit_until_it_is_too_late(
    school, nurse, time, goes_at, asked_at
):
    save(school.session, nurse, [date(2027, 1, 6)], now=f"2027-01-05T{time}")
    mailing = mailing_of(school)
    assert (mailing and mailing.goes_at) == (at(goes_at) if goes_at else None)
    later = [late for late in ("19:50", "19:55") if late > time]
    asked = {late: school.run("2027-01-05", late) for late in later}
    assert asked == {late: HELD_FROM if late == asked_at else 0 for late in later}
    assert school.run("2027-01-06", "16:00") == 0


def test_what_is_saved_before_the_last_job_of_the_evening_is_sent_by_it(school, nurse):
    save(school.session, nurse, [JAN_12], now="2027-01-05T19:52")
    assert mailing_of(school).goes_at == at("2027-01-05T19:54")
    assert school.run("2027-01-05", "19:55") == HELD_FROM


def test_few_are_asked_without_waiting(organisation, nurse):
    school = School(organisation, dates=())
    school.children(HELD_FROM - 1)
    save(school.session, nurse, [JAN_19], now="2027-01-05T16:14")
    assert not Mailing.objects.exists()
    assert school.run("2027-01-05", "16:15") == HELD_FROM - 1


def test_called_back_nobody_is_asked_until_somebody_lets_them_go(school, nurse):
    child = school.child()
    save(school.session, nurse, [JAN_19], now=TEN)
    assert call_back(school, nurse)
    title = "Message about consent called back before it was sent"
    assert Entry.objects.filter(title=title).count() == HELD_FROM + 1
    for day in ("2027-01-05", "2027-01-06"):
        assert school.run(day) == 0
    (outlook,) = request_outlooks(
        school.with_days(), [child.pk], ["hpv"], now=at("2027-01-06T09:00")
    ).values()
    assert outlook.text == "No request: the requests were called back"
    school_asking.release(mailing_id=mailing_of(school).pk, by=nurse, now=at("2027-01-06T10:00"))
    assert mailing_of(school).goes_at == at("2027-01-06T16:00"), "and can be called back again"
    assert school.run("2027-01-06") == HELD_FROM + 1


def test_the_schedule_of_what_jobs_send_knows_what_waits_and_what_was_called_back(
    school, nurse, nurse_client, morning
):
    save(school.session, nurse, [JAN_19], now="2027-01-05T19:54")
    morning.move_to(at("2027-01-05T19:54"), tick=False)
    address = reverse("consent:send-reminders", kwargs={"slug": school.session.slug})

    def schedule_shown():
        return {row[0]: row[1] for row in page(nurse_client.get(address)).rows}

    reminder = "Reminder for Tuesday 19 January 2027"
    assert schedule_shown() == {
        "Request": "Due tomorrow from 4pm",
        reminder: "Due on Tuesday 12 January 2027",
    }
    call_back(school, nurse, "2027-01-05T19:55")
    back = "Not sent: called back, until somebody sends it"
    assert schedule_shown() == {"Request": back, reminder: back}
    details = reverse("sessions:show", kwargs={"slug": school.session.slug})
    said = page(nurse_client.get(details)).summary["Consent requests"]
    assert said.endswith(
        f"Called back by {nurse.full_name} on 5 January 2027 at 7:55pm: none are being sent"
    )


def test_other_dates_settle_what_waited_and_what_was_called_back(school, nurse):
    save(school.session, nurse, [JAN_19], now=TEN)
    save(school.session, nurse, [moved(school.session, FEB_16)], now="2027-01-05T11:00")
    assert school.run("2027-01-05") == 0, "now they are asked on 26 January"
    assert not school_asking.waiting([school.session.pk], now=at("2027-01-05T11:01"))
    assert school.run("2027-01-26") == HELD_FROM


def test_what_other_dates_replaced_is_not_called_back_but_what_replaced_it(
    school, nurse, nurse_client, morning
):
    """Its page was open: "Nothing was sent" would be read of messages that go."""
    morning.move_to(at(TEN), tick=False)
    save(school.session, nurse, [JAN_19], now=TEN)
    first = mailing_of(school)
    save(school.session, nurse, [JAN_12], now="2027-01-05T11:00")
    keys = {"slug": school.session.slug, "mailing_id": first.pk}
    answer = nurse_client.post(reverse("sessions:mailing-call-back", kwargs=keys), follow=True)
    assert "no longer wait here" in page(answer).text
    assert "was called back already" not in page(answer).text
    assert mailing_of(school).called_back_at is None


def test_who_called_back_stays_named_once_somebody_else_saves_other_dates(
    school, nurse, administrator, nurse_client, morning
):
    """And what other dates replaced while it waited was called back by nobody."""
    morning.move_to(at(TEN), tick=False)
    save(school.session, nurse, [JAN_19], now=TEN)
    called_back = mailing_of(school)
    call_back(school, nurse, "2027-01-05T10:30")
    save(school.session, administrator, [JAN_12], now="2027-01-05T11:00")
    replaced = mailing_of(school)
    save(school.session, administrator, [date(2027, 1, 26)], now="2027-01-05T12:00")

    def shown(mailing):
        keys = {"slug": school.session.slug, "mailing_id": mailing.pk}
        return page(nurse_client.get(reverse("sessions:mailing", kwargs=keys))).text

    said = shown(called_back)
    assert f"Called back 5 January 2027 at 10:30am by {nurse.full_name}" in said
    assert "Other dates were confirmed on 5 January 2027 at 11:00am." in said
    said = shown(replaced)
    assert "were not sent." in said
    assert f"{administrator.full_name} confirmed other dates on 5 January 2027 at 12:00pm" in said
    assert "Called back" not in said


def test_the_page_names_who_sent_after_all_what_another_called_back(
    school, nurse, administrator, nurse_client, morning
):
    morning.move_to(at(TEN), tick=False)
    save(school.session, nurse, [JAN_19], now=TEN)
    call_back(school, nurse, "2027-01-05T10:30")
    mailing = mailing_of(school)
    school_asking.release(mailing_id=mailing.pk, by=administrator, now=at("2027-01-05T11:00"))
    keys = {"slug": school.session.slug, "mailing_id": mailing.pk}
    shown = page(nurse_client.get(reverse("sessions:mailing", kwargs=keys))).text
    sent = f"{administrator.full_name} sent them after all on 5 January 2027 at 11:00am."
    assert f"{sent} Whoever was still due has been written to since, or will be." in shown
    assert f"by {nurse.full_name}" in shown


def test_too_late_it_cannot_be_called_back(school, nurse):
    save(school.session, nurse, [JAN_19], now=TEN)
    with pytest.raises(invitations.CallingBackRefused):
        call_back(school, nurse, FOUR)


def test_reminders_that_fall_due_with_the_dates_wait_too(organisation, nurse):
    school = School(organisation, dates=(FEB_16,), requests_on=date(2026, 12, 22))
    school.children(HELD_FROM)
    assert school.run("2026-12-22") == HELD_FROM
    save(school.session, nurse, [moved(school.session, JAN_12)], now=TEN)
    assert mailing_of(school).letters == HELD_FROM
    assert call_back(school, nurse)
    assert school.run("2027-01-05") == 0
    assert ConsentRequest.objects.filter(kind="reminder").count() == 0


def test_the_pages_lead_from_calling_back_to_sending_after_all(
    school, nurse, nurse_client, morning
):
    save(school.session, nurse, [JAN_19], now=TEN)
    morning.move_to(at("2027-01-05T11:30"), tick=False)
    home = reverse("sessions:show", kwargs={"slug": school.session.slug})
    shown = page(nurse_client.get(home))
    assert (
        "Messages about consent to the parents of 21 children will be sent at 4:00pm" in shown.text
    )
    assert "You can call them back for 4 hours 30 minutes." in shown.text
    keys = {"slug": school.session.slug, "mailing_id": mailing_of(school).pk}
    waits = page(nurse_client.get(reverse("sessions:mailing", kwargs=keys))).text
    assert "What parents will read who are asked for consent" in waits and "Sam Taylor" in waits
    nurse_client.post(reverse("sessions:mailing-call-back", kwargs=keys))
    shown = page(nurse_client.get(home))
    assert "Messages about consent to the parents of 21 children are not being sent" in shown.text
    assert (
        "Send these messages"
        in page(nurse_client.get(reverse("sessions:mailing", kwargs=keys))).text
    )
    release = reverse("sessions:mailing-release", kwargs=keys)
    shown = page(nurse_client.get(release))
    assert "today from 4pm: requests for consent to the parents of 21 children" in shown.text
    nurse_client.post(release)
    assert mailing_of(school).goes_at == at(FOUR)
    assert "are not being sent" not in page(nurse_client.get(home)).text


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_who_calls_back_while_the_job_runs_calls_back_all_or_nothing(organisation, nurse):
    school = School(organisation, dates=())
    school.children(HELD_FROM)
    save(school.session, nurse, [JAN_19], now=TEN)
    # Their clocks differ: the one is still before four, the other after.
    at_once(
        partial(call_back, school, nurse, BEFORE_FOUR),
        partial(asking.plan, school.session.pk, now=at(FOUR)),
    )
    assert mailing_of(school).called_back_at is not None
    assert not Message.objects.exclude(status=Message.Status.WITHHELD).exists()
    assert school.run("2027-01-05", "16:15") == 0


@pytest.fixture
def visited(organisation):
    """A school to be visited on the 19th, where many are ready."""
    school = Visited(organisation, dates=[JAN_19])
    school.all_ready(HELD_FROM)
    return school


def visit_tomorrow(visited, nurse, capture, now="2027-01-11T10:00"):
    with capture(execute=True):
        save(visited.session, nurse, [JAN_12, moved(visited.session, JAN_19)], now=now)


def test_the_page_says_that_reminders_of_tomorrows_visit_go_at_once(
    visited, nurse, nurse_client, morning
):
    morning.move_to(at("2027-01-11T10:00"), tick=False)
    shown = page(nurse_client.get(drafted(visited, nurse, JAN_12)))
    assert "now: reminders of tomorrow’s visit to the parents of 21 children" in shown.text
    assert "The reminders of the visit go two minutes after you confirm." in shown.text


def test_reminders_of_a_visit_wait_two_minutes_and_can_be_called_back(
    visited, nurse, nurse_client, morning, django_capture_on_commit_callbacks
):
    morning.move_to(at("2027-01-11T10:00"), tick=False)
    visit_tomorrow(visited, nurse, django_capture_on_commit_callbacks)
    assert mailing_of(visited).goes_at == at("2027-01-11T10:02")
    assert {message.due_at for message in visited.messages()} == {at("2027-01-11T10:02")}
    keys = {"slug": visited.session.slug, "mailing_id": mailing_of(visited).pk}
    waits = page(nurse_client.get(reverse("sessions:mailing", kwargs=keys))).text
    assert "What parents will read" in waits and "Tuesday 12 January 2027" in waits
    assert call_back(visited, nurse, "2027-01-11T10:01")
    assert visited.remind("2027-01-11T10:15") == 0, "no job reminds behind their back"
    assert not SessionReminder.objects.filter(withheld_at=None).exists()
    with django_capture_on_commit_callbacks(execute=True):
        school_asking.release(
            mailing_id=mailing_of(visited).pk, by=nurse, now=at("2027-01-11T11:00")
        )
    assert SessionReminder.objects.filter(withheld_at=None).count() == HELD_FROM


def test_what_was_called_back_of_a_visit_is_over_with_its_day(
    visited, nurse, django_capture_on_commit_callbacks
):
    visit_tomorrow(visited, nurse, django_capture_on_commit_callbacks)
    call_back(visited, nurse, "2027-01-11T10:01")
    assert visited.remind("2027-01-18T09:00") == HELD_FROM, "the next visit is reminded of"
