"""The operators' admin site: who may enter, find, change and delete."""

from datetime import date

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.models import AccessLogEntry, User
from cohorts.models import Child
from cohorts.signals import children_changed, happened_to_children
from tests.factories import (
    ChildFactory,
    ClinicSessionFactory,
    OrganisationFactory,
    SchoolFactory,
    TeamFactory,
    UserFactory,
)
from tests.pages import count_queries

SITE_MODELS = list(admin.site._registry)


@pytest.fixture
def operator(organisation):
    return UserFactory(organisation=None, email="operator@example.com", is_staff=True)


@pytest.fixture
def operator_client(operator):
    client = Client()
    client.force_login(operator)
    return client


def list_of(model) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page_of(row, action="change") -> str:
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{action}", args=[row.pk])


def test_nurses_may_not_enter(nurse_client):
    response = nurse_client.get("/admin/")
    assert response.status_code == 302
    response = nurse_client.get("/admin/", follow=True)
    assert response.status_code == 403
    assert "Only people who operate Mavis" in response.content.decode()


def test_a_superuser_of_one_organisation_may_not_enter_and_see_the_others(client, organisation):
    client.force_login(UserFactory(organisation=organisation, is_superuser=True))
    assert client.get("/admin/").status_code in (302, 403)
    child = ChildFactory(organisation=OrganisationFactory())
    assert client.get(page_of(child), follow=True).status_code == 403
    assert client.get(reverse("messages:trouble")).status_code == 403


def test_signing_in_leads_through_our_own_page(client, db):
    assert client.get("/admin/")["Location"] == "/sign-in/?next=%2Fadmin%2F"
    assert client.get("/admin/login/")["Location"].startswith("/sign-in/")


def test_operators_without_an_organisation_are_led_to_their_site(operator_client):
    assert operator_client.get("/")["Location"] == "/admin/"


def test_logging_out_of_the_site_signs_out(operator_client):
    operator_client.post("/admin/logout/")
    assert operator_client.get("/admin/")["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("model", SITE_MODELS, ids=lambda model: model._meta.label)
def test_every_list_opens_and_can_be_searched(operator_client, model):
    assert operator_client.get(list_of(model)).status_code == 200
    assert operator_client.get(list_of(model), {"q": "7"}).status_code == 200


def test_what_is_asked_for_is_there():
    names = {model._meta.model_name for model in SITE_MODELS}
    assert names >= {
        "organisation",
        "team",
        "user",
        "location",
        "programme",
        "child",
        "session",
        "message",
        "entry",
        "accesslogentry",
    }


@pytest.mark.parametrize("label", ["message", "entry", "accesslogentry", "session"])
def test_history_and_guarded_rows_are_read_only(superuser_client, label):
    model = next(model for model in SITE_MODELS if model._meta.model_name == label)
    name = f"admin:{model._meta.app_label}_{label}_add"
    assert superuser_client.get(reverse(name)).status_code == 403


def test_only_superusers_delete(operator_client, superuser_client):
    team = TeamFactory()
    assert operator_client.get(page_of(team, "delete")).status_code == 403
    assert superuser_client.get(page_of(team, "delete")).status_code == 200


def test_a_session_is_shown_with_its_dates(operator_client):
    session = ClinicSessionFactory(dates=[date(2027, 1, 12)])
    assert "12 Jan 2027" in operator_client.get(page_of(session)).content.decode()


def test_lists_make_the_same_queries_however_long(operator_client):
    ChildFactory()
    few = count_queries(lambda: operator_client.get(list_of(Child)))
    for school in SchoolFactory.create_batch(5):
        ChildFactory(school=school, organisation=OrganisationFactory())
    assert count_queries(lambda: operator_client.get(list_of(Child))) == few


@pytest.mark.parametrize(
    "words", ["zoë", "ZOE", "obrien zoe", "9990000018", "01/10/2013", "cv1 2ab"]
)
def test_a_child_is_found_by_name_number_birth_and_postcode(operator_client, words):
    ChildFactory(given_name="Zoë", family_name="O'Brien", nhs_number="9990000018")
    ChildFactory(
        given_name="Max", family_name="Muster", date_of_birth=date(2012, 1, 1), postcode=""
    )
    found = operator_client.get(list_of(Child), {"q": words}).content.decode()
    assert "Brien" in found
    assert "Muster" not in found


@pytest.fixture
def heard():
    """What `cohorts` announced: (signal's name, what it said)."""
    said = []

    def changed(**words):
        said.append(("changed", words["child_ids"]))

    def happened(**words):
        said.append((words["title"], words["by"].email))

    children_changed.connect(changed)
    happened_to_children.connect(happened)
    yield said
    children_changed.disconnect(changed)
    happened_to_children.disconnect(happened)


def test_flags_are_set_announced_and_taken_away(operator_client, heard):
    child = ChildFactory()
    operator_client.post(page_of(child), {"date_of_death": "", "is_restricted": "on"})
    child.refresh_from_db()
    assert child.is_restricted
    assert child.invalidated_at is None
    assert heard == [
        ("Flagged as sensitive", "operator@example.com"),
        ("changed", [child.pk]),
    ]
    since = child.restricted_at
    operator_client.post(page_of(child), {"is_restricted": "on", "is_invalid": "on"})
    child.refresh_from_db()
    assert child.restricted_at == since
    assert child.invalidated_at is not None
    operator_client.post(page_of(child), {"date_of_death": "2026-10-01"})
    child.refresh_from_db()
    assert (child.restricted_at, child.invalidated_at) == (None, None)
    assert child.date_of_death == date(2026, 10, 1)


def test_saving_without_a_change_announces_nothing(operator_client, heard):
    operator_client.post(page_of(ChildFactory()), {})
    assert heard == []


@pytest.mark.parametrize(
    ("day", "words"),
    [("2013-09-30", "on or after the date of birth"), ("2999-01-01", "today or in the past")],
)
def test_an_impossible_date_of_death_is_refused(operator_client, day, words):
    response = operator_client.post(page_of(ChildFactory()), {"date_of_death": day})
    assert words in response.content.decode()


def test_opening_a_child_is_logged(operator_client, operator):
    child = ChildFactory()
    operator_client.get(list_of(Child))
    assert not AccessLogEntry.objects.exists()
    operator_client.get(page_of(child))
    entry = AccessLogEntry.objects.get()
    assert (entry.user, entry.child_id, entry.page) == (operator, child.pk, "show")


def new_user(**changes):
    return {
        "email": "New.Person@Example.com",
        "given_name": "New",
        "family_name": "Person",
        "role": "nurse",
        "is_active": "on",
        "usable_password": "true",
        "password1": "a-long-phrase-7",
        "password2": "a-long-phrase-7",
    } | changes


def test_an_operator_makes_a_nurse_who_can_sign_in(operator_client, organisation):
    data = new_user(organisation=organisation.pk, is_superuser="on", is_staff="on")
    operator_client.post(reverse("admin:accounts_user_add"), data)
    user = User.objects.get(email="new.person@example.com")
    assert not user.is_superuser
    assert not user.is_staff
    assert Client().login(username="new.person@example.com", password="a-long-phrase-7")


def test_an_operator_cannot_change_a_superuser(operator_client, superuser):
    assert operator_client.post(page_of(superuser), {"email": "x@example.com"}).status_code == 403


def test_a_team_of_another_organisation_is_refused(operator_client, organisation):
    data = new_user(organisation=organisation.pk, team=TeamFactory().pk)
    response = operator_client.post(reverse("admin:accounts_user_add"), data)
    assert "Select a team of the person" in response.content.decode()
