"""What a request to send may hold, and the order of the checks. Source: Notify §3 and §4."""

import datetime

import pytest

from tests.sandbox.conftest import errors_of, refusal
from tests.sandbox_process import SERVICE_ID

PHONE = "07912345678"
ADDRESS = "parent@example.com"
UNKNOWN = "5a4db0c5-0000-4000-8000-00000000dddd"
INVALID_JSON = "Invalid JSON supplied in POST data"


def validation(*messages):
    return [("ValidationError", message) for message in messages]


@pytest.mark.parametrize("body", ["{}", "null"])
def test_vector_everything_required_is_named_in_one_answer(raw, body):
    answer = raw("POST", "/v2/notifications/sms", body)
    assert answer.status_code == 400
    assert errors_of(answer) == validation(
        "phone_number is a required property", "template_id is a required property"
    )


@pytest.mark.parametrize("body", ["{", "", "{\xff}"])
def test_vector_a_body_that_is_no_json_is_refused(raw, body):
    answer = raw("POST", "/v2/notifications/sms", body)
    assert errors_of(answer) == [("BadRequestError", INVALID_JSON)]


def test_vector_a_body_that_is_no_object_is_refused(raw):
    answer = raw("POST", "/v2/notifications/sms", [1])
    assert errors_of(answer) == validation("[1] is not of type object")


def test_vector_every_violation_stands_in_one_answer(raw):
    answer = raw(
        "POST",
        "/v2/notifications/sms",
        {"phone_number": "999", "template_id": "x", "foo": 1, "bar": 2},
    )
    assert errors_of(answer) == validation(
        "phone_number Not enough digits",
        "template_id is not a valid UUID",
        "Additional properties are not allowed (bar, foo were unexpected)",
    )


@pytest.mark.parametrize(
    ("channel", "changes", "message"),
    [
        ("sms", {"reference": None}, "reference None is not of type string"),
        ("sms", {"phone_number": 7912345678}, "phone_number 7912345678 is not of type string"),
        ("sms", {"phone_number": None}, "phone_number None is not of type string"),
        ("sms", {"personalisation": None}, "personalisation None is not of type object"),
        ("sms", {"personalisation": ["a"]}, "personalisation [a] is not of type object"),
        ("sms", {"personalisation": "a"}, "personalisation a is not of type object"),
        ("sms", {"sms_sender_id": None}, "sms_sender_id is not a valid UUID"),
        ("sms", {"template_id": 5}, "template_id is not a valid UUID"),
        ("sms", {"foo": 1}, "Additional properties are not allowed (foo was unexpected)"),
        (
            "sms",
            {"sanitise_content_for": []},
            "Additional properties are not allowed (sanitise_content_for was unexpected)",
        ),
        ("email", {"email_reply_to_id": "x"}, "email_reply_to_id is not a valid UUID"),
        ("email", {"email_address": "a@b"}, "email_address Not a valid email address"),
        (
            "email",
            {"one_click_unsubscribe_url": "http://example.com"},
            "one_click_unsubscribe_url is not a valid https url",
        ),
        (
            "email",
            {"sanitise_content_for": "name"},
            "sanitise_content_for name is not of type array, null",
        ),
        (
            "email",
            {"scheduled_for": "2020-01-01T10:00:00"},
            "scheduled_for datetime can not be in the past",
        ),
    ],
)
def test_each_field_is_checked(raw, email_template, text_template, channel, changes, message):
    complete = (
        {"email_address": ADDRESS, "template_id": email_template}
        if channel == "email"
        else {"phone_number": PHONE, "template_id": text_template}
    )
    answer = raw("POST", f"/v2/notifications/{channel}", complete | changes)
    assert answer.status_code == 400
    assert errors_of(answer) == validation(message)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
def test_the_body_is_json_whatever_its_content_type(raw, text_template, content_type):
    answer = raw(
        "POST",
        "/v2/notifications/sms",
        {"phone_number": PHONE, "template_id": text_template},
        headers={"Content-Type": content_type},
    )
    assert answer.status_code == 201


def test_vector_a_reference_of_1000_characters_passes_and_one_more_does_not(raw, text_template):
    def send(reference):
        return raw(
            "POST",
            "/v2/notifications/sms",
            {"phone_number": PHONE, "template_id": text_template, "reference": reference},
        )

    assert send("x" * 1000).status_code == 201
    [(error, message)] = errors_of(send("x" * 1001))
    assert error == "ValidationError"
    assert message.startswith("reference x")
    assert message.endswith(" is too long")
    assert send("").json()["reference"] == ""


def test_a_nul_character_in_a_reference_breaks_the_service(raw, text_template):
    answer = raw(
        "POST",
        "/v2/notifications/sms",
        {"phone_number": PHONE, "template_id": text_template, "reference": "a\0b"},
    )
    assert answer.status_code == 500
    assert errors_of(answer)[0][1] == "Internal server error"


def test_vector_the_order_of_the_checks_for_a_landline(sandbox, raw):
    client = sandbox.client()
    landline = "020 7946 0958"
    needs_name = sandbox.add_template("needs_name", "sms", "Hi ((name))")
    long_text = sandbox.add_template("long", "sms", "((text))")
    sandbox.add_template("other", "email", "Hello", subject="Hello")

    def send(template_id, personalisation=None):
        return refusal(lambda: client.send_sms_notification(landline, template_id, personalisation))

    assert send(UNKNOWN) == (400, [("BadRequestError", "Template not found")])
    assert send(needs_name) == (400, [("BadRequestError", "Missing personalisation: name")])
    assert send(long_text, {"text": "x" * 1000}) == (
        400,
        [("InvalidPhoneError", "Not a UK mobile number")],
    )


def test_the_channel_of_the_template_has_to_fit(sandbox, email_template):
    client = sandbox.client()
    assert refusal(lambda: client.send_sms_notification(PHONE, email_template)) == (
        400,
        [("BadRequestError", "email template is not suitable for sms notification")],
    )


def test_an_archived_template_sends_nothing(sandbox):
    template = sandbox.add_template("gone", "sms", "Hello ((name))", archived=True)
    assert refusal(lambda: sandbox.client().send_sms_notification(PHONE, template)) == (
        400,
        [("BadRequestError", "Template has been deleted")],
    )


@pytest.mark.parametrize(
    ("channel", "permissions", "message"),
    [
        ("sms", ["email"], "Service is not allowed to send text messages"),
        ("email", ["sms"], "Service is not allowed to send emails"),
    ],
)
def test_the_service_may_lack_a_channel(sandbox, channel, permissions, message):
    sandbox.change_service(permissions=permissions)
    client = sandbox.client()
    send = {
        "sms": lambda: client.send_sms_notification(PHONE, UNKNOWN),
        "email": lambda: client.send_email_notification(ADDRESS, UNKNOWN),
    }[channel]
    assert refusal(send) == (400, [("BadRequestError", message)])


@pytest.mark.parametrize(
    ("channel", "field"), [("sms", "sms_sender_id"), ("email", "email_reply_to_id")]
)
def test_a_sender_that_the_service_has_not_is_refused(
    raw, email_template, text_template, channel, field
):
    body = {
        "sms": {"phone_number": PHONE, "template_id": text_template},
        "email": {"email_address": ADDRESS, "template_id": email_template},
    }[channel]
    answer = raw("POST", f"/v2/notifications/{channel}", body | {field: UNKNOWN})
    assert errors_of(answer) == [
        (
            "BadRequestError",
            f"{field} {UNKNOWN} does not exist in database for service id {SERVICE_ID}",
        )
    ]


def test_a_file_goes_by_email_only(raw, sandbox):
    texts = sandbox.add_template("file", "sms", "See ((link))")
    emails = sandbox.add_template("file", "email", "See ((link))", subject="File")
    values = {"personalisation": {"link": {"file": "aGVsbG8="}}}
    text = raw(
        "POST", "/v2/notifications/sms", {"phone_number": PHONE, "template_id": texts} | values
    )
    assert errors_of(text) == [("BadRequestError", "Can only send a file by email")]
    email = raw(
        "POST",
        "/v2/notifications/email",
        {"email_address": ADDRESS, "template_id": emails} | values,
    )
    [(error, message)] = errors_of(email)
    assert error == "BadRequestError"
    assert message.startswith("Send files by email has not been set up")


def test_scheduling_is_ignored(raw, sandbox, text_template):

    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
    answer = raw(
        "POST",
        "/v2/notifications/sms",
        {
            "phone_number": PHONE,
            "template_id": text_template,
            "scheduled_for": soon.isoformat(),
        },
    )
    assert answer.json()["scheduled_for"] is None
    assert sandbox.client().get_notification_by_id(answer.json()["id"])["scheduled_for"] is None


@pytest.mark.parametrize(
    ("key_type", "recipient", "allowed"),
    [
        ("live", ADDRESS, True),
        ("test", ADDRESS, True),
        ("team", "Nurse@Example.com", True),
        ("team", "guest@example.com", True),
        ("team", ADDRESS, False),
        ("team", "simulate-delivered@notifications.service.gov.uk", False),
    ],
)
def test_whom_a_key_reaches(sandbox, email_template, key_type, recipient, allowed):
    def send():
        return sandbox.client(key_type).send_email_notification(recipient, email_template)

    if allowed:
        assert send()["id"]
    else:
        assert refusal(send) == (
            400,
            [("BadRequestError", "Can’t send to this recipient using a team-only API key")],
        )


def test_a_service_in_trial_mode_reaches_its_team_only(sandbox, email_template):
    sandbox.change_service(restricted=True)
    client = sandbox.client()
    assert client.send_email_notification("nurse@example.com", email_template)["id"]
    status, [(error, message)] = refusal(
        lambda: client.send_email_notification(ADDRESS, email_template)
    )
    assert (status, error) == (400, "BadRequestError")
    assert message.startswith("Can’t send to this recipient when service is in trial mode – see ")


def test_unknown_addresses_and_methods_answer_in_another_shape(raw):
    for method, path, status in [
        ("GET", "/v2/nothing", 404),
        ("POST", "/v2/messages", 404),
        ("DELETE", "/v2/notifications", 405),
    ]:
        answer = raw(method, path)
        assert answer.status_code == status
        assert answer.json()["result"] == "error"
        assert set(answer.json()) == {"result", "message"}


def test_answers_are_not_to_be_stored_and_carry_a_trace(raw, text_template):
    answer = raw(
        "POST", "/v2/notifications/sms", {"phone_number": PHONE, "template_id": text_template}
    )
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-B3-TraceId"]
    assert "Retry-After" not in answer.headers
