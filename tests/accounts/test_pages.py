"""The home page, the organisation's page, and the pages for what went wrong."""

from django.test import Client

from mavis.views import server_error
from tests.consent.parent import SERVICE as FOR_PARENTS
from tests.factories import TeamFactory
from tests.pages import count_queries, page, text_of


def test_the_home_page_offers_each_area(nurse_client):
    home = page(nurse_client.get("/"))
    assert home.h1 == "Manage vaccinations in schools (Mavis)"
    assert home.links["Your organisation"] == "/organisation/"


def test_operations_are_for_operators(nurse_client, superuser_client):
    for link in ("Operations", "Admin site"):
        assert link not in page(nurse_client.get("/")).links
        assert link in page(superuser_client.get("/")).links


def test_the_header_says_what_a_superuser_is(superuser_client):
    assert "Sue Superuser (Nurse, superuser)" in superuser_client.get("/").content.decode()


def test_every_page_names_the_person_and_the_organisation(nurse_client, organisation):
    response = nurse_client.get("/organisation/")
    page(response)
    source = response.content.decode()
    assert "Nadia Nurse (Nurse)" in source
    assert f'href="mailto:{organisation.email}"' in source


def test_the_organisation_page_shows_contact_teams_and_defaults(nurse_client, organisation):
    organisation.phone = "024 7600 1234"
    organisation.days_before_invitations = 28
    organisation.save()
    TeamFactory(organisation=organisation, name="North team", email="north@example.com")
    shown = page(nurse_client.get("/organisation/"))
    assert shown.summary["ODS code"] == "RYG"
    assert shown.summary["Clinic invitations"] == "4 weeks before the first clinic"
    assert shown.summary["Consent reminders"] == "1 week before each session"
    assert "North team" in shown.text
    assert "Swiftqueue" in shown.text
    assert "HPV" in shown.text


def test_another_organisations_teams_are_not_shown(nurse_client, elsewhere):
    TeamFactory(organisation=elsewhere, name="Faraway team")
    assert "Faraway team" not in page(nurse_client.get("/organisation/")).text


def test_queries_of_the_organisation_page_do_not_grow(nurse_client, organisation):
    TeamFactory(organisation=organisation)
    few = count_queries(lambda: nurse_client.get("/organisation/"))
    TeamFactory.create_batch(24, organisation=organisation)
    assert count_queries(lambda: nurse_client.get("/organisation/")) == few


def test_an_address_of_a_button_leads_back_to_the_page_it_stands_on(nurse_client):
    child = "/sessions/abcdefghij/children/5c1f8b0e-0000-4000-8000-000000000000/"
    response = nurse_client.get(f"{child}responses/hpv/")
    shown = page(response, status=405)
    assert shown.h1 == "There is no page at this address"
    assert shown.links["Go to the page it belongs to"] == child
    assert response.headers["Allow"] == "POST"


def test_a_parents_address_used_wrongly_leads_to_the_start_of_the_form(client, db):
    shown = page(client.put("/consent/abcdefghij/hpv/start"), status=405, service=FOR_PARENTS)
    assert shown.links["Go to the start of the form"] == "/consent/abcdefghij/hpv/start"


def test_a_missing_page_says_so(nurse_client):
    assert page(nurse_client.get("/nothing/"), status=404).h1 == "Page not found"


def test_a_form_that_is_too_old_says_so(nurse):
    client = Client(enforce_csrf_checks=True)
    shown = page(client.post("/sign-in/", {"email": "a@example.com"}), status=403)
    assert shown.h1 == "This page was open for too long"


def test_a_failure_shows_our_page_and_asks_nothing_of_the_database(rf):
    shown = page(server_error(rf.get("/children/")), status=500)
    assert shown.h1 == "Sorry, there is a problem with the service"


def test_a_failure_of_the_form_shows_parents_their_service_and_whom_to_phone(rf):
    response = server_error(rf.get("/consent/a/hpv/start"))
    shown = page(response, status=500, service="Give or refuse consent for vaccinations")
    assert shown.h1 == "Sorry, there is a problem with the service"
    assert "phone the immunisation team" in shown.text
    assert "Mavis" not in shown.text


def test_sign_in_page_and_its_errors(client, db):
    assert page(client.get("/sign-in/")).h1 == "Sign in"
    failed = page(client.post("/sign-in/", {"email": "somebody", "password": ""}))
    assert failed.errors == {
        "Enter an email address in the correct format, like name@example.com": "#id_email",
        "Enter password": "#id_password",
    }
    assert failed.values["email"] == "somebody"


def test_signing_out_shows_a_page(nurse_client):
    assert page(nurse_client.get("/sign-out/")).h1 == "Sign out of Mavis"


def current_areas(response):
    links = page(response).all("a", class_="govuk-service-navigation__link")
    return [text_of(link) for link in links if link.get("aria-current")]


def test_navigation_marks_the_present_area(nurse_client):
    assert current_areas(nurse_client.get("/organisation/")) == ["Your organisation"]
    assert current_areas(nurse_client.get("/sessions/")) == ["Sessions"]
    assert current_areas(nurse_client.get("/")) == []
    assert current_areas(nurse_client.get("/sign-out/")) == []
