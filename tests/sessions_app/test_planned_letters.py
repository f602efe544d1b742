"""To whom planned letters go, by which way, and what they say."""

from datetime import date

import pytest

from sessions_app import invitations
from tests import factories
from tests.sessions_app.conftest import at

W = "2027-01-04T09:00"


@pytest.mark.parametrize(
    ("name", "value", "because"),
    [
        ("vaccination", "vaccinated", "Not invited: already vaccinated"),
        ("consent", "refused", "Not invited: consent refused"),
        ("consent", "conflicts", "Not invited: conflicting consent"),
        ("triage", "do_not_vaccinate", "Not invited: triage decided not to vaccinate"),
    ],
)
def test_e10_e11_e12_i07_excluded_and_shown(clinic, facts, name, value, because):
    child = clinic.child()
    facts(**{name: {(child.pk, "hpv"): value}})
    clinic.refresh(child)
    assert clinic.plan(W) == 0
    assert clinic.messages(child) == []
    assert clinic.outlook(child, W).text == because


@pytest.mark.parametrize(
    ("fields", "because"),
    [
        ({"date_of_death": date(2026, 12, 20)}, "Not invited: the child has died"),
        ({"restricted_at": at(W)}, "Not invited: the record is flagged as sensitive"),
        ({"invalidated_at": at(W)}, "Not invited: the record is flagged as invalid"),
    ],
)
def test_i08_deceased_invalid_and_sensitive_children_get_nothing(clinic, fields, because):
    child = clinic.child(**fields)
    assert clinic.plan(W) == 0
    assert clinic.messages(child) == []
    assert clinic.outlook(child, W).text == because


def test_i14_e08_without_contact_details_nothing_is_recorded_and_it_shows(clinic):
    child = clinic.child(parents=0)
    assert clinic.plan(W) == 0
    assert clinic.invitations(child) == []
    assert clinic.outlook(child, W).text == "Not invited: no contact details"


def test_i14_rule_5_a_contact_added_later_is_written_to(clinic):
    child = clinic.child(parents=0)
    clinic.plan(W)
    factories.RelationshipFactory(child=child)
    clinic.refresh(child)
    assert invitations.catch_up([child.pk], now=at("2027-01-06T11:00")) == 1


def test_e08_a_parent_with_only_a_mobile_gets_a_text(clinic):
    child = clinic.child(parents=0)
    parent = factories.ParentFactory(organisation=clinic.organisation, email="")
    factories.RelationshipFactory(child=child, parent=parent)
    clinic.refresh(child)
    clinic.plan(W)
    assert [message.channel for message in clinic.messages(child)] == ["text"]


@pytest.mark.parametrize(
    "fields",
    [
        {"phone": "+442476000000"},
        {"phone": "+33612345678"},
        {"contact_method": "voice"},
        {"phone_failed_at": at(W)},
    ],
)
def test_i15_numbers_that_take_no_texts_get_none(clinic, fields):
    child = clinic.child(parents=0)
    parent = factories.ParentFactory(
        organisation=clinic.organisation, **({"phone": "+447700900123"} | fields)
    )
    factories.RelationshipFactory(child=child, parent=parent)
    clinic.refresh(child)
    clinic.plan(W)
    assert [message.channel for message in clinic.messages(child)] == ["email"]


def test_e07_two_parents_who_share_an_address_get_one_email(clinic):
    child = clinic.child(parents=0)
    for name in ("Ann", "Bob"):
        parent = factories.ParentFactory(
            organisation=clinic.organisation, full_name=name, email="fam@example.com", phone=""
        )
        factories.RelationshipFactory(child=child, parent=parent)
    clinic.refresh(child)
    clinic.plan(W)
    assert [message.recipient for message in clinic.messages(child)] == ["fam@example.com"]


def test_siblings_get_a_letter_each(clinic):
    first = clinic.child()
    second = clinic.child(parents=0)
    parent = first.relationships.get().parent
    factories.RelationshipFactory(child=second, parent=parent)
    clinic.refresh(second)
    assert clinic.plan(W) == 2
    names = {message.personalisation["short_child_name"] for message in clinic.messages()}
    assert names == {first.given_name, second.given_name}


def test_the_letter_names_the_child_the_vaccination_and_how_to_book(clinic):
    clinic.organisation.booking_url = "https://booking.example.com"
    clinic.organisation.booking_instructions = "Search for CV1."
    clinic.organisation.save()
    child = clinic.child(
        given_name="John",
        family_name="Smith",
        preferred_given_name="Johnny",
        preferred_family_name="",
    )
    clinic.plan(W)
    said = clinic.messages(child)[0].personalisation
    assert said["short_child_name"] == "Johnny"
    assert said["full_and_preferred_child_name"] == "John Smith (known as Johnny Smith)"
    assert said["vaccination"] == "HPV vaccination"
    assert "https://booking.example.com" in said["how_to_book"]
    assert "Search for CV1." in said["how_to_book"]
    assert said["how_to_book_short"] == "Book with Swiftqueue: https://booking.example.com"
    assert said["team_phone"] == "024 7600 0001"


def test_without_a_booking_link_the_letter_says_how_to_contact_the_team(clinic):
    child = clinic.child()
    clinic.plan(W)
    said = clinic.messages(child)[0].personalisation
    assert "024 7600 0001" in said["how_to_book"]
    assert "clinics@sais.example.com" in said["how_to_book_short"]
    assert "Swiftqueue" not in said["how_to_book"] + said["how_to_book_short"]


def test_texts_queued_at_night_are_held_until_eight(clinic, nurse):
    child = clinic.child()
    clinic.refresh(child)
    invitations.catch_up([child.pk], now=at("2027-01-10T22:15"), by=nurse)
    due = {message.channel: message.due_at for message in clinic.messages(child)}
    assert due == {"email": at("2027-01-10T22:15"), "text": at("2027-01-11T08:00")}
