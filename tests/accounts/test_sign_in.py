"""Signing in and out, its limits in time, and who may not."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from accounts import throttle
from accounts.tasks import clear_expired_sign_ins
from tests.factories import PASSWORD, UserFactory

MORNING = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_failures_so_far(nurse):
    throttle.forget(nurse.email)


def sign_in(client, email, password=PASSWORD, next_page=""):
    address = reverse("accounts:sign-in") + (f"?next={next_page}" if next_page else "")
    return client.post(address, {"email": email, "password": password})


def test_everything_asks_for_a_sign_in_and_leads_back(client, nurse):
    response = client.get("/organisation/?tab=teams")
    assert response.status_code == 302
    assert response["Location"] == "/sign-in/?next=%2Forganisation%2F%3Ftab%3Dteams"
    response = client.post(response["Location"], {"email": nurse.email, "password": PASSWORD})
    assert response["Location"] == "/organisation/?tab=teams"


def test_an_address_that_does_not_exist_is_not_given_away(client, db):
    assert client.get("/nothing-here/").status_code == 302


@pytest.mark.parametrize("elsewhere", ["https://evil.example.com/", "//evil.example.com", "java"])
def test_signing_in_never_leads_to_another_site(client, nurse, elsewhere):
    response = sign_in(client, nurse.email, next_page=elsewhere)
    assert response.status_code == 302
    assert "evil" not in response["Location"]


@pytest.mark.parametrize(
    "page", ["/sign-out/", "/sign-out/?x=1", "//sign-out/", "/sign%2Dout/", "/sign-in/?next=/x/"]
)
def test_signing_in_never_leads_to_signing_out_or_in_again(client, nurse, page):
    assert sign_in(client, nurse.email, next_page=quote(page))["Location"] == "/"


def test_who_signs_out_by_the_page_and_in_again_comes_home(client, nurse):
    sign_in(client, nurse.email)
    client.post("/sign-out/")
    response = client.get("/sign-out/")
    assert response["Location"] == "/sign-in/"
    response = client.post(response["Location"], {"email": nurse.email, "password": PASSWORD})
    assert response["Location"] == "/"
    assert client.get("/").status_code == 200


def test_email_is_found_whatever_its_case(client, nurse):
    assert sign_in(client, " Nurse@Example.com ")["Location"] == "/"


@pytest.mark.parametrize(
    ("email", "password"),
    [("nurse@example.com", "wrong-password"), ("nobody@example.com", PASSWORD)],
)
def test_a_failure_does_not_say_what_was_wrong(client, nurse, email, password):
    throttle.forget(email)
    response = sign_in(client, email, password)
    assert response.status_code == 200
    assert "Email address or password is not correct" in response.content.decode()
    assert password not in response.content.decode()
    assert f'value="{email}"' in response.content.decode()


def test_a_person_who_left_cannot_sign_in(client, organisation):
    leaver = UserFactory(organisation=organisation, email="leaver@example.com", is_active=False)
    throttle.forget(leaver.email)
    assert "is not correct" in sign_in(client, leaver.email).content.decode()


def test_a_person_who_leaves_is_signed_out_at_once(client, nurse):
    sign_in(client, nurse.email)
    nurse.is_active = False
    nurse.save()
    assert client.get("/").status_code == 302


def test_after_ten_failures_even_the_right_password_has_to_wait(client, nurse):
    for _ in range(throttle.FAILURES_ALLOWED):
        sign_in(client, nurse.email, "wrong-password")
    assert "too many times" in sign_in(client, nurse.email).content.decode()
    throttle.forget(nurse.email)
    assert sign_in(client, nurse.email).status_code == 302


def test_a_success_forgets_earlier_failures(client, nurse):
    for _ in range(throttle.FAILURES_ALLOWED - 1):
        sign_in(client, nurse.email, "wrong-password")
    sign_in(client, nurse.email)
    client.logout()
    sign_in(client, nurse.email, "wrong-password")
    assert sign_in(client, nurse.email).status_code == 302


def fail_often(client, email):
    for _ in range(throttle.FAILURES_ALLOWED + 1):
        sign_in(client, email, "wrong-password")


def test_a_stranger_cannot_lock_a_person_out_of_the_device_they_use(client, nurse):
    sign_in(client, nurse.email)
    client.post("/sign-out/")
    stranger = Client()
    fail_often(stranger, nurse.email)
    assert "too many times" in sign_in(stranger, nurse.email).content.decode()
    assert sign_in(client, nurse.email).status_code == 302
    # That the person has signed in gives a stranger no new tries.
    assert "too many times" in sign_in(Client(), nurse.email).content.decode()


def test_strangers_share_one_count_whatever_device_they_come_from(nurse):
    for _ in range(throttle.FAILURES_ALLOWED):
        sign_in(Client(), nurse.email, "wrong-password")
    assert "too many times" in sign_in(Client(), nurse.email).content.decode()


def test_a_known_device_has_to_wait_for_its_own_failures(client, nurse):
    sign_in(client, nurse.email)
    client.post("/sign-out/")
    fail_often(client, nurse.email)
    assert "too many times" in sign_in(client, nurse.email).content.decode()
    assert sign_in(Client(), nurse.email).status_code == 302


@pytest.mark.parametrize("change", ["forged", "of another person"])
def test_a_cookie_that_is_not_of_this_account_makes_no_device_known(change, client, nurse):
    other = UserFactory(organisation=nurse.organisation, email="other@example.com")
    throttle.forget(other.email)
    sign_in(client, other.email)
    client.post("/sign-out/")
    assert other.email not in str(client.cookies)
    if change == "forged":
        client.cookies[throttle.COOKIE] = client.cookies[throttle.COOKIE].value[:-1] + "x"
    fail_often(Client(), nurse.email)
    assert "too many times" in sign_in(client, nurse.email).content.decode()


def test_signed_out_after_fifteen_idle_minutes(client, nurse):
    with time_machine.travel(MORNING, tick=False) as clock:
        sign_in(client, nurse.email)
        for _ in range(5):
            clock.shift(timedelta(minutes=14, seconds=59))
            assert client.get("/").status_code == 200
        clock.shift(timedelta(minutes=15, seconds=1))
        assert client.get("/").status_code == 302


def test_signed_out_after_twelve_hours_however_busy(client, nurse):
    with time_machine.travel(MORNING, tick=False) as clock:
        sign_in(client, nurse.email)
        for _ in range(12 * 6 - 1):
            clock.shift(timedelta(minutes=10))
            assert client.get("/").status_code == 200
        clock.shift(timedelta(minutes=10))
        assert client.get("/").status_code == 302
        assert "after 12 hours" in client.get("/sign-in/").content.decode()


def test_signing_out_takes_a_post(client, nurse):
    sign_in(client, nurse.email)
    assert client.get("/sign-out/").status_code == 200
    assert client.get("/").status_code == 200
    response = client.post("/sign-out/", follow=True)
    assert "You have signed out" in response.content.decode()
    assert client.get("/").status_code == 302


def test_pages_are_never_stored(client, nurse):
    assert "no-store" in client.get("/sign-in/")["Cache-Control"]
    sign_in(client, nurse.email)
    assert "no-store" in client.get("/")["Cache-Control"]


def test_a_person_without_an_organisation_reads_why_nothing_opens(client, db):
    user = UserFactory(organisation=None)
    client.force_login(user)
    response = client.get("/")
    assert response.status_code == 403
    assert "does not belong to an organisation" in response.content.decode()
    assert client.get("/sign-out/").status_code == 200


def test_sign_ins_that_ran_out_are_removed(client, nurse):
    with time_machine.travel(MORNING, tick=False):
        sign_in(client, nurse.email)
    still_valid = MORNING + timedelta(minutes=14)
    with time_machine.travel(still_valid, tick=False):
        clear_expired_sign_ins()
        assert Session.objects.count() == 1
    with time_machine.travel(MORNING + timedelta(minutes=16), tick=False):
        clear_expired_sign_ins()
        assert Session.objects.count() == 0


def test_without_redis_people_still_sign_in(client, nurse, settings, caplog):
    nowhere = {"BACKEND": "django.core.cache.backends.redis.RedisCache"}
    settings.CACHES = {"default": nowhere | {"LOCATION": "redis://127.0.0.1:1/0"}}
    assert "is not correct" in sign_in(client, nurse.email, "wrong-password").content.decode()
    assert sign_in(client, nurse.email).status_code == 302
    assert "failed sign-ins are not counted" in caplog.text
    assert nurse.email not in caplog.text
