"""The page behind the link that parents get."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.pages import page
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db
SERVICE = "Give or refuse consent for vaccinations"


def start(clinic, client=None, programme="hpv"):
    names = {"slug": clinic.session.slug, "programme": programme}
    return (client or Client()).get(reverse("parents:start", kwargs=names))


def test_it_says_how_to_answer_and_by_when(clinic):
    found = page(start(clinic), service=SERVICE)
    assert found.h1 == "Give or refuse consent for the HPV vaccination"
    assert "by 24 January 2027" in found.text
    assert "024 7600 0001" in found.text
    assert found.links["clinics@sais.example.com"] == "mailto:clinics@sais.example.com"


def test_it_is_the_same_for_everybody_and_names_no_child(clinic, nurse_client):
    empty = start(clinic).content
    child = clinic.child(given_name="Zebedee", family_name="Unmistakable")
    full = start(clinic).content
    assert full == empty
    signed_in = start(clinic, nurse_client).content.decode()
    assert "Nadia Nurse" not in signed_in
    assert reverse("sessions:list") not in signed_in
    assert child.family_name not in signed_in


def test_a_nurse_sees_the_team_of_the_session_not_her_own(elsewhere, nurse_client):
    session = factories.ClinicSessionFactory(organisation=elsewhere, dates=[date(2027, 1, 25)])
    names = {"slug": session.slug, "programme": "hpv"}
    source = nurse_client.get(reverse("parents:start", kwargs=names)).content.decode()
    assert elsewhere.email in source
    assert "Coventry SAIS" not in source


@pytest.mark.parametrize(
    ("today", "is_open"), [("2027-01-24T23:59", True), ("2027-01-25T00:01", False)]
)
def test_it_closes_at_the_end_of_the_day_before_the_last_date(clinic, morning, today, is_open):
    morning.move_to(at(today), tick=False)
    found = page(start(clinic), service=SERVICE)
    closed = "You can no longer submit a consent response"
    assert (found.h1 != closed) is is_open
    if not is_open:
        assert "It ended on 24 January 2027." in found.text
        assert "024 7600 0001" in found.text


def test_it_is_closed_with_the_session_and_for_programmes_it_does_not_offer(clinic):
    other = page(start(clinic, programme="menacwy"), service=SERVICE)
    assert other.h1 == "You can no longer submit a consent response"
    assert "It ended on" not in other.text
    clinic.session.closed_at = at("2027-01-12T09:00")
    clinic.session.save()
    assert page(start(clinic), service=SERVICE).h1 == other.h1


def test_unknown_links_are_not_found(clinic):
    assert start(clinic, programme="nonsense").status_code == 404
    assert Client().get("/consent/AAAAAAAAAA/hpv/start").status_code == 404
