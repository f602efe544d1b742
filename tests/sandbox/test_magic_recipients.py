"""Recipients that order a fault or an outcome. Source: Notify §14.2."""

import time
from datetime import datetime

import pytest
from notifications_python_client.errors import HTTP503Error, HTTPError, InvalidResponse

from tests.sandbox.conftest import refusal
from tests.sandbox_process import TIME_SCALE, SandboxProcess, eventually

NO_ANSWER = (HTTP503Error, 503)
KEY_REVOKED = [("AuthError", "Invalid token: API key revoked")]


@pytest.fixture
def send(sandbox: SandboxProcess, email_template, text_template):
    """Send to an email name or a two-digit number, always with the same reference."""

    def send(who, *, reference="r", **client_options):
        client = sandbox.client(**client_options)
        if who.isdecimal():
            recipient = f"07700 9005{who}"
            return client.send_sms_notification(recipient, text_template, reference=reference)
        address = f"{who}@sandbox.example"
        return client.send_email_notification(address, email_template, reference=reference)

    return send


def stored(sandbox):
    return len(sandbox.messages(reference="r"))


@pytest.mark.parametrize(
    ("who", "is_stored"),
    [
        ("hang-before", False),
        ("01", False),
        ("hang-after", True),
        ("02", True),
        ("drop-before", False),
        ("03", False),
        ("drop-after", True),
        ("04", True),
    ],
)
def test_no_answer(sandbox, send, who, is_stored):
    with pytest.raises(HTTPError) as caught:
        send(who)
    assert caught.value.status_code == 503
    assert caught.value.response is None
    assert stored(sandbox) == is_stored
    assert send(who)["reference"] == "r"
    assert stored(sandbox) == is_stored + 1


@pytest.mark.parametrize("who", ["late-accept", "05"])
def test_late_acceptance_is_stored_after_the_client_gave_up(sandbox, send, who):
    sandbox.move_clock(time_scale=TIME_SCALE / 4)
    began = time.time()
    with pytest.raises(HTTP503Error):
        send(who, timeout=0.2)
    [message] = eventually(sandbox.messages)
    assert datetime.fromisoformat(message["created_at"]).timestamp() - began > 0.2
    attempt = sandbox.attempts()[0]
    eventually(lambda: sandbox.attempts()[0]["fault"] == "late-accept")
    assert not attempt["answered"]


@pytest.mark.parametrize(
    ("who", "status", "is_stored"),
    [
        ("err500-before", 500, False),
        ("06", 500, False),
        ("err500-after", 500, True),
        ("07", 500, True),
        ("err504", 504, False),
        ("10", 504, False),
        ("err504+stored", 504, True),
    ],
)
def test_errors_with_the_shape_of_notify(sandbox, send, who, status, is_stored):
    expected = {
        500: ("InternalServerError", "Internal server error"),
        504: ("SoftEventletTimeout", "Timeout serving request"),
    }
    assert refusal(lambda: send(who)) == (status, [expected[status]])
    assert stored(sandbox) == is_stored


@pytest.mark.parametrize(
    ("who", "status", "is_stored"),
    [
        ("html502", 502, False),
        ("08", 502, False),
        ("html503", 503, False),
        ("09", 503, False),
        ("html400", 400, False),
        ("12", 400, False),
        ("html502+stored", 502, True),
        ("html400+stored", 400, True),
    ],
)
def test_pages_of_the_layers_in_front(sandbox, send, who, status, is_stored):
    with pytest.raises(HTTPError) as caught:
        send(who)
    assert caught.value.status_code == status
    assert caught.value.message == "Request failed"
    assert caught.value.response.headers["Content-Type"].startswith("text/html")
    assert stored(sandbox) == is_stored


@pytest.mark.parametrize("who", ["badjson201", "11"])
def test_an_acceptance_that_cannot_be_read(sandbox, send, who):
    with pytest.raises(InvalidResponse) as caught:
        send(who)
    assert caught.value.response.status_code == 201
    assert stored(sandbox) == 1


@pytest.mark.parametrize("who", ["slow", "17"])
def test_a_slow_answer_is_a_proper_one(sandbox, send, who):
    started = time.monotonic()
    assert send(who, timeout=30)["reference"] == "r"
    assert time.monotonic() - started > 8 / 60
    assert stored(sandbox) == 1


@pytest.mark.parametrize(
    ("who", "status", "error", "message"),
    [
        (
            "rate429",
            429,
            "RateLimitError",
            "Exceeded rate limit for key type LIVE of 3000",
        ),
        ("13", 429, "RateLimitError", "Exceeded rate limit for key type LIVE of 3000"),
        ("daily429", 429, "TooManyRequestsError", "Exceeded send limits (email: 250000) for today"),
        ("14", 429, "TooManyRequestsError", "Exceeded send limits (sms: 250000) for today"),
        ("skew403", 403, "AuthError", "Error: Your system clock must be accurate to within 30"),
        ("15", 403, "AuthError", "Error: Your system clock must be accurate to within 30"),
        ("revoked403", 403, "AuthError", "Invalid token: API key revoked"),
        ("16", 403, "AuthError", "Invalid token: API key revoked"),
        ("team400", 400, "BadRequestError", "Can’t send to this recipient using a team-only API"),
        ("18", 400, "BadRequestError", "Can’t send to this recipient using a team-only API"),
    ],
)
def test_refusals(sandbox, send, who, status, error, message):
    found_status, [(found_error, found_message)] = refusal(lambda: send(who))
    assert (found_status, found_error) == (status, error)
    assert found_message.startswith(message)
    assert stored(sandbox) == 0
    assert send(who)["id"]


def test_only_the_first_attempt_of_a_reference_fails(sandbox, send):
    for each in ("r", "s"):
        assert refusal(lambda each=each: send("revoked403", reference=each))[1] == KEY_REVOKED
        assert send("revoked403", reference=each)["id"]


def test_n3_fails_three_times_and_n0_always(sandbox, send):
    for _ in range(3):
        assert refusal(lambda: send("revoked403+n3"))[1] == KEY_REVOKED
    assert send("revoked403+n3")["id"]
    for _ in range(5):
        assert refusal(lambda: send("revoked403+family7+n0"))[1] == KEY_REVOKED


@pytest.mark.parametrize(
    ("who", "status", "receipts"),
    [
        ("delivered", "delivered", ["delivered"]),
        ("20", "delivered", ["delivered"]),
        ("temp-fail", "temporary-failure", ["temporary-failure"]),
        ("21", "temporary-failure", ["temporary-failure"]),
        ("perm-fail+tag", "permanent-failure", ["permanent-failure"]),
        ("22", "permanent-failure", ["permanent-failure"]),
        ("tech-fail", "technical-failure", []),
        ("23", "technical-failure", []),
        ("stuck-created", "created", []),
        ("24", "created", []),
        ("stuck-sending", "sending", []),
        ("25", "sending", []),
        ("sent-only", "sent", []),
        ("26", "sent", []),
        ("receipt-never", "delivered", []),
        ("30", "delivered", []),
        ("receipt-twice", "delivered", ["delivered"] * 3),
        ("31", "delivered", ["delivered"] * 3),
        ("receipt-early", "delivered", ["delivered"]),
        ("32", "delivered", ["delivered"]),
        ("receipt-late", "delivered", []),
        ("36", "delivered", []),
    ],
)
def test_outcomes(sandbox, callback, send, who, status, receipts):
    message_id = send(who)["id"]
    client = sandbox.client()
    eventually(lambda: client.get_notification_by_id(message_id)["status"] == status)
    eventually(lambda: len(callback.requests) >= len(receipts))
    time.sleep(0.05)
    assert [body["status"] for body in callback.bodies()] == receipts
    assert {body["id"] for body in callback.bodies()} <= {message_id}


def test_a_late_receipt_comes_after_72_hours_of_the_sandbox(sandbox, callback, send):
    send("receipt-late")
    eventually(lambda: sandbox.messages(status="delivered"))
    sandbox.move_clock(offset_s=72 * 3600)
    eventually(lambda: callback.requests)


def test_a_stale_receipt_follows_the_true_one(sandbox, callback, send):
    send("receipt-reversed")
    eventually(lambda: len(callback.requests) == 2)
    true, stale = callback.bodies()
    assert (true["status"], stale["status"]) == ("delivered", "temporary-failure")
    assert stale["completed_at"] < true["completed_at"]
    assert stale["id"] == true["id"]


def test_forged_receipts_contradict_what_notify_says(sandbox, callback, send):
    message_id = send("receipt-forged")["id"]
    eventually(lambda: len(callback.requests) == 2)
    assert [each["headers"]["Authorization"] for each in callback.requests] == [
        "Bearer not-the-token",
        f"Bearer {callback.token}",
    ]
    assert {body["status"] for body in callback.bodies()} == {"permanent-failure"}
    assert sandbox.client().get_notification_by_id(message_id)["status"] == "delivered"


def test_a_foreign_receipt_names_nothing_of_ours(sandbox, callback, send):
    message_id = send("receipt-foreign")["id"]
    eventually(lambda: len(callback.requests) == 2)
    ours, foreign = callback.bodies()
    assert ours["id"] == message_id
    assert foreign["id"] != message_id
    assert foreign["reference"] is None


def test_every_key_type_orders_them(sandbox, text_template):
    client = sandbox.client("test")
    assert refusal(lambda: client.send_sms_notification("07700900516", text_template)) == (
        403,
        KEY_REVOKED,
    )


def test_islands_and_other_countries_go_through_sent(sandbox, callback, text_template):
    sandbox.change_service(permissions=["email", "sms", "international_sms"], final_after_s=30)
    client = sandbox.client()
    island = client.send_sms_notification("07797123456", text_template)["id"]
    abroad = client.send_sms_notification("+33612345678", text_template)["id"]
    eventually(lambda: client.get_notification_by_id(island)["status"] == "sent")
    eventually(lambda: client.get_notification_by_id(island)["status"] == "delivered")
    assert client.get_notification_by_id(abroad)["status"] == "sent"
    eventually(lambda: callback.requests)
    assert [body["id"] for body in callback.bodies()] == [island]
