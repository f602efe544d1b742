"""Faults ordered by rule, the log of calls and the invariants. Source: Notify §14.3."""

import time
from datetime import datetime

import pytest
import requests
from notifications_python_client.errors import HTTP503Error, HTTPError, InvalidResponse

from notifications.sandbox.faults import Call, Faults
from tests.sandbox.conftest import refusal
from tests.sandbox_process import TIME_SCALE, eventually

PHONE = "07912345678"


@pytest.fixture
def send(sandbox, text_template):
    """Send one text. A client gives up early only where a test says so."""

    def send(reference=None, recipient=PHONE, **client_options):
        client = sandbox.client(**client_options)
        return client.send_sms_notification(recipient, text_template, reference=reference)

    return send


@pytest.mark.parametrize("stage", ["before", "after"])
@pytest.mark.parametrize(
    ("rule", "raised"),
    [
        ({"action": "hang"}, HTTP503Error),
        ({"action": "drop"}, HTTP503Error),
        ({"action": "status", "status": 500}, HTTPError),
        ({"action": "status", "status": 504}, HTTPError),
        ({"action": "html", "status": 502}, HTTPError),
        ({"action": "badjson"}, InvalidResponse),
        ({"action": "rate429"}, HTTPError),
        ({"action": "daily429"}, HTTPError),
        ({"action": "auth"}, HTTPError),
        ({"action": "team400"}, HTTPError),
    ],
)
def test_a_rule_breaks_a_call_before_or_after_it_is_stored(sandbox, send, rule, raised, stage):
    sandbox.add_fault(**rule, stage=stage, times=1)
    with pytest.raises(raised):
        send("r")
    assert len(sandbox.messages(reference="r")) == (stage == "after")
    assert send("s")["id"]


def test_a_late_call_is_stored_after_a_while(sandbox, send):
    sandbox.add_fault(action="late", delay_s=1.5 * TIME_SCALE, times=1)
    began = time.time()
    with pytest.raises(HTTP503Error):
        send("r", timeout=0.2)
    [message] = eventually(lambda: sandbox.messages(reference="r"))
    assert datetime.fromisoformat(message["created_at"]).timestamp() - began >= 1.5


@pytest.mark.parametrize("stage", ["before", "after"])
def test_a_delayed_call_is_answered_properly(sandbox, send, stage):
    sandbox.add_fault(action="delay", delay_s=0.1 * TIME_SCALE, stage=stage)
    started = time.monotonic()
    assert send("r")["id"]
    assert time.monotonic() - started > 0.1


def test_a_rule_matches_what_it_names(sandbox, send, text_template):
    sandbox.add_fault(
        match={"channel": "sms", "to": PHONE, "template_id": text_template, "key_type": "normal"},
        action="auth",
    )
    assert refusal(send)[0] == 403
    assert send(recipient="07912345679")["id"]
    sandbox.remove_faults()
    assert send()["id"]


def test_a_rule_may_meet_only_the_nth_call_of_a_reference(sandbox, send):
    sandbox.add_fault(match={"nth": 2}, action="auth")
    for reference in ("a", "b"):
        assert send(reference)["id"]
        assert refusal(lambda reference=reference: send(reference))[0] == 403
        assert send(reference)["id"]


def test_chance_can_be_repeated():
    def met(seed):
        faults = Faults()
        faults.add({"action": "drop", "match": {"probability": 0.3}, "seed": seed})
        return [faults.meeting(Call("post")) is not None for _ in range(200)]

    assert met(7) == met(7)
    assert met(7) != met(8)
    assert 30 < sum(met(7)) < 90


def test_look_ups_lag_by_a_wait_of_the_contract(sandbox, send):
    send("r")
    time.sleep(0.2)
    sandbox.add_fault(match={"endpoint": "list"}, lookup_lag_s=0.1 * TIME_SCALE)
    assert len(sandbox.client().get_all_notifications(reference="r")["notifications"]) == 1


def test_look_ups_may_lag_behind(sandbox, send):
    message_id = send("r")["id"]
    for endpoint in ("list", "get"):
        sandbox.add_fault(match={"endpoint": endpoint}, lookup_lag_s=3600)
    client = sandbox.client()
    assert client.get_all_notifications(reference="r")["notifications"] == []
    assert refusal(lambda: client.get_notification_by_id(message_id))[0] == 404
    sandbox.remove_faults()
    assert len(client.get_all_notifications(reference="r")["notifications"]) == 1


@pytest.mark.parametrize("action", ["hang", "drop", "html", "status", "auth"])
def test_look_ups_may_fail(sandbox, send, action):
    send("r")
    sandbox.add_fault(match={"endpoint": "list", "reference": "r"}, action=action, times=1)
    client = sandbox.client()
    with pytest.raises(HTTPError):
        client.get_all_notifications(reference="r")
    assert len(client.get_all_notifications(reference="r")["notifications"]) == 1


def test_receipts_may_be_dropped_repeated_and_shuffled(sandbox, callback, send):
    dropping = {"match": {"endpoint": "receipt", "reference": "dropped"}, "action": "drop"}
    repeating = {"match": {"endpoint": "receipt", "reference": "repeated"}, "action": "repeat"}
    shuffling = {"match": {"endpoint": "receipt"}, "action": "shuffle", "delay_s": 30, "seed": 1}
    for rule in (dropping, repeating, shuffling):
        sandbox.add_fault(**rule)
    send("dropped")
    send("repeated")
    numbers = [f"{number}" for number in range(10)]
    for number in numbers:
        send(number)
    eventually(lambda: len(callback.requests) == 12)
    received = [body["reference"] for body in callback.bodies()]
    assert received.count("repeated") == 2
    assert "dropped" not in received
    in_order_of_arrival = [each for each in received if each in numbers]
    assert sorted(in_order_of_arrival) == numbers
    assert in_order_of_arrival != numbers


def test_receipts_may_be_delayed(sandbox, callback, send):
    sandbox.add_fault(match={"endpoint": "receipt"}, action="delay", delay_s=0.5 * TIME_SCALE)
    began = time.time()
    send()
    eventually(lambda: callback.requests)
    assert callback.requests[0]["at"] - began >= 0.5


@pytest.mark.parametrize(
    "rule",
    [
        {"action": "explode"},
        {"action": "drop", "match": {"endpoint": "nowhere"}},
        {"action": "drop", "match": {"colour": "red"}},
        {"action": "drop", "when": "now"},
        {"action": "drop", "stage": "during"},
        {"action": "drop", "match": "sms"},
        {"action": "badjson", "match": {"endpoint": "receipt"}},
        {"action": "drop", "delay_s": "soon"},
        {"action": "drop", "match": {"nth": "first"}},
        {},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_a_sentence(sandbox, rule):
    answer = requests.post(f"{sandbox.base_url}/_sandbox/faults", json=rule, timeout=30)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert sandbox.control("GET", "faults") == {"faults": []}


def test_one_rule_can_be_lifted(sandbox, send):
    rule = sandbox.add_fault(action="auth")
    assert sandbox.control("DELETE", f"faults/{rule}") == {"removed": 1}
    assert send()["id"]


def test_every_call_is_logged(sandbox, send, text_template):
    sandbox.add_fault(match={"reference": "dropped"}, action="drop", stage="after")
    send("plain")
    with pytest.raises(HTTP503Error):
        send("dropped")
    assert refusal(lambda: send("bad", recipient="999"))[0] == 400
    sandbox.client("test").get_all_notifications(reference="plain")
    calls = [
        {
            name: call[name]
            for name in (
                *("method", "endpoint", "key_type", "reference", "verdict", "error"),
                *("stored", "answered"),
            )
        }
        for call in sandbox.attempts()
    ]
    assert [tuple(call.values()) for call in calls] == [
        ("POST", "sms", "normal", "plain", 201, None, True, True),
        ("POST", "sms", "normal", "dropped", None, None, True, False),
        ("POST", "sms", "normal", "bad", 400, "ValidationError", False, True),
        ("GET", "list", "test", "plain", 200, None, False, True),
    ]
    assert sandbox.attempts()[1]["fault"].endswith("drop")


def test_the_invariants_name_what_was_accepted_twice(sandbox, send):
    first, second = send("twice")["id"], send("twice")["id"]
    send("once", recipient="07912345679")
    send("other", recipient="07912 345679")
    found = sandbox.invariants()
    assert found["accepted"] == 4
    assert found["duplicate_references"] == [{"reference": "twice", "times": 2}]
    assert [each["times"] for each in found["duplicate_messages"]] == [2, 2]
    assert found["duplicate_messages"][0]["ids"].split() == [first, second]
    assert 1 <= found["peak_posts_per_second"] <= 4
    assert refusal(lambda: send("bad", recipient="999"))[0] == 400
    assert sandbox.invariants()["errors"] == {"400 ValidationError": 1}


def test_a_run_without_doubles_has_nothing_to_name(sandbox, send):
    send("a", recipient="07912345671")
    send("b", recipient="07912345672")
    found = sandbox.invariants()
    assert (found["duplicate_references"], found["duplicate_messages"]) == ([], [])


def test_emptying_abandons_what_still_waits(sandbox, send):
    with pytest.raises(HTTP503Error):
        send(recipient="07700900505", timeout=0.2)
    sandbox.reset()
    time.sleep(0.6)
    assert sandbox.messages() == []
    assert sandbox.attempts() == []
