"""What parents read once they answered online, and that it goes once to where it should."""

from datetime import date, timedelta
from functools import partial

import pytest

from activity.models import Entry
from cohorts.models import Child, SchoolMove
from consent import online_replies, replies
from consent.models import OnlineResponse
from consent.online_rules import Outcome
from consent.services import matching
from consent.services import online_replies as service
from consent.tasks import match_online_response
from mavis.celery import TIMETABLE
from notifications import outbox, resending, wording
from notifications.models import Lane, Message
from programmes.models import OrganisationProgramme
from sessions_app.models import Session
from tests import factories
from tests.consent.parent import ParentForm
from tests.consent.school import School
from tests.sessions_app.conftest import at
from tests.threads import at_once

pytestmark = pytest.mark.django_db
NOW = at("2027-01-04T22:30")
MOBILE = "+447700900123"
YES = [{"question": "q", "text": "?", "yes": True, "details": "x", "calls_for_triage": True}]
GIVEN = {"decision": "given", "methods": ["injection"]}
REFUSED = {"decision": "refused", "reason": "medical", "reason_details": "Asthma"}


@pytest.fixture
def school(organisation):
    return School(organisation)


def another(organisation, **fields):
    names = {"location__name": "Ash School", "location__team__name": "Ash team"}
    return School(organisation, **names, **fields)


def answer(place, /, **fields):
    """An online response of a parent who wants texts, recorded at half past ten at night."""
    settings = {
        "session": place.session,
        "recorded_at": NOW,
        "given_name": "Jo",
        "family_name": "Lee",
        "email": "ann@example.com",
        "phone": MOBILE,
        "wants_text_updates": True,
    }
    return factories.OnlineResponseFactory(**settings | fields)


def confirm(response, now=NOW):
    service.confirm(response.pk, now=now)
    return list(Message.objects.order_by("template", "channel", "pk"))


def read(message):
    return wording.get(message.template, message.channel).preview(message.personalisation)


def ways(messages):
    return [
        (message.template.removeprefix("consent_confirmation_"), message.channel, message.recipient)
        for message in messages
    ]


def test_consent_14_1_1_given_goes_by_email_and_text_and_reads_as_it_should(school):
    response = answer(school)
    email, text = confirm(response)
    assert ways([email, text]) == [("given", "email", "ann@example.com"), ("given", "text", MOBILE)]
    assert {email.lane, text.lane} == {Lane.URGENT}
    assert (email.due_at, text.due_at) == (NOW, at("2027-01-05T08:00"))
    preview = read(email)
    assert preview.subject == "You gave consent for Jo to have the HPV vaccination"
    assert (
        "We expect to vaccinate your child at Grace Academy. If anything changes, we will tell you."
        in preview.body
    )
    assert "withdraw your consent" in preview.body
    assert "Coventry team" in preview.body
    assert read(text).body.startswith("You gave consent for Jo Lee to have the HPV vaccination.")
    response.refresh_from_db()
    assert response.confirmation_sent_at == NOW


def test_consent_14_1_3_refused_tells_neither_the_reason_nor_its_details(school):
    email, text = confirm(answer(school, decisions=[{"programme_id": "hpv", **REFUSED}]))
    assert ways([email, text]) == [
        ("refused", "email", "ann@example.com"),
        ("refused", "text", MOBILE),
    ]
    for message in (email, text):
        said = str(message.personalisation) + read(message).body
        assert "Asthma" not in said
        assert "medical" not in said.lower()
        assert "We do not plan to give this vaccination." in read(message).body
        assert "We will contact you" not in read(message).body


def test_a_refusal_with_a_wish_to_talk_promises_that_somebody_calls(school):
    wish = {"programme_id": "hpv", **REFUSED, "wants_follow_up": True}
    for message in confirm(answer(school, decisions=[wish])):
        assert "You asked to talk about it. We will contact you." in read(message).body


def test_an_answer_that_needs_triage_goes_by_email_only_and_repeats_no_answer(school):
    decision = {"programme_id": "hpv", **GIVEN, "health_answers": YES}
    [email] = confirm(answer(school, decisions=[decision]))
    assert ways([email]) == [("triage", "email", "ann@example.com")]
    assert "A nurse will look at your answers" in read(email).body


def test_a28_a_child_without_an_open_school_gets_the_clinics_reply(school, organisation):
    at_home = answer(school, school=None, home_educated=True)
    over = another(organisation, dates=[date(2026, 10, 1)])
    at_a_finished_school = answer(school, school=over.session.location, email="b@example.com")
    confirm(at_home)
    messages = confirm(at_a_finished_school)
    assert ways(messages) == [
        ("clinic", "email", "ann@example.com"),
        ("clinic", "email", "b@example.com"),
    ]
    assert replies.NOT_AT_SCHOOL in read(messages[0]).body
    assert replies.WILL_BE_INVITED in read(messages[0]).body
    assert "This may be at a clinic." in read(messages[1]).body


@pytest.mark.parametrize(
    ("recorded", "closed", "expected"),
    [
        ("2027-01-11T23:59", "", "given"),
        # Responses are closed; a form begun in time is finished until two in the morning.
        ("2027-01-12T00:00", "", "given"),
        ("2027-01-12T00:20", "", "given"),
        ("2027-01-12T01:59", "", "given"),
        ("2027-01-13T00:00", "", "clinic"),
        ("2027-01-11T12:00", "2027-01-11T11:00", "clinic"),
        ("2027-01-11T12:00", "2027-01-11T13:00", "given"),
    ],
)
def test_consent_2_7_a_school_vaccinates_up_to_its_last_date(school, recorded, closed, expected):
    """However late the reply is made: the last date is 12 January."""
    Session.objects.update(closed_at=at(closed) if closed else None)
    [name, *_] = ways(confirm(answer(school, recorded_at=at(recorded)), at("2027-01-13T12:00")))[0]
    assert name == expected


@pytest.mark.parametrize("confirmed", ["2027-01-11T23:50", "2027-01-12T00:20"])
def test_consent_2_7_the_last_page_says_what_the_message_says_and_stays(school, morning, confirmed):
    """In the night before the last date, on which the child is vaccinated at school."""
    morning.move_to(at("2027-01-11T23:30"), tick=False)
    form = ParentForm(school.session)
    form.start()
    form.walk()
    morning.move_to(at(confirmed), tick=False)
    promise = "We expect to vaccinate your child at Grace Academy."
    assert promise in form.confirm().text
    morning.move_to(at(confirmed) + timedelta(minutes=50), tick=False)
    assert promise in form.get().text
    [email] = confirm(OnlineResponse.objects.get(), at(confirmed) + timedelta(days=1))
    assert promise in read(email).body


def test_who_answers_at_a_clinics_link_reads_how_to_book(organisation):
    clinic = factories.ClinicSessionFactory(
        organisation=organisation, location__team__phone="024 7600 0001"
    )

    def steps():
        response = OnlineResponse.objects.get()
        return online_replies.last_page(response, Outcome.CLINIC)

    organisation.booking_url = ""
    organisation.save()
    response = factories.OnlineResponseFactory(
        session=clinic,
        home_educated=True,
        given_name="Jo",
        decisions=[{"programme_id": "hpv", **GIVEN}],
    )
    assert steps()[:3] == [
        replies.NOT_AT_SCHOOL,
        replies.NOT_BOOKED_YET,
        "To book a time at a clinic, contact us.",
    ]
    assert steps()[3].startswith("Call 024 7600 0001 or email")
    organisation.booking_url = "https://booking.example.com"
    organisation.booking_instructions = "Search for CV1."
    organisation.save()
    assert {"https://booking.example.com", "Search for CV1."} <= set(steps())
    [email] = [one for one in confirm(response) if one.template == replies.CLINIC]
    assert "https://booking.example.com" in read(email).body


def test_consent_5_another_open_school_is_not_named_while_the_move_is_open(school, organisation):
    other = another(organisation)
    email, text = confirm(answer(school, school=other.session.location))
    for message in (email, text):
        assert replies.TELL_LATER in read(message).body
        assert "Ash School" not in read(message).body
        assert "January" not in read(message).body


def test_consent_14_4_29_doubles_tell_of_what_is_given_and_refused_separately(organisation):
    for key in ("menacwy", "td_ipv"):
        OrganisationProgramme.objects.create(organisation=organisation, programme_id=key)
    school = School(organisation, programmes=["menacwy", "td_ipv"])
    decisions = [{"programme_id": "menacwy", **GIVEN}, {"programme_id": "td_ipv", **REFUSED}]
    messages = confirm(answer(school, decisions=decisions))
    assert [name for name, _, _ in ways(messages)] == ["given", "given", "refused", "refused"]
    assert messages[0].personalisation["vaccination"] == "MenACWY vaccination"
    assert messages[2].personalisation["vaccination"] == "Td/IPV vaccination"


def test_flu_says_which_vaccine_was_agreed_to(organisation):
    school = School(organisation, programmes=["flu"])
    flu = {"programme_id": "flu", "decision": "given", "methods": ["nasal", "injection"]}
    email, _ = confirm(answer(school, decisions=[flu]))
    agreed = "to have the flu vaccination (nasal spray, or injection if not suitable)."
    assert agreed in read(email).body


@pytest.mark.parametrize(
    ("fields", "channels"),
    [
        ({}, ["email", "text"]),
        ({"wants_text_updates": False}, ["email"]),
        ({"phone": "+442476000000"}, ["email"]),
        ({"contact_method": "voice"}, ["email"]),
        ({"contact_method": "text"}, ["email", "text"]),
        ({"phone": "", "wants_text_updates": False}, ["email"]),
    ],
)
def test_texts_go_only_to_who_asked_for_them_on_a_number_that_takes_them(school, fields, channels):
    assert [message.channel for message in confirm(answer(school, **fields))] == channels


def test_consent_15_nothing_tells_whether_the_child_was_found(school):
    child = school.child(given_name="Jo", family_name="Lee", preferred_given_name="Secret")
    SchoolMove.objects.create(
        child=child, home_educated=True, source="cohort", organisation=child.organisation
    )
    unknown = answer(school)
    found = answer(school, child=child, matched_at=NOW, email="b@example.com")
    confirm(unknown)
    messages = confirm(found)
    said = {(each.recipient, each.channel): read(each) for each in messages}
    assert said["ann@example.com", "email"] == said["b@example.com", "email"]
    assert {each.child_id for each in messages} == {None, child.pk}


@pytest.mark.parametrize(
    "flags",
    [{"date_of_death": "2027-01-01"}, {"restricted_at": NOW}, {"invalidated_at": NOW}],
)
def test_consent_15_online_replies_go_to_the_address_typed_whatever_the_child_is(school, flags):
    child = school.child()
    Child.objects.filter(pk=child.pk).update(**flags)
    messages = confirm(answer(school, child=child, matched_at=NOW))
    assert len(messages) == 2
    guard = outbox.guard_of(replies.GIVEN)
    assert guard(messages, now=NOW) == {}


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("http://evil.example/x", "http evil. example x"),
        ("[click](https://evil.example)", "click https evil. example"),
        ("Jo\u202e\u0007\nLee", "Jo Lee"),
        ("# Jo **now**", "Jo now"),
        ("O’Brien-Smith", "O’Brien-Smith"),
    ],
)
def test_what_was_typed_is_harmless_in_a_message(school, typed, shown):
    email, text = confirm(answer(school, given_name=typed))
    assert email.personalisation["short_child_name"] == shown
    assert "://" not in read(text).body


def test_consent_15_a_very_long_name_is_cut_in_a_text_only(school):
    long = {
        name: letter * 300
        for name, letter in [
            ("given_name", "N"),
            ("family_name", "F"),
            ("preferred_given_name", "P"),
            ("preferred_family_name", "Q"),
        ]
    }
    email, text = confirm(answer(school, **long))
    whole = f"{'N' * 300} {'F' * 300} (known as {'P' * 300} {'Q' * 300})"
    assert email.personalisation["full_and_preferred_child_name"] == whole
    assert email.personalisation["short_child_name"] == "P" * 300
    assert whole in read(email).body
    assert text.personalisation["short_child_name"] == "P" * 59 + "…"
    assert read(text).fragments <= 4


@pytest.mark.django_db(transaction=True)
def test_consent_14_4_32_confirming_many_times_at_once_sends_one_set(school):
    response = answer(school)
    again = partial(service.confirm, response.pk, now=NOW)
    assert sorted(at_once(*[again] * 6)) == [0] * 5 + [2]
    assert Message.objects.count() == 2


def test_the_task_confirms_after_it_looked_for_the_child_and_only_once(school):
    response = answer(school)
    match_online_response(response.pk)
    match_online_response(response.pk)
    assert Message.objects.count() == 2


def test_what_nobody_confirmed_is_found_unless_it_is_long_past(school):
    for recorded in ("2027-01-04T22:30", "2027-01-04T22:24", "2026-12-27T22:00"):
        answer(school, recorded_at=at(recorded))
    assert service.confirm_overlooked(before=at("2027-01-04T22:25"), now=NOW) == 2
    assert service.confirm_overlooked(before=at("2027-01-04T22:25"), now=NOW) == 0
    assert "confirm-overlooked" in TIMETABLE


def test_consent_15_an_address_that_gets_very_many_replies_is_left_in_peace(school, monkeypatch):
    monkeypatch.setattr(service, "MOST_A_DAY", 2)
    responses = [answer(school, phone="", wants_text_updates=False) for _ in range(3)]
    for response in responses:
        service.confirm(response.pk, now=NOW)
    assert Message.objects.count() == 2
    responses[2].refresh_from_db()
    assert responses[2].confirmation_sent_at == NOW


def test_messages_sent_before_the_child_was_found_come_into_their_log(school, nurse):
    response = answer(school)
    sent, waiting = confirm(response)
    Message.objects.filter(pk=sent.pk).update(status="delivered", accepted_at=NOW, settled_at=NOW)
    child = school.child()
    matching.link(response_id=response.pk, child=child, by=nurse, now=NOW)
    entry = Entry.objects.get(child=child, kind=Entry.Kind.MESSAGE_SENT)
    assert Message.objects.filter(child=child, template=replies.GIVEN).count() == 2
    assert (entry.title, entry.body, entry.at) == (
        "Consent confirmation given sent",
        "ann@example.com",
        NOW,
    )
    waiting.refresh_from_db()
    assert waiting.child == child


def test_no_online_answer_is_changed_by_confirming_but_for_its_mark(school):
    response = answer(school)
    before = OnlineResponse.objects.values().get(pk=response.pk)
    confirm(response)
    after = OnlineResponse.objects.values().get(pk=response.pk)
    assert {key for key in after if after[key] != before[key]} == {"confirmation_sent_at"}


class TestSendingAgain:
    """A reply has no parent: it goes to the address that somebody typed."""

    def failed(self, school, **fields):
        [email] = confirm(answer(school, wants_text_updates=False))
        outcome = {"status": "failed", "notify_status": "temporary-failure"} | fields
        Message.objects.filter(pk=email.pk).update(**outcome)
        return email

    @pytest.mark.django_db(transaction=True)
    def test_a_failed_reply_goes_again_to_the_address_typed_once(self, school, superuser):
        failed = self.failed(school)

        def send():
            return resending.send_again(failed.pk, by=superuser, now=NOW)

        assert sorted(at_once(*[send] * 5)) == [False] * 4 + [True]
        again = Message.objects.get(resend_of=failed)
        assert (again.recipient, again.template, again.letter, again.child_id) == (
            "ann@example.com",
            failed.template,
            failed.letter,
            None,
        )
        assert confirm(OnlineResponse.objects.get()) == [failed, again]

    def test_an_address_that_does_not_exist_is_not_tried_again(self, school, superuser):
        failed = self.failed(school, notify_status="permanent-failure")
        with pytest.raises(resending.CannotSendAgain, match="does not exist"):
            resending.send_again(failed.pk, by=superuser, now=NOW)

    def test_a_message_whose_parent_was_removed_is_still_refused(self, school, superuser):
        failed = self.failed(school, sent_by=superuser)
        with pytest.raises(resending.CannotSendAgain, match="removed from the record"):
            resending.send_again(failed.pk, by=superuser, now=NOW)
