"""The part of the contract that can be asked of Notify itself without sending anything.

It runs against the sandbox. Somebody with a test key of a real service runs it against that too:
NOTIFY_CONFORMANCE_KEY=… python -m pytest tests/sandbox/test_conformance.py
"""

import os
import time
import uuid

import jwt
import pytest
import requests
from notifications_python_client import NotificationsAPIClient

from tests.sandbox.conftest import errors_of, refusal

REAL_KEY = os.environ.get("NOTIFY_CONFORMANCE_KEY")
REAL_URL = "https://api.notifications.service.gov.uk"
UNKNOWN = "5a4db0c5-0000-4000-8000-00000000dddd"


class Target:
    def __init__(self, api_key: str, base_url: str) -> None:
        self.service_id, self.secret = api_key[-73:-37], api_key[-36:]
        self.base_url = base_url
        self.client = NotificationsAPIClient(api_key, base_url=base_url)

    def bearer(self, **claims):
        everything = {"iss": self.service_id, "iat": int(time.time()), **claims}
        return f"Bearer {jwt.encode(everything, self.secret)}"

    def ask(self, method, path, body=None, **headers):
        return requests.request(
            method,
            self.base_url + path,
            data=body,
            headers={"Authorization": self.bearer(), **headers},
            timeout=30,
        )


@pytest.fixture(params=["sandbox", "notify"] if REAL_KEY else ["sandbox"])
def target(request):
    if request.param == "notify":
        return Target(REAL_KEY, REAL_URL)
    sandbox = request.getfixturevalue("sandbox")
    return Target(sandbox.api_key("test"), sandbox.base_url)


@pytest.mark.parametrize(
    ("authorization", "status", "message"),
    [
        ("", 401, "Unauthorized: authentication token must be provided"),
        ("Basic x", 401, "Unauthorized: authentication bearer scheme must be used"),
        ("Bearer x", 403, "Invalid token: make sure your API token matches the example at"),
    ],
)
def test_without_a_token(target, authorization, status, message):
    answer = target.ask("GET", "/v2/templates", Authorization=authorization)
    assert answer.status_code == status
    [(error, text)] = errors_of(answer)
    assert error == "AuthError"
    assert text.startswith(message)


@pytest.mark.parametrize("skew", [-40, 40])
def test_with_a_clock_that_is_off(target, skew):
    header = target.bearer(iat=int(time.time()) + skew)
    answer = target.ask("GET", "/v2/templates", Authorization=header)
    assert answer.status_code == 403
    assert errors_of(answer) == [
        ("AuthError", "Error: Your system clock must be accurate to within 30 seconds")
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "{}",
            [
                ("ValidationError", "phone_number is a required property"),
                ("ValidationError", "template_id is a required property"),
            ],
        ),
        ("{", [("BadRequestError", "Invalid JSON supplied in POST data")]),
        ("[1]", [("ValidationError", "[1] is not of type object")]),
        (
            '{"phone_number": "999", "template_id": "x"}',
            [
                ("ValidationError", "phone_number Not enough digits"),
                ("ValidationError", "template_id is not a valid UUID"),
            ],
        ),
        (
            f'{{"phone_number": "07700900003", "template_id": "{UNKNOWN}"}}',
            [("BadRequestError", "Template not found")],
        ),
    ],
)
def test_requests_that_send_nothing(target, body, expected):
    answer = target.ask("POST", "/v2/notifications/sms", body)
    assert answer.status_code == 400
    assert errors_of(answer) == expected


def test_looking_up_what_is_not_there(target):
    nothing = (404, [("NoResultFound", "No result found")])
    assert refusal(lambda: target.client.get_notification_by_id(str(uuid.uuid4()))) == nothing
    assert refusal(lambda: target.client.get_template(UNKNOWN)) == nothing
    listed = target.client.get_all_notifications(reference=uuid.uuid4().hex)
    assert listed["notifications"] == []
    assert set(listed["links"]) == {"current"}


def test_filters_that_do_not_exist(target):
    answer = target.ask("GET", "/v2/notifications?page=2")
    assert errors_of(answer) == [
        ("ValidationError", "Additional properties are not allowed (page was unexpected)")
    ]
