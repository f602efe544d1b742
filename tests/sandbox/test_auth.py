"""Who may call, and what everybody else is told. Source: Notify §2."""

import time
import warnings
from datetime import datetime

import jwt
import pytest

from tests.sandbox.conftest import errors_of, token
from tests.sandbox_process import SECRETS, SERVICE_ID

SKEW = "Error: Your system clock must be accurate to within 30 seconds"
EXAMPLE = "Invalid token: make sure your API token matches the example at"
UNKNOWN_KEY = "Invalid token: API key not found"


def get(raw, header):
    return raw("GET", "/v2/templates", headers={"Authorization": header})


def long_key_token(algorithm):
    with warnings.catch_warnings():
        # The library warns that the key is short for this algorithm.
        warnings.simplefilter("ignore")
        return token(algorithm=algorithm)


@pytest.mark.parametrize(
    ("header", "status", "message"),
    [
        (None, 401, "Unauthorized: authentication token must be provided"),
        ("Basic abc", 401, "Unauthorized: authentication bearer scheme must be used"),
        ("Bearer not-a-token", 403, EXAMPLE),
    ],
)
def test_a_call_without_a_proper_token_is_refused(raw, header, status, message):
    answer = get(raw, header)
    assert answer.status_code == status
    [(error, text)] = errors_of(answer)
    assert error == "AuthError"
    assert text.startswith(message)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_read_in_any_case(raw, scheme):
    assert get(raw, f"{scheme} {token()}").status_code == 200


@pytest.mark.parametrize(("offset", "status"), [(-31, 403), (-30, 200), (30, 200), (31, 403)])
def test_a_token_holds_for_thirty_seconds_and_may_be_used_again(sandbox, raw, offset, status):
    stopped_at = sandbox.control("POST", "clock", speed=1e-6)["now"]
    iat = int(datetime.fromisoformat(stopped_at).timestamp()) + offset
    header = f"Bearer {token(iat=iat)}"
    assert [get(raw, header).status_code for _ in range(2)] == [status, status]


def test_iat_may_be_a_string_of_digits(raw):
    assert get(raw, f"Bearer {token(iat=str(int(time.time())))}").status_code == 200


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: token(iat=int(time.time()) - 40), SKEW),
        (lambda: token(iat=int(time.time()) + 120), SKEW),
        (lambda: token(nbf=int(time.time()) + 120), SKEW),
        (lambda: token(exp=int(time.time()) - 60), EXAMPLE),
        (lambda: token(aud="notify"), EXAMPLE),
        (lambda: token(iss=None), "Invalid token: iss field not provided"),
        (lambda: token(iss="mavis"), "Invalid token: service id is not the right data type"),
        (
            lambda: token(iss="5a4db0c5-0000-4000-8000-00000000ffff"),
            "Invalid token: service not found",
        ),
        (lambda: long_key_token("HS512"), "Invalid token: algorithm used is not HS256"),
        (
            lambda: jwt.encode({"iss": SERVICE_ID, "iat": 1}, None, algorithm="none"),
            "Invalid token: algorithm used is not HS256",
        ),
        (lambda: token(secret="5a4db0c5-0000-4000-8000-00000000ffff"), UNKNOWN_KEY),
        (lambda: token(iat=None), UNKNOWN_KEY),
    ],
)
def test_a_token_that_does_not_hold_is_refused(raw, make, message):
    answer = get(raw, f"Bearer {make()}")
    assert answer.status_code == 403
    [(error, text)] = errors_of(answer)
    assert error == "AuthError"
    assert text.startswith(message)


def test_a_revoked_key_is_refused(sandbox, raw):
    sandbox.change_service(revoked_keys=["sandbox_live"])
    assert errors_of(raw("GET", "/v2/templates")) == [
        ("AuthError", "Invalid token: API key revoked")
    ]
    assert raw("GET", "/v2/templates", key_type="team").status_code == 200


def test_an_archived_service_is_refused(sandbox, raw):
    sandbox.change_service(active=False)
    assert errors_of(raw("GET", "/v2/templates")) == [
        ("AuthError", "Invalid token: service is archived")
    ]


def test_the_window_follows_the_clock_of_the_sandbox(sandbox, raw):
    sandbox.move_clock(offset_s=120)
    assert errors_of(raw("GET", "/v2/templates")) == [("AuthError", SKEW)]
    header = f"Bearer {token(iat=int(time.time()) + 120)}"
    assert get(raw, header).status_code == 200


def test_authentication_comes_before_every_other_check(raw):
    answer = raw("POST", "/v2/notifications/sms", "{", headers={"Authorization": "Bearer x"})
    assert answer.status_code == 403


def test_every_key_type_is_known_by_its_secret(raw):
    for key_type in SECRETS:
        assert raw("GET", "/v2/templates", key_type=key_type).status_code == 200
