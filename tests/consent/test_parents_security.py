"""What strangers and machines may do to a public form. Source: consent §15."""

import re
import uuid
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consent import browsers, throttle
from consent.models import OnlineDraft, OnlineResponse
from consent.services import online
from tests import factories
from tests.consent.parent import ANSWERS, SERVICE, ParentForm
from tests.pages import count_queries, page
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_counted():
    cache.clear()


@pytest.fixture
def session(organisation):
    return factories.SessionFactory(organisation=organisation, dates=[date(2027, 1, 25)])


@pytest.fixture
def form(session):
    form = ParentForm(session)
    form.start()
    return form


def test_unknown_and_foreign_forms_get_the_identical_answer(form):
    stranger = ParentForm(form.session)
    stranger.start()
    foreign = form.address("answer", draft_id=form.draft_id, step="name")
    unknown = form.address("answer", draft_id=uuid.uuid4(), step="name")
    answers = [
        client.get(address)
        for client in (stranger.client, Client())
        for address in (foreign, unknown)
    ]
    assert {(one.status_code, one.url, one.content) for one in answers} == {
        (302, f"{form.address()}?ended=1", b"")
    }


def test_the_form_of_another_link_is_not_found_at_this_one(form, organisation):
    other = factories.SessionFactory(organisation=organisation, dates=[date(2027, 1, 25)])
    form.session = other
    assert form.client.get(form.address("check", draft_id=form.draft_id)).url.endswith("ended=1")


def test_a_second_person_at_the_computer_sees_nothing_of_the_first(form):
    form.walk()
    draft_id = form.draft_id
    form.confirm()
    for step in ("name", "about-you"):
        form.at = form.address("answer", draft_id=draft_id, step=step)
        shown = page(form.follow(form.client.get(form.at)), service=SERVICE)
        assert "The form you had open has ended." in shown.text
        assert "Smith" not in shown.text
    form.start()
    assert form.get().values["given_name"] == ""


def test_a_form_ends_after_twelve_hours_and_says_so(form, morning):
    form.walk(to="date-of-birth")
    morning.move_to(at("2027-01-12T22:01"), tick=False)
    shown = page(form.follow(form.client.get(form.at)), service=SERVICE)
    assert "12 hours after you begin it" in shown.text


def test_the_last_page_is_for_this_browser_and_for_an_hour(form, morning):
    form.walk()
    form.confirm()
    assert page(form.client.get(form.at), service=SERVICE).h1 == "Consent given"
    assert Client().get(form.at).url == f"{form.address()}?ended=1"
    morning.move_to(at("2027-01-12T11:01"), tick=False)
    assert form.client.get(form.at).url == f"{form.address()}?ended=1"


def test_consent_14_32_confirming_again_changes_nothing(form):
    form.walk()
    address = form.at
    data = {"revision": form.get().values["revision"]}
    first = form.client.post(address, data)
    again = form.client.post(address, data)
    assert first.status_code == again.status_code == 302
    assert "/sent/" in again.url
    assert OnlineResponse.objects.count() == 1
    assert form.client.get(address).url.endswith("ended=1")


def test_answers_changed_in_another_tab_are_shown_before_they_are_sent(form):
    form.walk()
    data = {"revision": form.get().values["revision"]}
    check = form.at
    form.open("name")
    form.send(ANSWERS["name"] | {"given_name": "Eve"})
    for stale in (data, {}):
        shown = page(form.follow(form.client.post(check, stale)), service=SERVICE)
        assert "changed in another tab" in shown.text
        assert shown.summary["Child’s name"] == "Eve Smith"
    assert not OnlineResponse.objects.exists()
    form.confirm()
    assert OnlineResponse.objects.get().given_name == "Eve"


def test_pages_cannot_be_skipped(form):
    form.walk(to="about-you")
    form.open("decision")
    assert form.step == "about-you"
    draft_id = form.draft_id
    form.at = form.address("check", draft_id=draft_id)
    form.follow(form.client.get(form.at))
    assert form.step == "about-you"
    form.follow(form.client.post(form.address("check", draft_id=draft_id), {"revision": "3"}))
    assert form.step == "about-you"
    assert not OnlineResponse.objects.exists()


def test_confirming_looks_at_every_answer_again(form):
    """A school that was taken off the list while the form was open is asked for anew."""
    other = factories.SchoolFactory(team=form.session.location.team)
    form.walk(confirm_school={"is_school": "no"}, school={"school": other.urn})
    data = {"revision": form.get().values["revision"]}
    other.team = None
    other.save()
    form.send(data)
    assert form.step == "school"
    assert not OnlineResponse.objects.exists()


def test_addresses_that_mean_nothing_get_a_page_for_parents():
    for address in ("/consent/", "/consent/x/y/z/w/v"):
        assert "organisation" not in page(Client().get(address), status=404, service=SERVICE).text


def test_unknown_pages_lead_back_into_the_form(form):
    form.open("nonsense")
    assert form.step == "name"


def test_the_form_asks_nothing_about_children(form, organisation):
    """The same queries, so the same time, whether or not the child is known."""

    def ask():
        with CaptureQueriesContext(connection) as queries:
            form.start()
            form.walk()
            form.confirm()
        statements = [one["sql"] for one in queries if "SAVEPOINT" not in one["sql"]]
        return [re.split(" WHERE | VALUES | SET ", one)[0] for one in statements]

    unknown = ask()
    factories.ChildFactory(
        organisation=organisation,
        given_name="Ada",
        family_name="Smith",
        date_of_birth=date(2013, 10, 1),
        postcode="CV1 2AB",
    )
    assert ask() == unknown
    assert not [sql for sql in unknown if "cohorts_child" in sql or "cohorts_parent" in sql]


def test_a_page_costs_few_queries_however_many_schools(form):
    form.walk(to="confirm-school")
    form.send({"is_school": "no"})
    few = count_queries(lambda: form.client.get(form.at))
    for _ in range(25):
        factories.SchoolFactory(team=form.session.location.team)
    assert count_queries(lambda: form.client.get(form.at)) == few


def start(session, remote):
    return Client().post(ParentForm(session).address(), REMOTE_ADDR=remote).status_code


def test_starts_are_counted_by_address_and_by_link(session, monkeypatch):
    monkeypatch.setattr(throttle, "START", throttle.Limit("start", per_address=2, per_link=3))
    assert [start(session, "192.0.2.1") for _ in range(3)] == [302, 302, 429]
    assert [start(session, f"192.0.2.{last}") for last in (2, 3)] == [302, 429]
    assert OnlineDraft.objects.count() == 3


def test_consent_15_one_machine_closes_the_form_to_nobody_else(session, organisation, monkeypatch):
    """What is refused uses up no limit: neither the link's, nor that of an address at others."""
    monkeypatch.setattr(throttle, "START", throttle.Limit("start", per_address=4, per_link=6))
    assert [start(session, "192.0.2.1") for _ in range(12)] == [302] * 4 + [429] * 8
    assert [start(session, "192.0.2.2") for _ in range(5)] == [302] * 2 + [429] * 3
    other = factories.SessionFactory(organisation=organisation, dates=[date(2027, 1, 25)])
    assert [start(other, "192.0.2.2") for _ in range(3)] == [302] * 2 + [429]


def test_a_confirmation_counts_only_once_it_is_of_what_was_shown(form, monkeypatch):
    monkeypatch.setattr(throttle, "CONFIRM", throttle.Limit("confirm", per_address=1, per_link=1))
    form.walk()
    check = form.at
    for _ in range(3):
        assert form.client.post(check, {"revision": "999"}).url == f"{check}?changed=1"
    assert form.confirm().h1 == "Consent given"
    form.start()
    form.walk()
    data = {"revision": form.get().values["revision"]}
    assert form.client.post(form.at, data).status_code == 429


def test_a_throttled_confirmation_keeps_the_answers(form, monkeypatch):
    form.walk()
    data = {"revision": form.get().values["revision"]}
    monkeypatch.setattr(throttle, "CONFIRM", throttle.Limit("confirm", per_address=0, per_link=9))
    response = form.client.post(form.at, data)
    shown = page(response, status=429, service=SERVICE)
    assert response["Retry-After"] == "3600"
    assert "Your answers are kept for now" in shown.text
    monkeypatch.undo()
    assert form.confirm().h1 == "Consent given"


def test_without_redis_forms_are_begun_all_the_same(session, settings, caplog):
    settings.CACHES = {
        "default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}
    }
    assert Client().post(ParentForm(session).address()).status_code == 302
    assert "forms of parents are not counted" in caplog.text


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "198.51.100.7", "192.0.2.1"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7, 10.0.0.1", "198.51.100.7"),
        (1, "", "192.0.2.1"),
    ],
)
def test_the_address_is_what_our_own_proxies_saw(rf, settings, proxies, forwarded, expected):
    settings.PROXIES_IN_FRONT = proxies
    request = rf.get("/", REMOTE_ADDR="192.0.2.1", headers={"X-Forwarded-For": forwarded})
    assert throttle.client_address(request) == expected


def test_forms_need_their_csrf_token(session):
    client = Client(enforce_csrf_checks=True)
    address = ParentForm(session).address()
    refused = page(client.post(address), status=403, service=SERVICE)
    assert refused.h1 == "This page was open for too long"
    assert "home page" not in refused.text
    token = page(client.get(address), service=SERVICE).values["csrfmiddlewaretoken"]
    assert client.post(address, {"csrfmiddlewaretoken": token}).status_code == 302


def test_nothing_is_stored_by_browsers_and_proxies(form):
    response = form.client.get(form.at)
    assert "no-store" in response["Cache-Control"]
    cookie = Client().post(form.address()).cookies[browsers.COOKIE]
    assert cookie["httponly"]
    assert (cookie["path"], cookie["samesite"]) == ("/consent/", "Lax")
    assert cookie.value not in OnlineDraft.objects.values_list("browser", flat=True)


def test_addresses_titles_and_logs_hold_nothing_personal(form, caplog):
    caplog.set_level("DEBUG")
    seen = []
    while form.step != "check":
        seen += [form.at, form.get().title]
        form.walk(to="check") if form.step == "address" else form.send(
            ANSWERS.get(form.step) or {"answer": "no"}
        )
    seen += [form.at, form.get().title, form.confirm().title, form.at, caplog.text]
    for one in seen:
        for word in ("Ada", "Smith", "example.com", "CV1", "2013"):
            assert word not in one


def test_it_looks_the_same_to_somebody_signed_in(form, nurse_client):
    form.client = nurse_client
    form.start()
    source = form.client.get(form.at).content.decode()
    assert "Nadia Nurse" not in source
    assert 'aria-label="Areas"' not in source


def test_the_footer_names_the_organisation_and_its_privacy_notice(session):
    session.organisation.privacy_policy_url = "https://sais.example.com/privacy"
    session.organisation.save()
    shown = page(Client().get(ParentForm(session).address()), service=SERVICE)
    [footer] = shown.all("footer")
    assert "Coventry SAIS" in "".join(footer.itertext())
    notice = shown.links["Privacy notice: how we use your information"]
    assert notice == "https://sais.example.com/privacy"


@pytest.mark.parametrize(
    ("closes", "begun", "sent", "is_taken"),
    [
        # The last date is 25 January: responses close at the end of the 24th.
        ("2027-01-25", "2027-01-24T23:59", "2027-01-25T01:59", True),
        ("2027-01-25", "2027-01-24T22:00", "2027-01-25T02:01", False),
        # The clocks go forward at one on 28 March 2027, and back at two on 31 October.
        ("2027-03-28", "2027-03-27T23:59", "2027-03-28T02:59", True),
        ("2027-03-28", "2027-03-27T23:59", "2027-03-28T03:01", False),
    ],
)
def test_a_form_begun_in_time_may_be_finished_for_two_hours(
    organisation, morning, closes, begun, sent, is_taken
):
    session = factories.SessionFactory(
        organisation=organisation, dates=[date.fromisoformat(closes)]
    )
    morning.move_to(at(begun), tick=False)
    form = ParentForm(session)
    form.start()
    form.walk()
    data = {"revision": form.get().values["revision"]}
    morning.move_to(at(sent), tick=False)
    assert Client().post(form.address()).status_code == 200
    shown = page(form.send(data), service=SERVICE)
    closed = "You can no longer submit a consent response"
    assert shown.h1 == ("Consent given" if is_taken else closed)
    assert OnlineResponse.objects.exists() is is_taken


@pytest.mark.parametrize(
    ("what", "heading"),
    [
        ("session closed", "You can no longer submit a consent response"),
        ("programme removed", "You cannot submit a consent response here"),
        ("date moved", "You can no longer submit a consent response"),
    ],
)
def test_what_happens_to_the_session_meanwhile_leaves_two_hours(form, morning, what, heading):
    form.walk()
    data = {"revision": form.get().values["revision"]}
    match what:
        case "session closed":
            form.session.closed_at = at("2027-01-12T10:00")
            form.session.save()
        case "programme removed":
            form.session.programmes.set(["flu"])
        case "date moved":
            form.session.all_dates.update(value=date(2027, 1, 10))
    assert form.get().h1 == "Check and confirm"
    morning.move_to(at("2027-01-12T12:00"), tick=False)
    shown = page(form.send(data), service=SERVICE)
    assert shown.h1 == heading
    assert not OnlineResponse.objects.exists()


def test_drafts_are_purged_a_day_after_they_were_begun(form):
    begun = OnlineDraft.objects.get().created_at
    assert online.forget_drafts(before=begun) == 0
    assert online.forget_drafts(before=begun + timedelta(seconds=1)) == 1
