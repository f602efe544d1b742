"""Send consent request: the page, what goes out, and what must not."""

import threading
from datetime import date
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.urls import reverse

from activity.models import Entry
from cohorts.models import Parent
from consent import messages
from consent.models import ConsentRequest
from consent.services.requests import RepeatNotConfirmed, RequestNotPossible, send_request
from notifications import claims, settling, wording
from notifications.models import Channel, Lane, Message
from programmes.models import Programme
from sessions_app import statuses
from sessions_app.models import Session
from tests import factories
from tests.conftest import signed_in
from tests.pages import page
from tests.sessions_app.conftest import Clinic, at

pytestmark = pytest.mark.django_db


def names(clinic, child):
    return {"slug": clinic.session.slug, "public_id": child.public_id}


def address(clinic, child):
    return reverse("consent:send-request", kwargs=names(clinic, child))


def confirm(client, clinic, child, **data):
    """Fill in the page that was opened and press its button."""
    shown = page(client.get(address(clinic, child)))
    values = {"token": shown.values["token"]} | data
    return client.post(address(clinic, child), values, follow=True)


def with_days(clinic):
    return Session.objects.with_days().select_related("location__team").get(pk=clinic.session.pk)


def send(clinic, child, nurse, **changes):
    settings = {
        "form_token": uuid4(),
        "is_repeat_confirmed": False,
        "now": at("2027-01-12T10:00"),
        "by": nurse,
    }
    return send_request(child=child, session=with_days(clinic), **settings | changes)


def requests_sent(clinic, child):
    return [one for one in clinic.messages(child) if one.template.startswith("consent")]


def test_the_page_says_whom_the_request_reaches_and_whom_not(clinic, nurse_client):
    child = clinic.child(given_name="Jo", family_name="Lee", parents=0)
    for fields in (
        {"full_name": "Ann", "email": "ann@example.com", "phone": "+447700900123"},
        {"full_name": "Bob", "email": "", "phone": "+442476000000"},
        {"full_name": "Cat", "email": "", "phone": ""},
        {"full_name": "Dee", "email": "", "phone": "+447700900124", "contact_method": "voice"},
        {
            "full_name": "Eve",
            "email": "eve@example.com",
            "phone": "",
            "email_failed_at": at("2027-01-02T10:00"),
        },
    ):
        factories.RelationshipFactory(
            child=child, parent=factories.ParentFactory(organisation=child.organisation, **fields)
        )
    found = page(nurse_client.get(address(clinic, child)))
    assert found.h1 == "Send consent request"
    assert "Jo Lee" in found.text
    assert "HPV vaccination" in found.text
    assert found.summary == {
        "Ann (Mum)": "Email: ann@example.com Text message: 07700 900123",
        "Bob (Mum)": "Cannot be reachedThe phone number cannot receive texts",
        "Cat (Mum)": "Cannot be reachedNo contact details",
        "Dee (Mum)": "Cannot be reachedCan only receive voice calls",
        "Eve (Mum)": "Cannot be reachedEarlier messages could not be delivered",
    }


def test_consent_14_16_and_a23_the_request_goes_by_email_and_text_and_the_page_says_so(
    clinic, nurse, morning
):
    morning.move_to(at("2027-01-11T00:00"), tick=False)
    client = signed_in(nurse)
    child = clinic.child(given_name="Jo", family_name="Lee", preferred_given_name="Max")
    parent = child.relationships.get().parent
    record = reverse("consent:child", kwargs=names(clinic, child))
    assert "No requests have been sent." in page(client.get(record), names_person=True).text

    response = confirm(client, clinic, child)

    found = page(response, names_person=True)
    assert response.redirect_chain[-1][0] == record
    assert found.banner == "Consent request sent. It goes to 1 parent or guardian."
    assert "sent on 11 January 2027 at 12:00am by Nadia Nurse" in found.text
    email, text = sorted(requests_sent(clinic, child), key=lambda message: message.channel)
    assert (email.recipient, text.recipient) == (parent.email, parent.phone)
    assert {email.template, text.template} == {"consent_clinic_request"}
    assert {email.lane, text.lane} == {Lane.URGENT}
    assert {email.sent_by, text.sent_by} == {nurse}
    assert {email.session_id, text.session_id} == {clinic.session.pk}
    assert email.letter == text.letter == ConsentRequest.objects.get().letter
    assert email.due_at == at("2027-01-11T00:00")
    assert text.due_at == at("2027-01-11T08:00"), "texts rest at night"
    assert email.personalisation == {
        "short_child_name": "Max",
        "full_and_preferred_child_name": "Jo Lee (known as Max Lee)",
        "vaccination": "HPV vaccination",
        "consent_link": f"http://localhost:8000/consent/{clinic.session.slug}/hpv/start",
        "consent_deadline": "24 January 2027",
        "location_name": "Community clinic",
        "session_dates": "Monday 25 January 2027",
        "privacy_notice": "Ask us if you want to know how we use your information.",
        "team_name": "Coventry clinics",
        "team_email": "clinics@sais.example.com",
        "team_phone": "024 7600 0001",
    }


def test_a_text_that_rests_at_night_asks_for_an_answer_by_no_day_that_is_over(organisation, nurse):
    clinic = Clinic(organisation, dates=[date(2027, 1, 13), date(2027, 1, 25)])
    child = clinic.child()
    send(clinic, child, nurse, now=at("2027-01-12T22:30"))
    email, text = sorted(requests_sent(clinic, child), key=lambda message: message.channel)
    assert text.due_at == at("2027-01-13T08:00")
    assert email.personalisation["consent_deadline"] == "12 January 2027"
    assert text.personalisation["consent_deadline"] == "24 January 2027"


def test_a_school_session_sends_the_schools_request(organisation, nurse):
    session = factories.SessionFactory(organisation=organisation, dates=[date(2027, 2, 1)])
    child = factories.MembershipFactory(session=session, reason="at_school").child
    factories.RelationshipFactory(child=child)
    statuses.refresh([child.pk], today=date(2027, 1, 12))
    session = Session.objects.with_days().select_related("location__team").get(pk=session.pk)
    asked = send_request(
        child=child,
        session=session,
        form_token=uuid4(),
        is_repeat_confirmed=False,
        now=at("2027-01-12T10:00"),
        by=nurse,
    )
    assert (asked.parents, asked.messages) == (1, 2)
    assert set(Message.objects.values_list("template", flat=True)) == {"consent_school_request"}
    email = Message.objects.get(channel="email").personalisation
    assert email["location_name"] == session.location.name
    assert email["session_dates"] == "Monday 1 February 2027"


@pytest.mark.parametrize("template", ["consent_clinic_request", "consent_school_request"])
@pytest.mark.parametrize("channel", ["email", "text"])
def test_every_placeholder_of_the_wording_is_filled(clinic, template, channel):
    values = messages.personalisation(
        clinic.child(),
        with_days(clinic),
        list(Programme.objects.filter(key="hpv")),
        today=date(2027, 1, 12),
    )
    assert all(values.values())
    assert wording.get(template, channel).missing(values) == []


def test_e07_parents_who_share_an_address_get_one_message(clinic, nurse):
    child = clinic.child(parents=0)
    for name in ("Ann", "Bob"):
        parent = factories.ParentFactory(
            organisation=child.organisation, full_name=name, email="us@example.com", phone=""
        )
        factories.RelationshipFactory(child=child, parent=parent)
    asked = send(clinic, child, nurse)
    assert (asked.parents, asked.messages) == (1, 1)
    [message] = requests_sent(clinic, child)
    assert message.parent.full_name == "Ann"


def test_e32_one_letter_asks_about_every_programme_without_an_answer(
    clinic, organisation, answered, nurse
):
    for key in ("menacwy", "td_ipv"):
        clinic.session.programmes.add(Programme.objects.get(key=key))
        organisation.programmes.add(Programme.objects.get(key=key))
    child = clinic.child(birth_academic_year=2012)
    answered(child, "given", programme_id="hpv")
    send(clinic, child, nurse)
    assert set(ConsentRequest.objects.values_list("programme", flat=True)) == {"menacwy", "td_ipv"}
    assert ConsentRequest.objects.values("letter").distinct().count() == 1
    values = requests_sent(clinic, child)[0].personalisation
    assert values["vaccination"] == "MenACWY and Td/IPV vaccinations"
    host = f"http://localhost:8000/consent/{clinic.session.slug}"
    assert values["consent_link"] == f"{host}/menacwy-td_ipv/start"


def test_i10_a_programme_of_another_year_group_is_not_asked_about(clinic, organisation, nurse):
    clinic.session.programmes.add(Programme.objects.get(key="menacwy"))
    organisation.programmes.add(Programme.objects.get(key="menacwy"))
    child = clinic.child(birth_academic_year=2013)
    send(clinic, child, nurse)
    assert set(ConsentRequest.objects.values_list("programme", flat=True)) == {"hpv"}


def test_e29_a_double_click_sends_once(clinic, nurse_client):
    child = clinic.child()
    token = page(nurse_client.get(address(clinic, child))).values["token"]
    for _ in range(2):
        response = nurse_client.post(address(clinic, child), {"token": token}, follow=True)
        assert page(response, names_person=True).banner.startswith("Consent request sent.")
    assert ConsentRequest.objects.count() == 1
    assert len(requests_sent(clinic, child)) == 2


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_e29_two_clicks_at_the_same_moment_send_once(clinic, nurse):
    child = clinic.child()
    token = uuid4()
    together = threading.Barrier(2)
    asked = []

    def click():
        together.wait()
        try:
            asked.append(send(clinic, child, nurse, form_token=token))
        finally:
            connection.close()

    clicks = [threading.Thread(target=click) for _ in range(2)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()
    assert asked[0] == asked[1]
    assert ConsentRequest.objects.count() == 1
    assert len(requests_sent(clinic, child)) == 2


def test_a_token_of_one_child_does_not_silence_the_request_for_another(clinic, nurse):
    token = uuid4()
    first, second = clinic.child(), clinic.child()
    send(clinic, first, nurse, form_token=token)
    send(clinic, second, nurse, form_token=token)
    assert ConsentRequest.objects.count() == 2


def test_consent_8_2_a_second_request_within_a_minute_is_refused_even_with_a_yes(
    clinic, nurse_client
):
    child = clinic.child()
    confirm(nurse_client, clinic, child)
    response = confirm(nurse_client, clinic, child, send_another="true")
    found = page(response, names_person=True)
    assert found.banner == "A request was sent less than a minute ago. Nothing more was sent."
    assert ConsentRequest.objects.count() == 1


def test_e29_a_repeat_within_a_day_needs_an_explicit_yes(clinic, nurse_client, morning):
    child = clinic.child()
    confirm(nurse_client, clinic, child)
    morning.move_to(at("2027-01-12T10:01"), tick=False)
    shown = page(nurse_client.get(address(clinic, child)))
    assert "A request was sent on 12 January 2027 at 10:00am by Nadia Nurse." in shown.text

    refused = nurse_client.post(address(clinic, child), {"token": shown.values["token"]})
    found = page(refused)
    assert list(found.errors) == ["Select that you want to send another request"]
    assert ConsentRequest.objects.count() == 1

    confirm(nurse_client, clinic, child, send_another="true")
    assert ConsentRequest.objects.count() == 2


def test_e29_after_a_day_nobody_is_asked_to_confirm(clinic, nurse_client, morning, nurse):
    child = clinic.child()
    confirm(nurse_client, clinic, child)
    morning.move_to(at("2027-01-13T10:00"), tick=False)
    confirm(signed_in(nurse), clinic, child)
    assert ConsentRequest.objects.count() == 2


def test_e29_a_request_made_elsewhere_since_the_page_was_opened_is_noticed(clinic, nurse, morning):
    child = clinic.child()
    client = signed_in(nurse)
    token = page(client.get(address(clinic, child))).values["token"]
    send(clinic, child, nurse)
    morning.move_to(at("2027-01-12T10:01"), tick=False)
    found = page(client.post(address(clinic, child), {"token": token}))
    assert found.errors
    assert "A request was sent on" in found.text
    assert ConsentRequest.objects.count() == 1


def test_e28_a_request_is_not_sent_once_a_response_arrived(clinic, answered, nurse_client):
    child = clinic.child()
    token = page(nurse_client.get(address(clinic, child))).values["token"]
    answered(child, "given")
    response = nurse_client.post(address(clinic, child), {"token": token}, follow=True)
    assert "a response has already been recorded" in page(response, names_person=True).banner
    assert not ConsentRequest.objects.exists()
    assert not requests_sent(clinic, child)


def test_e30_the_page_leads_back_where_no_request_is_possible(clinic, nurse_client):
    child = clinic.child(parents=0)
    response = nurse_client.get(address(clinic, child), follow=True)
    assert "no parent has an email address" in page(response, names_person=True).banner


@pytest.mark.parametrize(
    "change",
    [
        {"restricted_at": at("2027-01-12T09:00")},
        {"invalidated_at": at("2027-01-12T09:00")},
        {"date_of_death": at("2027-01-12T09:00").date()},
    ],
)
def test_i08_no_request_for_deceased_invalid_or_sensitive_children(clinic, nurse, change):
    child = clinic.child()
    type(child).objects.filter(pk=child.pk).update(**change)
    with pytest.raises(RequestNotPossible):
        send(clinic, child, nurse)
    assert not requests_sent(clinic, child)


def test_i14_without_anybody_to_reach_no_request_is_noted(clinic, nurse):
    child = clinic.child()
    Parent.objects.update(email="", phone="+442476000000")
    with pytest.raises(RequestNotPossible):
        send(clinic, child, nurse)
    assert not ConsentRequest.objects.exists()


def test_the_service_itself_asks_for_the_yes(clinic, nurse):
    child = clinic.child()
    send(clinic, child, nurse)
    with pytest.raises(RepeatNotConfirmed):
        send(clinic, child, nurse, now=at("2027-01-12T10:01"))
    send(clinic, child, nurse, now=at("2027-01-12T10:01"), is_repeat_confirmed=True)


@pytest.mark.parametrize("token", ["", "not-a-token", "\x00"])
def test_a_form_without_its_token_is_shown_again(clinic, nurse_client, token):
    child = clinic.child()
    response = nurse_client.post(address(clinic, child), {"token": token}, follow=True)
    assert "Check it and send the request again." in page(response).banner
    assert not ConsentRequest.objects.exists()


def test_an_administrator_may_send_a_request(clinic, administrator_client):
    child = clinic.child()
    confirm(administrator_client, clinic, child)
    assert ConsentRequest.objects.get().requested_by.given_name == "Adam"


def test_another_organisation_cannot_send_one(clinic, client_elsewhere):
    child = clinic.child()
    response = client_elsewhere.post(address(clinic, child), {"token": str(UUID(int=1))})
    assert response.status_code == 404
    assert not ConsentRequest.objects.exists()


def test_consent_14_16_the_log_names_who_sent_it_and_to_whom(clinic, nurse):
    client = signed_in(nurse)
    child = clinic.child(given_name="Jo", family_name="Lee")
    parent = child.relationships.get().parent
    confirm(client, clinic, child)
    take_all(at("2027-01-12T10:01"))

    told = {
        (entry.title, entry.body, entry.actor_name)
        for entry in Entry.objects.filter(child=child, kind=Entry.Kind.MESSAGE_SENT)
    }
    assert told == {
        ("Consent clinic request sent", parent.email, "Nadia Nurse"),
        ("Consent clinic request sent", parent.phone, "Nadia Nurse"),
    }
    log = page(
        client.get(reverse("consent:activity", kwargs=names(clinic, child))), names_person=True
    )
    for title, _, _ in told:
        assert title in log.text
    assert parent.email in log.text
    assert log.text.count("Nadia Nurse") == 2


def take_all(now):
    """Notify takes all messages that are due."""
    backlog = claims.backlog(lanes=list(Lane), channels=Channel.values, now=now)
    settlement = settling.Settlement(now=now)
    for message in backlog.claim(most=50, now=now):
        settlement.accept(message, notify_id=uuid4(), version=1)
    settlement.save()
