"""Warning the parents on record of an answer from somebody unknown. Consent §3 and §12; I8, I24."""

import pytest
from django.urls import reverse

from cohorts.models import Child, Parent
from consent import unknown_contact
from consent.models import ConsentResponse
from consent.selectors.contacts import strangers_of
from consent.services import matching
from notifications import wording
from notifications.models import Message
from tests import factories
from tests.consent.online import NOW
from tests.consent.wizard import Wizard
from tests.pages import page
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db
STRANGER = {"parent_name": "Di Lee", "email": "di@example.com", "phone": "+447700900333"}


def warnings():
    return list(Message.objects.filter(template=unknown_contact.TEMPLATE).order_by("channel"))


def test_i24_the_parents_on_record_are_warned_once_and_the_stranger_is_not(link):
    link.child(preferred_given_name="Josie")
    Parent.objects.update(wants_text_updates=True)
    response = link.answer(**STRANGER)
    link.match(response)
    assert [(one.channel, one.recipient) for one in warnings()] == [
        ("email", "mo@example.com"),
        ("text", "+447700900001"),
    ]
    for message in warnings():
        shown = wording.get(message.template, message.channel).preview(message.personalisation)
        assert "Josie" in shown.subject + shown.body
        assert "HPV vaccination" in shown.body
        assert link.school.team.phone in shown.body
        assert "Di Lee" not in shown.body
        assert "di@example.com" not in shown.body


def test_consent_12_who_did_not_ask_for_texts_is_warned_by_email_alone(link):
    link.child()
    link.answer(**STRANGER)
    assert [(one.channel, one.recipient) for one in warnings()] == [("email", "mo@example.com")]


def test_consent_12_who_wants_no_texts_any_more_gets_none_that_waits(link):
    link.child()
    Parent.objects.update(wants_text_updates=True)
    link.answer(**STRANGER)
    Parent.objects.update(wants_text_updates=False)
    email, text = warnings()
    held_back = unknown_contact.guard([email, text], now=NOW)
    assert held_back == {text.pk: "The contact details have changed"}


def test_consent_15_parents_are_not_flooded_with_warnings(link):
    """Anybody can make up addresses; each makes a response that finds the child."""
    link.child()
    for number in range(5):
        link.answer(**STRANGER | {"email": f"di{number}@example.com", "phone": ""})
    assert len(warnings()) == unknown_contact.MOST_A_DAY == 3
    late = link.response(**STRANGER | {"email": "late@example.com", "phone": ""})
    link.match(late, now=at("2027-01-13T10:01"))
    assert len(warnings()) == 4, "a day later they are warned again"


def test_a_job_that_finds_the_child_at_night_warns_from_nine(link):
    link.child()
    link.match(link.response(**STRANGER), now=at("2027-01-13T04:20"))
    assert {one.due_at for one in warnings()} == {at("2027-01-13T09:00")}


@pytest.mark.parametrize("known", [{"email": "mo@example.com"}, {"phone": "+447700900001"}])
def test_one_detail_on_record_is_enough(link, known):
    link.child()
    link.answer(**STRANGER | known)
    assert warnings() == []


def test_the_answer_of_another_parent_on_record_warns_nobody(link):
    child = link.child()
    factories.RelationshipFactory(child=child, parent__email="di@example.com", kind="father")
    link.answer(**STRANGER)
    assert warnings() == []


def test_without_parents_on_record_nobody_is_warned(link):
    child = link.child(mum=False)
    link.answer(**STRANGER)
    assert child.relationships.count() == 1
    assert warnings() == []


def test_what_a_person_matched_warns_nobody(link, nurse):
    child = link.child()
    matching.link(response_id=link.response(**STRANGER).pk, child=child, by=nurse, now=NOW)
    assert warnings() == []


@pytest.mark.parametrize("flag", ["date_of_death", "invalidated_at", "restricted_at"])
def test_i8_parents_of_children_who_must_not_be_written_about_are_not_warned(link, flag):
    child = link.child()
    flagged = {flag: NOW.date() if flag == "date_of_death" else NOW}
    Child.objects.filter(pk=child.pk).update(**flagged)
    link.answer(**STRANGER)
    assert warnings() == []
    Child.objects.filter(pk=child.pk).update(**{flag: None})
    link.answer(**STRANGER | {"email": "third@example.com", "phone": ""})
    Child.objects.filter(pk=child.pk).update(**flagged)
    held_back = unknown_contact.guard(warnings(), now=NOW)
    assert set(held_back) == {message.pk for message in warnings()} != set()


def test_an_address_that_was_corrected_meanwhile_gets_nothing(link):
    link.child()
    Parent.objects.update(wants_text_updates=True)
    link.answer(**STRANGER)
    Parent.objects.filter(email="mo@example.com").update(email="new@example.com")
    email, text = warnings()
    assert unknown_contact.guard([email, text], now=NOW) == {
        email.pk: "The contact details have changed"
    }


@pytest.fixture
def seen(nurse_client, link):
    """`seen(child)`: whether its page, and that of its newest response, ask who answered."""

    def look(child):
        names = {"slug": link.session.slug, "public_id": child.public_id}
        newest = ConsentResponse.objects.latest("pk").public_id
        listed = nurse_client.get(reverse("consent:child", kwargs=names))
        opened = nurse_client.get(
            reverse("consent:show-response", kwargs=names | {"response_id": newest})
        )
        return (
            "New contact, not on record before" in page(listed, names_person=True).text,
            "was not on the record of Jo Lee before" in page(opened, names_person=True).text,
        )

    return look


def test_consent_15_staff_see_that_nobody_vouches_for_who_answered(link, seen):
    child = link.child()
    link.answer()
    assert seen(child) == (False, False), "Mum was on record"
    link.answer(**STRANGER)
    assert seen(child) == (True, True)
    Parent.objects.filter(full_name="Mo Lee").update(phone=STRANGER["phone"])
    assert seen(child) == (False, False), "Mum says that this is her number, too"


@pytest.mark.parametrize(("decision", "is_stranger"), [("refused", False), ("not_provided", True)])
def test_consent_15_whom_staff_had_an_answer_from_is_no_stranger(
    link, seen, nurse_client, decision, is_stranger
):
    child = link.child()
    link.answer(**STRANGER)
    online = ConsentResponse.objects.get()
    wizard = Wizard(nurse_client, link, child).choose(online.parent_id).answer(route="phone")
    wizard.answer(decision=decision)
    if decision == "refused":
        wizard.answer(reason="personal").answer(send="yes")
    wizard.answer()
    assert ConsentResponse.objects.count() == 2
    assert strangers_of(child) == ({online.parent_id} if is_stranger else set())


def test_consent_15_whom_a_person_matched_and_the_first_parent_of_all_are_no_strangers(
    link, seen, nurse
):
    child = link.child(mum=False)
    link.answer(**STRANGER)
    assert seen(child) == (False, False)
    response = link.response(given_name="Joanna", parent_name="Ed Lee", email="ed@example.com")
    matching.link(response_id=response.pk, child=child, by=nurse, now=NOW)
    assert seen(child) == (True, False), "now it is the first who is compared with somebody"
