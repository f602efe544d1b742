"""Delivery receipts as Notify posts them. Source: Notify §6 and the last vector of §14.4."""

import re

import pytest

from tests.sandbox_process import TIME_SCALE, eventually

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@pytest.fixture
def send(sandbox, text_template, callback):
    """Send a text and give its id; receipts go to `callback`, retries follow in 0.1 seconds."""
    sandbox.change_service(receipt_retry_s=0.1 * TIME_SCALE)

    def send(recipient="07700900123", key_type="live", **options):
        client = sandbox.client(key_type)
        return client.send_sms_notification(recipient, text_template, **options)["id"]

    return send


def settled(sandbox):
    """Wait until every receipt has been received or given up."""
    eventually(
        lambda: (
            (found := sandbox.invariants())["receipts_waiting"] == 0
            and found["receipts_delivered"] + found["receipts_undelivered"] > 0
        )
    )
    return sandbox.invariants()


def test_a_receipt_has_the_shape_of_the_contract(sandbox, send, callback, text_template):
    message_id = send("07700 900123", reference="r")
    eventually(lambda: callback.requests)
    [receipt] = callback.requests
    assert receipt["method"] == "POST"
    assert receipt["headers"]["Content-Type"] == "application/json"
    assert receipt["headers"]["Authorization"] == f"Bearer {callback.token}"
    assert receipt["headers"]["User-Agent"].startswith("python-requests/")
    body = receipt["body"]
    for name in ("created_at", "completed_at", "sent_at"):
        assert INSTANT.fullmatch(body.pop(name))
    assert body == {
        "id": message_id,
        "reference": "r",
        "to": "07700 900123",
        "status": "delivered",
        "notification_type": "sms",
        "template_id": text_template,
        "template_version": 1,
    }


@pytest.mark.parametrize("key_type", ["live", "test"])
def test_every_key_type_gets_receipts(send, callback, key_type):
    send(key_type=key_type)
    eventually(lambda: callback.requests)
    assert callback.bodies()[0]["reference"] is None


def test_a_receipt_may_come_before_the_201_is_read(sandbox, send, callback):
    message_id = send("07700900532")
    assert [body["id"] for body in callback.bodies()] == [message_id]


@pytest.mark.parametrize(
    ("recipient", "status"),
    [
        ("07700900003", "temporary-failure"),
        ("+447700900003", "temporary-failure"),
        ("07700900002", "permanent-failure"),
        ("07700 900003", "delivered"),
        ("07700900123", "delivered"),
    ],
)
def test_recipients_of_a_test_key_decide_the_status_as_typed(send, callback, recipient, status):
    send(recipient, key_type="test")
    eventually(lambda: callback.requests)
    assert callback.bodies()[0]["status"] == status


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("temp-fail@simulator.notify", "temporary-failure"),
        ("perm-fail@simulator.notify", "permanent-failure"),
        ("Temp-fail@simulator.notify", "delivered"),
        ("parent@example.com", "delivered"),
    ],
)
def test_so_do_addresses(sandbox, callback, email_template, address, status):
    sandbox.client("test").send_email_notification(address, email_template)
    eventually(lambda: callback.requests)
    assert callback.bodies()[0]["status"] == status


def test_vector_204_ends_it(sandbox, send, callback):
    send()
    assert settled(sandbox)["receipts_delivered"] == 1
    assert len(callback.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413])
def test_vector_a_client_error_loses_the_receipt_for_ever(sandbox, send, callback, status):
    callback.answers["/receipts"] = [status]
    send()
    assert settled(sandbox)["receipts_undelivered"] == 1
    assert len(callback.requests) == 1


@pytest.mark.parametrize("status", [500, 503, 429])
def test_vector_a_server_error_is_tried_six_times_in_all(sandbox, send, callback, status):
    callback.answers["/receipts"] = [status]
    send()
    assert settled(sandbox)["receipts_undelivered"] == 1
    assert len(callback.requests) == 6
    pauses = [
        later["at"] - earlier["at"]
        for earlier, later in zip(callback.requests, callback.requests[1:], strict=False)
    ]
    assert min(pauses) >= 0.09
    assert len({str(body) for body in callback.bodies()}) == 1


def test_a_retry_may_succeed(sandbox, send, callback):
    callback.answers["/receipts"] = [500, 502, 204]
    send()
    assert settled(sandbox)["receipts_delivered"] == 1
    assert len(callback.requests) == 3


def test_vector_no_answer_in_time_is_tried_again(sandbox, send, callback):
    sandbox.change_service(receipt_timeout_s=0.1)
    callback.hang_s = 0.4
    send()
    eventually(lambda: len(callback.requests) == 2)


def test_nobody_listening_is_tried_again(sandbox, send, callback):
    sandbox.change_service(callback_url="http://127.0.0.1:1/receipts")
    send()
    assert settled(sandbox)["receipts_undelivered"] == 1
    assert callback.requests == []


@pytest.mark.parametrize("status", [301, 302, 303])
def test_vector_a_redirect_becomes_a_get_and_its_200_counts(sandbox, send, callback, status):
    callback.answers["/receipts"] = [status]
    callback.answers["/receipts/"] = [200]
    callback.redirect_to = "/receipts/"
    send()
    assert settled(sandbox)["receipts_delivered"] == 1
    assert [(each["method"], each["path"]) for each in callback.requests] == [
        ("POST", "/receipts"),
        ("GET", "/receipts/"),
    ]
    assert callback.bodies()[1] is None


@pytest.mark.parametrize("status", [307, 308])
def test_other_redirects_keep_the_post(sandbox, send, callback, status):
    callback.answers["/receipts"] = [status]
    callback.answers["/there"] = [200]
    callback.redirect_to = "/there"
    send()
    settled(sandbox)
    assert [each["method"] for each in callback.requests] == ["POST", "POST"]
    assert callback.bodies()[0] == callback.bodies()[1]


def test_a_redirect_loop_is_tried_again(sandbox, send, callback):
    callback.answers["/receipts"] = [302]
    callback.redirect_to = "/receipts"
    sandbox.change_service(receipt_retry_s=60 * TIME_SCALE)
    message_id = send()
    eventually(lambda: sandbox.invariants()["receipts_waiting"] == 1 and len(callback.requests) > 9)
    assert sandbox.client().get_notification_by_id(message_id)["status"] == "delivered"


def test_no_other_host_is_ever_contacted(sandbox, send, callback):
    callback.answers["/receipts"] = [302]
    callback.redirect_to = "http://localhost:1/receipts"
    send()
    assert settled(sandbox)["receipts_undelivered"] == 1
    assert len(callback.requests) == 1


def test_without_a_callback_nothing_is_posted(sandbox, send, callback):
    sandbox.change_service(callback_url="")
    send()
    eventually(lambda: sandbox.messages(status="delivered"))
    assert callback.requests == []


def test_a_receipt_by_hand(sandbox, send, callback):
    message_id = send()
    settled(sandbox)
    sandbox.control(
        "POST",
        f"messages/{message_id}/receipt",
        body={"status": "permanent-failure", "extra": 1},
        token="another",
    )
    by_hand = callback.requests[-1]
    assert by_hand["headers"]["Authorization"] == "Bearer another"
    assert by_hand["body"]["status"] == "permanent-failure"
    assert by_hand["body"]["extra"] == 1
    assert by_hand["body"]["id"] == message_id
    assert sandbox.client().get_notification_by_id(message_id)["status"] == "delivered"


def test_received_texts_are_posted_too(sandbox, callback):
    sandbox.change_service(received_callback_url=callback.url, received_callback_token="received")
    body = sandbox.control("POST", "received", source_number="447700900123", message="Hello")
    eventually(lambda: callback.requests)
    assert callback.bodies() == [body]
    assert set(body) == {*("id", "source_number", "destination_number", "message", "date_received")}
    assert callback.requests[0]["headers"]["Authorization"] == "Bearer received"
