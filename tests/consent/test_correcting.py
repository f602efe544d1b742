"""Telling parents who were reminded of a visit that it is off (E2 to E4, for schools)."""

from datetime import date, timedelta
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cohorts.models import Parent
from consent.correction_guard import correction_guard
from consent.models import SessionReminder
from consent.receivers import nobody_was_corrected
from consent.reminder_guard import reminder_guard
from notifications import claims, outbox, wording
from notifications.models import Channel, Lane, Message
from notifications.rewording import Rewording
from sessions_app import asking as school_asking
from sessions_app import invitations, schedule
from sessions_app.models import Mailing
from sessions_app.rules import HELD_FROM
from sessions_app.schedule_rules import Day
from tests.conftest import signed_in
from tests.consent.school import NINE, Visited
from tests.pages import page
from tests.sessions_app.conftest import at
from tests.sessions_app.test_schedule_confirm import moved, save
from tests.threads import at_once

pytestmark = pytest.mark.django_db
JAN_12, JAN_19, JAN_26 = date(2027, 1, 12), date(2027, 1, 19), date(2027, 1, 26)
TEN, LATER = "2027-01-11T10:00", "2027-01-11T10:05"
OFF = "session_school_dates_changed"
HOLD = timedelta(minutes=2)


@pytest.fixture
def school(organisation):
    """A school to be visited tomorrow, 12 January."""
    return Visited(organisation, dates=[JAN_12])


def remind(school):
    """Parents are reminded at nine, and it is sent."""
    school.remind()
    sent(school, at=NINE)


def sent(school, **fields):
    waiting = Message.objects.filter(session_id=school.session.pk, status="waiting")
    waiting.update(status=Message.Status.DELIVERED, accepted_at=at(fields["at"]))


def move(school, by, to=JAN_19, now=TEN):
    save(school.session, by, [moved(school.session, to)], now=now)


def remove(school, by, now=TEN):
    save(school.session, by, [], now=now)


def told(school):
    return [one for one in school.messages() if one.template == OFF]


def check_page(school, by, client, *days):
    draft = schedule.start(school.session, by=by)
    schedule.amend(draft, days=tuple(days))
    keys = {"slug": school.session.slug, "draft_id": draft.pk}
    address = reverse("sessions:draft-check", kwargs=keys)
    return address, page(client.get(address))


@pytest.mark.parametrize("channel", Channel.values)
def test_who_was_reminded_reads_that_nobody_comes_that_day_and_when_instead(school, nurse, channel):
    school.ready(given_name="Jo", family_name="Lee")
    remind(school)
    move(school, nurse)
    (message,) = [one for one in told(school) if one.channel == channel]
    words = wording.get(OFF, channel)
    assert words.missing(message.personalisation) == []
    read = words.preview(message.personalisation)
    assert "Jo Lee was due to have the HPV vaccination" in read.body
    assert "on Tuesday 12 January 2027" in f"{read.subject} {read.body}"
    assert "We will not be there on that day." in read.body
    assert "We will be at the school on Tuesday 19 January 2027." in read.body
    assert (message.sent_by, message.lane) == (nurse, Lane.URGENT)
    assert correction_guard([message], now=at(LATER)) == {}


def test_where_no_date_is_left_they_read_that(school, nurse):
    school.ready()
    remind(school)
    remove(school, nurse)
    assert len(told(school)) == 2
    assert "There is no other date at the moment." in told(school)[0].personalisation["what_now"]


def test_they_are_told_once_whatever_is_saved_after_that(school, nurse):
    school.ready()
    remind(school)
    move(school, nurse)
    sent(school, at=TEN)
    move(school, nurse, JAN_26, now=LATER)
    remove(school, nurse, now="2027-01-11T10:10")
    assert len(told(school)) == 2


def test_on_the_day_itself_they_are_told_and_after_it_no_more(school, nurse):
    school.ready()
    remind(school)
    move(school, nurse, now="2027-01-12T08:00")
    assert len(told(school)) == 2
    school.ready()
    SessionReminder.objects.update(correction=None, corrected_at=None)
    move(school, nurse, JAN_26, now="2027-01-13T08:00")
    assert len(told(school)) == 2


def test_who_was_not_told_yet_is_told_nothing(school, nurse):
    """The reminder waits, as texts do at night: its guard holds it back."""
    school.ready()
    school.remind()
    Message.objects.filter(channel="email").update(status="delivered", accepted_at=at(NINE))
    move(school, nurse)
    assert [one.channel for one in told(school)] == ["email"]
    (text,) = Message.objects.filter(template="session_school_reminder", channel="text")
    assert set(reminder_guard([text], now=at(TEN)).values()) == {
        "The session is no longer on that date"
    }
    move(school, nurse, JAN_12, now=LATER)
    assert reminder_guard([text], now=at(LATER)) == {}, "nothing was taken back: it goes as ever"


def test_what_waits_of_a_reminder_that_was_taken_back_never_goes(school, nurse):
    """Not even once the day is offered again: that is reminded of anew."""
    school.ready()
    school.remind()
    Message.objects.filter(channel="email").update(status="delivered", accepted_at=at(NINE))
    move(school, nurse)
    Message.objects.filter(template=OFF).update(status="delivered", accepted_at=at(TEN))
    move(school, nurse, JAN_12, now=LATER)
    (text,) = Message.objects.filter(template="session_school_reminder", channel="text")
    assert reminder_guard([text], now=at(LATER))
    assert school.remind(LATER) == 1


@pytest.mark.parametrize("status", ["failed", "rejected", "withheld"])
def test_who_never_got_the_reminder_is_told_nothing(school, nurse, status):
    school.ready()
    remind(school)
    Message.objects.update(status=status)
    move(school, nurse)
    assert told(school) == []


def test_who_was_told_of_another_date_or_school_is_told_nothing(school, organisation, nurse):
    other = Visited(
        organisation,
        dates=[JAN_12],
        location__name="Birch School",
        location__team__name="Rugby team",
    )
    other.ready()
    school.ready()
    remind(school)
    sent(other, at=NINE)
    move(school, nurse)
    assert {one.session_id for one in told(school)} == {school.session.pk}
    assert told(other) == []


def test_the_page_warns_and_says_what_then_goes(school, nurse, nurse_client, morning):
    morning.move_to(at(TEN), tick=False)
    school.all_ready(HELD_FROM)
    gone, changed, safe = school.ready(), school.ready(), school.child()
    remind(school)
    gone.restricted_at = at(TEN)
    gone.save()
    Parent.objects.filter(relationships__child=changed).update(
        email="new@example.com", phone="+447700900999"
    )
    (row,) = schedule.start(school.session, by=nurse).answers["saved"]["days"]
    address, shown = check_page(school, nurse, nurse_client, Day(row[0], JAN_19))
    assert (
        "The parents of 21 children have been reminded of the visit on Tuesday 12 January 2027. "
        "They will be told that it will not take place."
    ) in shown.text
    assert "The messages that the visit will not take place are 21 emails and 21 text" in shown.text
    assert "go two minutes after you confirm" in shown.text
    assert "We will be at the school on Tuesday 19 January 2027." in shown.text
    said = page(nurse_client.post(address, follow=True)).banner
    assert (
        "Messages to the parents of 21 children that the visit will not take place go in two "
        "minutes, unless you call them back."
    ) in said
    mailing = Mailing.objects.get(kind=Mailing.Kind.CORRECTION)
    assert (mailing.letters, mailing.messages) == (HELD_FROM, 2 * HELD_FROM)
    assert {one.due_at for one in told(school)} == {at("2027-01-11T10:02")}
    assert not {gone.pk, changed.pk, safe.pk} & {one.child_id for one in told(school)}


def test_the_page_warns_where_all_dates_go_and_is_silent_where_the_visit_stays(
    school, nurse, nurse_client, morning
):
    morning.move_to(at(TEN), tick=False)
    school.ready()
    remind(school)
    address, shown = check_page(school, nurse, nurse_client)
    assert "The parents of 1 child have been reminded of the visit" in shown.text
    assert "This session will have no dates." in shown.text
    said = page(nurse_client.post(address, follow=True)).banner
    assert "The parents of 1 child are being told that the visit will not take place." in said
    again, shown = check_page(school, nurse, nurse_client, Day(None, JAN_12), Day(None, JAN_19))
    assert "have been reminded of" not in shown.text


def test_many_are_called_back_and_let_go_after_all(school, nurse, nurse_client, morning):
    school.all_ready(HELD_FROM)
    remind(school)
    move(school, nurse)
    mailing = Mailing.objects.get(kind=Mailing.Kind.CORRECTION)
    keys = {"slug": school.session.slug, "mailing_id": mailing.pk}
    waits = page(nurse_client.get(reverse("sessions:mailing", kwargs=keys))).text
    assert "What parents will read" in waits and "Tuesday 12 January 2027" in waits
    assert invitations.call_back(mailing_id=mailing.pk, by=nurse, now=at("2027-01-11T10:01"))
    assert {one.status for one in told(school)} == {"withheld"}
    morning.move_to(at(LATER), tick=False)
    assert "No parent is told that the visit will not take place until somebody" in (
        page(nurse_client.get(reverse("sessions:mailing", kwargs=keys))).text
    )
    release = reverse("sessions:mailing-release", kwargs=keys)
    shown = page(nurse_client.get(release)).text
    assert "messages that the visit on Tuesday 12 January 2027 will not take place" in shown
    assert "requests for consent" not in shown
    nurse_client.post(release)
    again = Mailing.objects.get(kind=Mailing.Kind.CORRECTION, released_at=None)
    assert (again.letters, again.goes_at) == (HELD_FROM, at("2027-01-11T10:07"))
    waiting = [one for one in told(school) if one.status == "waiting"]
    assert len(waiting) == 2 * HELD_FROM
    assert correction_guard(waiting, now=at(LATER)) == {}


@pytest.mark.parametrize(
    ("now", "changed", "may_go"),
    [
        (LATER, {}, True),
        ("2027-01-12T23:59", {}, True),
        ("2027-01-13T00:00", {}, False),
        (LATER, {"email": "new@example.com", "phone": "+447700900999"}, False),
    ],
)
def test_it_can_be_let_go_as_long_as_anybody_can_be_told(
    school, nurse, morning, now, changed, may_go
):
    school.ready()
    remind(school)
    move(school, nurse, now="2027-01-12T08:00" if now > LATER else TEN)
    mailing = Mailing.objects.get(kind=Mailing.Kind.CORRECTION)
    Mailing.objects.update(
        goes_at=mailing.queued_at + HOLD, called_back_at=mailing.queued_at, called_back_by=nurse
    )
    nobody_was_corrected({one.letter for one in told(school)})
    Message.objects.filter(template=OFF).update(status="withheld")
    Parent.objects.update(**changed)
    morning.move_to(at(now), tick=False)
    client, keys = signed_in(nurse), {"slug": school.session.slug, "mailing_id": mailing.pk}
    shown = page(client.get(reverse("sessions:mailing", kwargs=keys))).text
    assert ("Send these messages" in shown) is may_go
    assert ("Nobody is left to tell" in shown) is not may_go
    home = page(client.get(reverse("sessions:show", kwargs={"slug": school.session.slug})))
    assert ("Messages to the parents of 1 child that the visit" in home.text) is may_go


def test_a_date_that_comes_back_before_they_were_told_leaves_all_as_it_was(
    school, nurse, django_capture_on_commit_callbacks
):
    school.all_ready(HELD_FROM)
    remind(school)
    move(school, nurse)
    with django_capture_on_commit_callbacks(execute=True):
        move(school, nurse, JAN_12, now="2027-01-11T10:01")
    reasons = correction_guard(told(school), now=at("2027-01-11T10:02"))
    assert list(reasons.values()) == ["The dates have changed again"] * 2 * HELD_FROM
    assert school.remind(LATER) == 0, "the reminder stands, and nobody is reminded twice"
    assert Mailing.objects.get(kind=Mailing.Kind.CORRECTION).was_replaced


def test_a_date_that_comes_back_after_they_were_told_is_reminded_of_anew(school, nurse):
    school.ready()
    remind(school)
    move(school, nurse)
    sent(school, at=TEN)
    move(school, nurse, JAN_12, now=LATER)
    assert [school.remind(LATER), school.remind("2027-01-11T10:10")] == [1, 0]
    sent(school, at=LATER)
    move(school, nurse, now="2027-01-11T10:20")
    assert len(told(school)) == 4, "and that one can be taken back in its turn"


def test_what_waits_names_the_days_that_are_left_when_it_goes(school, nurse):
    child = school.ready()
    remind(school)
    move(school, nurse)
    school.session.all_dates.update(value=JAN_26)
    answers = correction_guard(told(school), now=at(LATER))
    assert all(isinstance(one, Rewording) for one in answers.values())
    assert {one.personalisation["what_now"] for one in answers.values()} == {
        "We will be at the school on Tuesday 26 January 2027."
    }
    school.session.all_dates.update(value=JAN_12)
    assert set(correction_guard(told(school), now=at(LATER)).values()) == {
        "The session is on that date after all"
    }
    school.session.all_dates.update(value=JAN_19)
    late = correction_guard(told(school), now=at("2027-01-13T08:00"))
    assert set(late.values()) == {"The day of the session has passed"}
    Message.objects.filter(template="session_school_reminder").update(status="withheld")
    unsent = correction_guard(told(school), now=at(LATER))
    assert set(unsent.values()) == {"The reminder of that date was not sent"}
    Message.objects.filter(template="session_school_reminder").update(status="delivered")
    child.restricted_at = at(LATER)
    child.save()
    assert set(correction_guard(told(school), now=at(LATER)).values()) == {
        "The record is flagged as sensitive"
    }
    assert outbox.guard_of(OFF) is correction_guard


def test_page_saving_and_guard_take_as_many_queries_for_many_children(
    school, nurse, nurse_client, morning
):
    morning.move_to(at(TEN), tick=False)
    sizes = []
    for more in (2, 10):
        for _ in range(more):
            school.ready()
        remind(school)
        now = at(TEN)
        with CaptureQueriesContext(connection) as queries:
            found = school_asking.outlook(
                school.with_days(), school_asking.SchoolDates({}, None, None), now=now
            )
        assert found.correction.children
        sizes.append(len(queries))
    assert sizes[0] == sizes[1]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_who_is_being_reminded_while_the_date_is_saved_is_told_or_not_reminded(organisation, nurse):
    school = Visited(organisation, dates=[JAN_12])
    for _ in range(5):
        school.ready()
    school.remind()

    def claim():
        backlog = claims.backlog(lanes=[Lane.BULK], channels=Channel.values, now=at(TEN))
        return len(backlog.claim(most=5, now=at(TEN)))

    at_once(partial(move, school, nurse), claim)
    reminders = [one for one in school.messages() if one.template != OFF]
    claimed = {(one.child_id, one.recipient) for one in reminders if one.status == "claimed"}
    corrected = {(one.child_id, one.recipient) for one in told(school)}
    reasons = reminder_guard(reminders, now=at(LATER))
    assert len(reasons) == len(reminders), "whoever claims after the saving sends nothing"
    assert corrected in (set(), claimed), "claimed before it, all of them are told"
