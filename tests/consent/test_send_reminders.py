"""Send reminders: the page of a school session, whom it reaches, and what it stands for."""

from datetime import date
from functools import partial
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from activity.models import Entry
from cohorts.models import Parent
from consent.guard import CALLED_BACK, guard
from consent.models import ConsentRequest
from consent.selectors import asking as who
from consent.services.asking import RemindersNotPossible, remind_now
from notifications import wording
from notifications.models import Lane, Message
from sessions_app import rules
from sessions_app.invitations import mailings
from sessions_app.models import Mailing, Session
from tests import factories
from tests.conftest import signed_in
from tests.consent.school import School
from tests.pages import page
from tests.sessions_app.conftest import at
from tests.threads import at_once

pytestmark = pytest.mark.django_db
FRIDAY = "2027-01-01T10:00"


@pytest.fixture
def school(organisation):
    """Asked on 22 December, to be visited on 12 January: the reminders go on the 5th."""
    return School(organisation)


def address(school):
    return reverse("consent:send-reminders", kwargs={"slug": school.session.slug})


def remind(school, nurse, now=FRIDAY, **changes):
    settings = {"form_token": uuid4(), "by": nurse, "now": at(now)}
    return remind_now(session_id=school.session.pk, **settings | changes)


def test_a_text_that_rests_at_night_names_no_day_that_is_over(organisation, nurse):
    school = School(organisation, dates=[date(2027, 1, 12), date(2027, 1, 19)])
    school.child()
    school.run("2026-12-22")
    remind(school, nurse, now="2027-01-11T22:30")
    by = dict(
        Message.objects.filter(template="consent_school_reminder").values_list(
            "channel", "personalisation__consent_deadline"
        )
    )
    assert by == {"email": "11 January 2027", "text": "18 January 2027"}


def test_the_page_shows_the_schedule_whom_it_reaches_and_whom_not(school, nurse_client, morning):
    morning.move_to(at(FRIDAY), tick=False)
    school.child(parents=2)
    reached = school.child()
    answered = school.child()
    school.run("2026-12-22")
    factories.ResponseFactory(child=answered, session=school.session)
    silent = school.child()
    Parent.objects.filter(relationships__child=silent).update(email="", phone="")
    new = school.child()
    lately = school.child()
    for child, day in ((reached, "2026-12-22"), (lately, "2026-12-31")):
        ConsentRequest.objects.filter(child=child).delete()
        ConsentRequest.objects.create(
            child=child, programme_id="hpv", session=school.session, requested_at=at(f"{day}T16:00")
        )
    for child in (answered, silent, new):
        school.refresh(child, now="2027-01-01T09:00")
    found = page(nurse_client.get(address(school)))
    assert found.h1 == "Send reminders"
    assert "2 children without a response: 3 parents or guardians" in found.text
    assert "with 3 emails and 3 text messages" in found.text
    assert "1 child: their parents were written to in the last 3 days" in found.text
    assert "1 child: their parents have not been asked yet" in found.text
    assert "1 child: there are no contact details" in found.text
    assert "Tuesday 22 December 2026" in found.text
    assert "Tuesday 5 January 2027" in found.text


@pytest.mark.parametrize(
    ("now", "dates", "requests", "reminders"),
    [
        ("2026-12-20T10:00", [12], "Due on Tuesday 22 December 2026", ["Due on Tuesday 5 January"]),
        ("2026-12-21T21:00", [12], "Due tomorrow from 4pm", ["Due on Tuesday 5 January"]),
        ("2027-01-05T10:00", [12], "Due today from 4pm", ["Due today from 4pm"]),
        ("2027-01-05T17:00", [12], "Due today before 8pm", ["Due today before 8pm"]),
        ("2027-01-05T20:00", [12], "Due tomorrow from 4pm", ["Due tomorrow from 4pm"]),
        ("2027-01-11T20:00", [12], "Not sent: responses close", ["Not sent: responses close"]),
        ("2027-01-11T20:00", [12, 13], "Due tomorrow from 4pm", ["Not sent", "Due tomorrow"]),
    ],
)
def test_the_schedule_says_due_of_what_was_not_sent(
    organisation, nurse_client, morning, now, dates, requests, reminders
):
    school = School(organisation, dates=[date(2027, 1, day) for day in dates])
    morning.move_to(at(now), tick=False)
    rows = page(nurse_client.get(address(school))).rows
    assert [
        row[1][: len(said)] for row, said in zip(rows, [requests, *reminders], strict=True)
    ] == [
        requests,
        *reminders,
    ]


def test_the_schedule_says_sent_of_what_jobs_sent(school, nurse, nurse_client, morning):
    school.child()
    school.run("2026-12-23")
    remind(school, nurse)
    morning.move_to(at(FRIDAY), tick=False)
    shown = page(nurse_client.get(address(school)))
    assert [row[1] for row in shown.rows] == [
        "Sent from Wednesday 23 December 2026",
        "Due on Tuesday 5 January 2027",
    ]
    school.child()
    school.run("2027-01-04")
    school.child()
    school.run("2027-01-07")
    morning.move_to(at("2027-01-08T10:00"), tick=False)
    shown = page(signed_in(nurse).get(address(school)))
    assert shown.rows[1][1] == "Sent from Thursday 7 January 2027"


def test_sending_reminds_everybody_without_a_response_at_once(school, nurse, nurse_client, morning):
    morning.move_to(at(FRIDAY), tick=False)
    child, other = school.child(), school.child()
    school.run("2026-12-22")
    token = page(nurse_client.get(address(school))).values["token"]
    response = nurse_client.post(address(school), {"token": token}, follow=True)
    assert page(response).banner == "Reminders sent. They go to the parents of 2 children."
    sent = [one for one in school.messages() if one.template == "consent_school_reminder"]
    assert {one.child_id for one in sent} == {child.pk, other.pk}
    assert {(one.lane, one.sent_by, one.due_at) for one in sent} == {(Lane.BULK, nurse, at(FRIDAY))}
    again = nurse_client.post(address(school), {"token": token}, follow=True)
    assert page(again).banner == page(response).banner, "a second click says what the first did"
    assert len(school.letters()) == 4


@pytest.mark.parametrize(
    ("day", "automatic"),
    [
        ("2026-12-30", ["2027-01-05"]),
        ("2027-01-01", ["2027-01-05"]),
        ("2027-01-02", []),
        ("2027-01-04", []),
    ],
)
def test_consent_8_3_the_next_automatic_reminder_is_skipped_if_due_within_three_days(
    school, nurse, day, automatic
):
    child = school.child()
    school.run("2026-12-22")
    remind(school, nurse, now=f"{day}T10:00")
    for number in range(1, 12):
        school.run(f"2027-01-{number:02}")
    assert [sent for sent, kind, _ in school.letters(child)[2:]] == automatic


def test_only_the_reminder_of_the_next_date_is_skipped(organisation, nurse):
    school = School(organisation, dates=[date(2027, 1, 12), date(2027, 1, 19)])
    child = school.child()
    school.run("2026-12-22")
    remind(school, nurse, now="2027-01-04T10:00")
    for number in range(5, 19):
        school.run(f"2027-01-{number:02}")
    assert [day for day, _, _ in school.letters(child)] == [
        "2026-12-22",
        "2027-01-04",
        "2027-01-12",
    ]


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_remind_once(school, nurse):
    school.child()
    school.run("2026-12-22")
    person = partial(remind, school, nurse)
    assert sorted(at_once(person, person)) == [0, 1]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_clicks_at_once_remind_once_and_say_the_same(school, nurse):
    school.child()
    school.run("2026-12-22")
    click = partial(remind, school, nurse, form_token=uuid4())
    assert at_once(click, click) == [1, 1]
    assert len(school.letters()) == 2


@pytest.mark.parametrize(
    ("now", "change", "reason"),
    [
        ("2027-01-12T10:00", {}, "online responses are closed"),
        (FRIDAY, {"closed_at": at(FRIDAY)}, "this session is closed"),
    ],
)
def test_reminders_are_refused_when_nobody_could_answer(school, nurse, now, change, reason):
    Session.objects.filter(pk=school.session.pk).update(**change)
    with pytest.raises(RemindersNotPossible, match=reason):
        remind(school, nurse, now=now)


def test_a_clinic_has_no_reminders_and_says_so(clinic, nurse_client):
    where = reverse("consent:send-reminders", kwargs={"slug": clinic.session.slug})
    found = page(nurse_client.get(where, follow=True))
    assert "Reminders are sent for school sessions only." in found.text
    assert "Send reminders" not in found.links


def test_nobody_to_remind_offers_no_button(school, nurse_client, morning):
    morning.move_to(at(FRIDAY), tick=False)
    found = page(nurse_client.get(address(school)))
    assert "Nobody. There is no child whose parents could be reminded now." in found.text
    assert "token" not in found.values


def test_the_page_counts_in_the_same_queries_whatever_the_size(school):
    sizes = []
    for more in (1, 15):
        for _ in range(more):
            school.child()
        with CaptureQueriesContext(connection) as queries:
            who.preview(school.session, now=at(FRIDAY))
        sizes.append(len(queries))
    assert sizes == [3, 3]


def test_a_school_reminder_reads_as_a_parent_needs_it(school, nurse):
    school.child(given_name="Jo", family_name="Lee")
    school.run("2026-12-22")
    remind(school, nurse)
    email, text = Message.objects.filter(template="consent_school_reminder").order_by("channel")
    read = wording.get(email.template, "email").preview(email.personalisation)
    assert read.subject == "We still need your answer about Jo and the HPV vaccination"
    assert "Grace Academy" in read.body
    assert "Tuesday 12 January 2027" in read.body
    assert "Tell us by 11 January 2027" in read.body
    assert f"/consent/{school.session.slug}/hpv/start" in read.body
    assert "that is not consent" in read.body
    assert "you do not need to do anything" in read.body
    short = wording.get(text.template, "text").preview(text.personalisation)
    assert "Jo Lee" in short.body
    assert f"/consent/{school.session.slug}/hpv/start" in short.body


@pytest.fixture
def many(school, morning):
    """So many families, asked and without an answer, that their reminders are held."""
    morning.move_to(at(FRIDAY), tick=False)
    school.children(rules.HELD_FROM)
    school.run("2026-12-22")


def reminders():
    return Message.objects.filter(template="consent_school_reminder")


def test_reminders_to_many_families_wait_two_minutes_and_can_be_called_back(school, nurse, many):
    assert remind(school, nurse) == rules.HELD_FROM
    mailing = Mailing.objects.get()
    assert (mailing.letters, mailing.messages) == (rules.HELD_FROM, reminders().count())
    assert mailing.goes_at == at("2027-01-01T10:02")
    assert not reminders().filter(due_at__lt=mailing.goes_at).exists()

    assert mailings.call_back(mailing_id=mailing.pk, by=nurse, now=at("2027-01-01T10:01"))
    assert {message.status for message in reminders()} == {Message.Status.WITHHELD}
    assert set(guard(list(reminders()), now=at("2027-01-01T10:03")).values()) == {CALLED_BACK}
    titles = set(Entry.objects.filter(kind="message_withheld").values_list("title", flat=True))
    assert titles == {"Reminder to give consent called back before it was sent"}


def test_reminders_that_were_called_back_can_be_sent_by_another_form_only(school, nurse, many):
    token = uuid4()
    remind(school, nurse, form_token=token)
    mailings.call_back(mailing_id=Mailing.objects.get().pk, by=nurse, now=at("2027-01-01T10:01"))
    assert remind(school, nurse, "2027-01-01T10:05", form_token=token) == 0
    assert remind(school, nurse, "2027-01-01T10:06") == rules.HELD_FROM
    assert reminders().filter(status=Message.Status.WAITING).count() == reminders().count() / 2


def test_the_automatic_reminder_goes_although_a_persons_was_called_back(school, nurse, many):
    remind(school, nurse, "2027-01-04T10:00")
    mailings.call_back(mailing_id=Mailing.objects.get().pk, by=nurse, now=at("2027-01-04T10:01"))
    assert school.run("2027-01-05") == rules.HELD_FROM


def test_reminders_to_few_families_and_automatic_ones_go_at_once(school, nurse):
    school.children(rules.HELD_FROM - 1)
    school.run("2026-12-22")
    remind(school, nurse)
    assert Mailing.objects.get().goes_at is None
    assert {message.due_at for message in reminders()} == {at(FRIDAY)}


def test_the_page_says_that_reminders_wait_and_what_parents_read(
    school, many, nurse_client, morning
):
    morning.move_to(at(FRIDAY), tick=False)
    shown = page(nurse_client.get(address(school)))
    assert "They go two minutes after you confirm" in shown.text
    assert "Sam Taylor" in shown.text
    sent = page(nurse_client.post(address(school), shown.values, follow=True))
    assert "go in two minutes, unless you call them back" in sent.banner
    assert "You can call them back for 2 minutes" in sent.text
    keys = {"slug": school.session.slug, "mailing_id": Mailing.objects.get().pk}
    assert "Sam Taylor" in page(nurse_client.get(reverse("sessions:mailing", kwargs=keys))).text
