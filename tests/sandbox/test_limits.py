"""How much may be sent, in a minute and in a day. Source: Notify §7."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.sandbox.limits import Bucket, capacity
from tests.sandbox.conftest import errors_of, refusal, token

PHONE = "07912345678"


def rate_error(limit, name="LIVE"):
    return [
        (
            "RateLimitError",
            f"Exceeded rate limit for key type {name} of {limit} requests per 60 seconds",
        )
    ]


def test_vector_a_minute_and_a_day(sandbox, raw, text_template):
    sandbox.change_service(rate_limit=6)
    body = {"phone_number": PHONE, "template_id": text_template}
    answers = [raw("POST", "/v2/notifications/sms", body) for _ in range(8)]
    assert [each.status_code for each in answers] == [201, 201] + [429] * 6
    assert errors_of(answers[-1]) == rate_error(6)
    assert raw("GET", "/v2/notifications").status_code == 200
    sandbox.change_service(rate_limiting=False, daily_limits={"sms": 2})
    refused = raw("POST", "/v2/notifications/sms", "{")
    assert refused.status_code == 429
    assert errors_of(refused) == [
        ("TooManyRequestsError", "Exceeded send limits (sms: 2) for today")
    ]


def test_refused_requests_take_tokens_too(sandbox, raw, text_template):
    sandbox.change_service(rate_limit=6)
    assert [raw("POST", "/v2/notifications/sms", "{").status_code for _ in range(2)] == [400, 400]
    body = {"phone_number": PHONE, "template_id": text_template}
    assert raw("POST", "/v2/notifications/sms", body).status_code == 429


def test_each_key_type_has_its_own_minute(sandbox, text_template):
    sandbox.change_service(rate_limit=6)
    for _ in range(2):
        sandbox.client("live").send_sms_notification(PHONE, text_template)
    live = sandbox.client("live")
    assert refusal(lambda: live.send_sms_notification(PHONE, text_template)) == (
        429,
        rate_error(6),
    )
    assert sandbox.client("test").send_sms_notification(PHONE, text_template)["id"]


def test_the_bucket_fills_on_the_clock_of_the_sandbox(sandbox, raw, text_template):
    sandbox.change_service(rate_limit=6)
    body = {"phone_number": PHONE, "template_id": text_template}
    statuses = [raw("POST", "/v2/notifications/sms", body).status_code for _ in range(3)]
    assert statuses == [201, 201, 429]
    sandbox.move_clock(offset_s=20)
    header = {"Authorization": f"Bearer {token(iat=int(time.time()) + 20)}"}
    later = raw("POST", "/v2/notifications/sms", body, headers=header)
    assert later.status_code == 201


def test_the_day_ends_at_midnight_utc(sandbox, raw, text_template):
    sandbox.change_service(daily_limits={"sms": 1})
    body = {"phone_number": PHONE, "template_id": text_template}
    statuses = [raw("POST", "/v2/notifications/sms", body).status_code for _ in range(2)]
    assert statuses == [201, 429]
    into_tomorrow = 86_400 - int(time.time()) % 86_400 + 1
    sandbox.move_clock(offset_s=into_tomorrow)
    header = {"Authorization": f"Bearer {token(iat=int(time.time()) + into_tomorrow)}"}
    assert raw("POST", "/v2/notifications/sms", body, headers=header).status_code == 201


def test_live_and_team_keys_share_a_day_and_test_keys_have_none(sandbox, email_template):
    sandbox.change_service(daily_limits={"email": 1})
    address = "nurse@example.com"
    sandbox.client("team").send_email_notification(address, email_template)
    live = sandbox.client("live")
    status, [(error, _)] = refusal(lambda: live.send_email_notification(address, email_template))
    assert (status, error) == (429, "TooManyRequestsError")
    for _ in range(2):
        assert sandbox.client("test").send_email_notification(address, email_template)["id"]


def test_a_service_in_trial_mode_has_fifty_a_day(sandbox, email_template):
    sandbox.change_service(restricted=True)
    team = sandbox.client("team")
    for _ in range(50):
        team.send_email_notification("nurse@example.com", email_template)
    assert refusal(lambda: team.send_email_notification("nurse@example.com", email_template)) == (
        429,
        [("TooManyRequestsError", "Exceeded send limits (email: 50) for today")],
    )


@pytest.mark.parametrize(("limit", "burst"), [(3000, 999), (6, 2), (60, 20), (100_000, 999)])
def test_a_full_bucket_lets_a_burst_through(limit, burst):
    bucket = Bucket(capacity(limit), refilled_at=0.0)
    assert sum(bucket.take(limit, now=0.0) for _ in range(2000)) == burst


def passed(bucket, *, rate, seconds, start=0.0):
    return sum(
        bucket.take(3000, now=start + number / rate) for number in range(int(rate * seconds))
    )


def test_an_empty_bucket_refuses_a_stream_that_does_not_rest():
    bucket = Bucket(0, refilled_at=0.0)
    assert passed(bucket, rate=300, seconds=20) <= 3
    assert passed(Bucket(0, refilled_at=0.0), rate=24, seconds=20) >= 20 * 24 - 1


@given(st.lists(st.floats(min_value=0, max_value=5), max_size=60))
def test_never_more_than_the_burst_and_the_refill_pass(pauses):
    bucket, now, through = Bucket(capacity(60), refilled_at=0.0), 0.0, 0
    for pause in pauses:
        now += pause
        through += bucket.take(60, now)
    assert through <= 20 + now
