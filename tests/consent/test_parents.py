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


def start(clinic, client=None, programmes="hpv"):
    names = {"slug": clinic.session.slug, "programmes": programmes}
    return (client or Client()).get(reverse("parents:start", kwargs=names))


def test_it_says_how_to_answer_and_by_when(clinic):
    found = page(start(clinic), service=SERVICE)
    assert found.h1 == "Give or refuse consent for the HPV vaccination"
    assert "Respond by 24 January 2027." in found.text
    assert "https://www.nhs.uk/vaccinations/hpv-vaccine/" in found.links.values()
    assert "024 7600 0001" in found.text
    assert found.links["clinics@sais.example.com"] == "mailto:clinics@sais.example.com"
    footer = [link.get("href") for link in found.all("a", class_="govuk-footer__link")]
    assert "tel:02476000000" in footer


def test_it_is_the_same_for_everybody_and_names_no_child(clinic, nurse_client):
    empty = page(start(clinic), service=SERVICE).text
    child = clinic.child(given_name="Zebedee", family_name="Unmistakable")
    assert page(start(clinic), service=SERVICE).text == empty
    signed_in = start(clinic, nurse_client).content.decode()
    assert "Nadia Nurse" not in signed_in
    assert reverse("sessions:list") not in signed_in
    assert child.family_name not in signed_in


def test_a_nurse_sees_the_team_of_the_session_not_her_own(elsewhere, nurse_client):
    session = factories.ClinicSessionFactory(organisation=elsewhere, dates=[date(2027, 1, 25)])
    names = {"slug": session.slug, "programmes": "hpv"}
    source = nurse_client.get(reverse("parents:start", kwargs=names)).content.decode()
    assert elsewhere.email in source
    assert "Coventry SAIS" not in source


def test_consent_14_5_it_closes_at_the_end_of_the_day_before_the_last_date(organisation, morning):
    session = factories.SessionFactory(
        organisation=organisation, dates=[date(2027, 3, 10), date(2027, 3, 11)]
    )
    address = reverse("parents:start", kwargs={"slug": session.slug, "programmes": "hpv"})
    closed = "You can no longer submit a consent response"
    for today, is_open in [
        ("2027-03-10T09:00", True),
        ("2027-03-10T23:59", True),
        ("2027-03-11T00:01", False),
        ("2027-03-12T09:00", False),
    ]:
        morning.move_to(at(today), tick=False)
        found = page(Client().get(address), service=SERVICE)
        assert (found.h1 != closed) is is_open, today
        assert (Client().post(address).status_code == 302) is is_open
    assert "It ended on 10 March 2027." in found.text
    assert "024 7600 0001" in found.text


def test_it_is_closed_with_the_session_and_for_programmes_it_does_not_offer(clinic):
    other = page(start(clinic, programmes="menacwy"), service=SERVICE)
    assert other.h1 == "You cannot submit a consent response here"
    assert "The MenACWY vaccination is not offered through this link." in other.text
    assert "is over" not in other.text
    clinic.session.closed_at = at("2027-01-12T09:00")
    clinic.session.save()
    closed = page(start(clinic), service=SERVICE)
    assert closed.h1 == "You can no longer submit a consent response"
    assert "The time to respond about the HPV vaccination" in closed.text


def test_before_there_are_dates_nobody_is_told_that_they_are_late(clinic):
    clinic.session.all_dates.all().delete()
    response = start(clinic)
    found_at = response.request["PATH_INFO"]
    early = page(response, service=SERVICE)
    assert early.h1 == "You cannot submit a consent response yet"
    assert "There is no date yet on which the HPV vaccination will be given." in early.text
    assert "is over" not in early.text
    assert Client().post(found_at).status_code == 200


def test_two_programmes_given_together_share_a_form_and_no_others_do(clinic):
    clinic.session.programmes.set(["menacwy", "td_ipv", "hpv"])
    shared = page(start(clinic, programmes="menacwy-td_ipv"), service=SERVICE)
    assert shared.h1 == "Give or refuse consent for the MenACWY and Td/IPV vaccinations"
    for named in ("td_ipv-menacwy", "hpv-menacwy", "menacwy-menacwy", "nonsense", "-"):
        assert start(clinic, programmes=named).status_code == 404


def test_an_unknown_link_gets_a_page_for_parents(clinic):
    for address in ("/consent/AAAAAAAAAA/hpv/start", "/consent/AAAAAAAAAA/hpv/sent/x"):
        found = page(Client().get(address), status=404, service=SERVICE)
        assert found.h1 == "We cannot find this consent form"
