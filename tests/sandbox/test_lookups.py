"""Looking messages up. Source: Notify §1, §3.3, §3.4 and §7."""

import re
import time
import uuid
from datetime import datetime

import pytest

from notifications.sandbox.clock import from_micros, retention_cutoff, to_micros
from tests.sandbox.conftest import errors_of, refusal, token
from tests.sandbox_process import SERVICE_ID, TIME_SCALE, eventually

PHONE = "07700 900123"
ADDRESS = "Parent@Example.com"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@pytest.fixture
def slow_life(sandbox):
    """Messages stay created until the test is over."""
    sandbox.change_service(sending_after_s=60 * TIME_SCALE, final_after_s=60 * TIME_SCALE)


def test_the_201_of_an_email(sandbox, email_template):
    answer = sandbox.client().send_email_notification(
        ADDRESS, email_template, reference="r", one_click_unsubscribe_url="https://example.com/u"
    )
    message_id = answer["id"]
    assert answer == {
        "id": message_id,
        "reference": "r",
        "uri": f"{sandbox.base_url}/v2/notifications/{message_id}",
        "content": {
            "from_email": "school.vaccinations@notifications.service.gov.uk",
            "subject": "Greeting",
            "body": "Hello",
            "one_click_unsubscribe_url": "https://example.com/u",
        },
        "template": {
            "id": email_template,
            "version": 1,
            "uri": f"{sandbox.base_url}/services/{SERVICE_ID}/templates/{email_template}",
        },
        "scheduled_for": None,
        "sanitised_content": {},
    }


def test_the_201_of_a_text(sandbox, text_template):
    answer = sandbox.client().send_sms_notification(PHONE, text_template)
    assert answer["content"] == {"from_number": "GOVUK", "body": "Hello"}
    assert answer["reference"] is None
    assert "sanitised_content" not in answer


def test_a_message_by_id(sandbox, text_template):
    client = sandbox.client()
    message_id = client.send_sms_notification(PHONE, text_template, reference="r")["id"]
    eventually(lambda: client.get_notification_by_id(message_id)["status"] == "delivered")
    found = client.get_notification_by_id(message_id)
    for name in ("created_at", "sent_at", "completed_at"):
        assert INSTANT.fullmatch(found.pop(name))
    assert found == {
        "id": message_id,
        "reference": "r",
        "type": "sms",
        "status": "delivered",
        "template": {
            "id": text_template,
            "version": 1,
            "uri": f"{sandbox.base_url}/v2/template/{text_template}/version/1",
        },
        "body": "Hello",
        "subject": None,
        "email_address": None,
        "phone_number": PHONE,
        "scheduled_for": None,
        "created_by_name": None,
        "one_click_unsubscribe_url": None,
        "postage": None,
        "postcode": None,
        **{f"line_{number}": None for number in range(1, 7)},
        "is_cost_data_ready": True,
        "cost_in_pounds": 0.0233,
        "cost_details": {
            "billable_sms_fragments": 1,
            "international_rate_multiplier": 1.0,
            "sms_rate": 0.0233,
        },
    }


def test_an_unfinished_message_has_no_completed_at(sandbox, slow_life, email_template):
    client = sandbox.client()
    message_id = client.send_email_notification(ADDRESS, email_template)["id"]
    found = client.get_notification_by_id(message_id)
    assert (found["status"], found["sent_at"], found["completed_at"]) == ("created", None, None)
    assert (found["email_address"], found["cost_details"]) == (ADDRESS, {})


def test_every_message_is_seen_at_once_after_its_201(sandbox, text_template):
    client = sandbox.client()
    for number in range(30):
        client.send_sms_notification(PHONE, text_template, reference=f"r{number}")
        assert len(client.get_all_notifications(reference=f"r{number}")["notifications"]) == 1


def test_vector_one_reference_twice_is_two_messages_of_its_key_type(sandbox, text_template):
    client = sandbox.client("live")
    ids = [
        client.send_sms_notification(PHONE, text_template, reference="twice")["id"]
        for _ in range(2)
    ]
    listed = client.get_all_notifications(reference="twice")["notifications"]
    assert [each["id"] for each in listed] == ids[::-1]
    for key_type in ("team", "test"):
        other = sandbox.client(key_type)
        assert other.get_all_notifications(reference="twice")["notifications"] == []
        assert other.get_notification_by_id(ids[0])["id"] == ids[0]


def test_a_reference_matches_whole_and_in_its_case(sandbox, text_template):
    client = sandbox.client()
    client.send_sms_notification(PHONE, text_template, reference="Abc")
    for other in ("abc", "Ab", "Abcd"):
        assert client.get_all_notifications(reference=other)["notifications"] == []


def test_of_a_repeated_reference_the_first_counts(raw, sandbox, text_template):
    sandbox.client().send_sms_notification(PHONE, text_template, reference="first")
    answer = raw("GET", "/v2/notifications?reference=first&reference=second").json()
    assert len(answer["notifications"]) == 1


def test_filters_by_status_and_type(sandbox, email_template, text_template):
    client = sandbox.client("test")
    client.send_email_notification("temp-fail@simulator.notify", email_template, reference="t")
    client.send_email_notification("perm-fail@simulator.notify", email_template, reference="p")
    client.send_sms_notification(PHONE, text_template, reference="d")

    def references(**filters):
        found = client.get_all_notifications(**filters)["notifications"]
        return sorted(each["reference"] for each in found)

    eventually(lambda: references(status="failed") == ["p", "t"])
    eventually(lambda: references(status="delivered") == ["d"])
    assert references(status=["delivered", "temporary-failure"]) == ["d", "t"]
    assert references(template_type="email") == ["p", "t"]
    assert references(template_type=["email", "sms"]) == ["d", "p", "t"]
    assert references(status="returned-letter") == []


@pytest.mark.parametrize(
    ("query", "messages"),
    [
        ("status=x", ["status x is not one of [cancelled, created, "]),
        ("template_type=x", ["template_type x is not one of [sms, email, letter]"]),
        ("older_than=x", ["older_than is not a valid UUID"]),
        ("include_jobs=yes", ["include_jobs yes is not one of [true, True]"]),
        ("page=2", ["Additional properties are not allowed (page was unexpected)"]),
    ],
)
def test_wrong_filters_are_refused(raw, query, messages):
    answer = raw("GET", f"/v2/notifications?{query}")
    assert answer.status_code == 400
    found = errors_of(answer)
    assert [error for error, _ in found] == ["ValidationError"]
    assert found[0][1].startswith(messages[0])


def test_include_jobs_is_taken(raw):
    assert raw("GET", "/v2/notifications?include_jobs=true").status_code == 200


def test_paging_goes_on_until_an_empty_page(sandbox, text_template):
    sandbox.change_service(rate_limiting=False)
    client = sandbox.client("test")
    for number in range(252):
        client.send_sms_notification(PHONE, text_template, reference=f"{number}")
    first = client.get_all_notifications()
    assert len(first["notifications"]) == 250
    assert first["notifications"][0]["reference"] == "251"
    assert first["links"]["current"] == f"{sandbox.base_url}/v2/notifications"
    last_id = first["notifications"][-1]["id"]
    assert first["links"]["next"] == f"{sandbox.base_url}/v2/notifications?older_than={last_id}"
    second = client.get_all_notifications(older_than=last_id)
    assert [each["reference"] for each in second["notifications"]] == ["1", "0"]
    assert "next" in second["links"]
    third = client.get_all_notifications(older_than=second["notifications"][-1]["id"])
    assert third["notifications"] == []
    assert "next" not in third["links"]
    assert len(list(client.get_all_notifications_iterator())) == 252


def test_an_unknown_older_than_is_an_empty_page(sandbox, text_template):
    client = sandbox.client()
    client.send_sms_notification(PHONE, text_template)
    assert client.get_all_notifications(older_than=str(uuid.uuid4()))["notifications"] == []


def test_what_cannot_be_found(raw, sandbox):
    client = sandbox.client()
    missing = refusal(lambda: client.get_notification_by_id(str(uuid.uuid4())))
    assert missing == (404, [("NoResultFound", "No result found")])
    assert errors_of(raw("GET", "/v2/notifications/x")) == [
        ("ValidationError", "notification_id is not a valid UUID")
    ]


def test_what_was_accepted_before_the_clock_was_set_back_is_found(sandbox, raw, text_template):
    sandbox.move_clock(offset_s=20)
    message_id = sandbox.client().send_sms_notification(PHONE, text_template, reference="r")["id"]
    sandbox.move_clock(offset_s=0)
    client = sandbox.client()
    assert client.get_notification_by_id(message_id)["reference"] == "r"
    assert len(client.get_all_notifications(reference="r")["notifications"]) == 1


@pytest.mark.parametrize(("days", "is_kept"), [(6, True), (9, False)])
def test_messages_are_forgotten_after_their_retention(sandbox, raw, text_template, days, is_kept):
    message_id = sandbox.client().send_sms_notification(PHONE, text_template, reference="old")["id"]
    offset = days * 86_400
    sandbox.move_clock(offset_s=offset)
    later = {"Authorization": f"Bearer {token(iat=int(time.time()) + offset)}"}
    found = raw("GET", f"/v2/notifications/{message_id}", headers=later)
    listed = raw("GET", "/v2/notifications?reference=old", headers=later)
    assert found.status_code == (200 if is_kept else 404)
    assert len(listed.json()["notifications"]) == is_kept
    assert sandbox.control("POST", "expire") == {"expired": 0 if is_kept else 1}
    assert len(sandbox.messages()) == is_kept


@pytest.mark.parametrize(
    ("now", "cutoff"),
    [
        # In winter London's midnight is UTC's; the sweep of the night is at 03:00.
        ("2027-01-12T02:59:00+00:00", "2027-01-04T00:00:00+00:00"),
        ("2027-01-12T03:01:00+00:00", "2027-01-05T00:00:00+00:00"),
        ("2027-07-12T12:00:00+00:00", "2027-07-04T23:00:00+00:00"),
    ],
)
def test_retention_ends_at_a_midnight_of_london(now, cutoff):
    instant = to_micros(datetime.fromisoformat(now))
    assert from_micros(retention_cutoff(instant, 7)) == datetime.fromisoformat(cutoff)


def test_received_texts(sandbox, raw):
    client = sandbox.client()
    received = sandbox.control(
        "POST", "received", source_number="447700900123", message="We are coming"
    )
    [found] = client.get_received_texts()["received_text_messages"]
    assert found["id"] == received["id"]
    assert found["user_number"] == "447700900123"
    assert found["content"] == "We are coming"
    assert found["service_id"] == SERVICE_ID
    assert INSTANT.fullmatch(found["created_at"])
    assert set(found) == {
        *("id", "created_at", "service_id", "notify_number", "user_number", "content")
    }
    after = client.get_received_texts(older_than=found["id"])
    assert after["received_text_messages"] == []
    assert raw("GET", "/v2/received-text-messages?x=1").status_code == 400
