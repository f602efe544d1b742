"""Which numbers and addresses Notify takes, and how it calls the others. Source: Notify §8."""

import pytest

from tests.sandbox.conftest import refusal

DIGITS_MISSING = "Not enough digits"
WRONG_CHARACTERS = "Must not contain letters or symbols"
NOT_VALID = "Number is not valid – double check the phone number you entered"
INTERNATIONAL = "Cannot send to international mobile numbers"
LANDLINE = "Not a UK mobile number"
NOT_AN_ADDRESS = "email_address Not a valid email address"


@pytest.mark.parametrize(
    ("typed", "sent_to"),
    [
        ("07912345678", "447912345678"),
        ("7912345678", "447912345678"),
        ("079 1234 5678", "447912345678"),
        ("+44 (0)7912 345678", "447912345678"),
        ("0044 7912 345678", "447912345678"),
        ("0+447912345678", "447912345678"),
        ("+07912345678", "447912345678"),
        ("0791\u200b2345678", "447912345678"),
        ("07797123456", "447797123456"),
        ("07781123456", "447781123456"),
        ("07624123456", "447624123456"),
        ("07012345678", "447012345678"),
        ("07700900123", "447700900123"),
    ],
)
def test_numbers_that_are_taken(sandbox, text_template, typed, sent_to):
    client = sandbox.client()
    answer = client.send_sms_notification(typed, text_template)
    [message] = sandbox.messages()
    assert message["normalised"] == sent_to
    assert client.get_notification_by_id(answer["id"])["phone_number"] == message["recipient"]


@pytest.mark.parametrize(
    ("typed", "error", "message"),
    [
        ("", "ValidationError", f"phone_number {DIGITS_MISSING}"),
        ("999", "ValidationError", f"phone_number {DIGITS_MISSING}"),
        ("07912 34567a", "ValidationError", f"phone_number {WRONG_CHARACTERS}"),
        ("07912.345678", "ValidationError", f"phone_number {WRONG_CHARACTERS}"),
        ("07912345678; 07912345679", "ValidationError", f"phone_number {WRONG_CHARACTERS}"),
        ("tel:07912345678", "ValidationError", f"phone_number {WRONG_CHARACTERS}"),
        ("０７９１２３４５６７８", "ValidationError", f"phone_number {WRONG_CHARACTERS}"),
        ("0791234567", "ValidationError", f"phone_number {NOT_VALID}"),
        ("06123456789", "ValidationError", f"phone_number {NOT_VALID}"),
        ("08081570000", "ValidationError", f"phone_number {NOT_VALID}"),
        ("09012345678", "ValidationError", f"phone_number {NOT_VALID}"),
        ("+4412345", "ValidationError", f"phone_number {NOT_VALID}"),
        ("   ", "ValidationError", f"phone_number {NOT_VALID}"),
        ("079123456789", "BadRequestError", INTERNATIONAL),
        ("+33612345678", "BadRequestError", INTERNATIONAL),
        ("+1 202 555 0123", "BadRequestError", INTERNATIONAL),
        ("020 7946 0958", "InvalidPhoneError", LANDLINE),
        ("01534 123456", "InvalidPhoneError", LANDLINE),
        ("0300 123 1234", "InvalidPhoneError", LANDLINE),
    ],
)
def test_numbers_that_are_refused(raw, text_template, typed, error, message):
    answer = raw(
        "POST", "/v2/notifications/sms", {"phone_number": typed, "template_id": text_template}
    )
    assert answer.status_code == 400
    assert [(each["error"], each["message"]) for each in answer.json()["errors"]] == [
        (error, message)
    ]


def test_a_service_may_be_allowed_to_send_abroad(sandbox, text_template):
    sandbox.change_service(permissions=["email", "sms", "international_sms"])
    sandbox.change_service(daily_limits={"international_sms": 1})
    client = sandbox.client()
    assert client.send_sms_notification("+33612345678", text_template)["id"]
    assert refusal(lambda: client.send_sms_notification("+33612345679", text_template)) == (
        429,
        [("TooManyRequestsError", "Exceeded send limits (international_sms: 1) for today")],
    )


@pytest.mark.parametrize(
    ("typed", "shown", "sent_to"),
    [
        ("o'neil@b.com", "o'neil@b.com", "o'neil@b.com"),
        ("a+x@b.co.uk", "a+x@b.co.uk", "a+x@b.co.uk"),
        (" A@B.COM ", "A@B.COM", "a@b.com"),
        (".a@b.com", ".a@b.com", ".a@b.com"),
        ("a@bü.com", "a@bü.com", "a@bü.com"),
        ("a\u200bb@b.com", "ab@b.com", "ab@b.com"),
        ("a@xn--b-xga.xn--p1ai", "a@xn--b-xga.xn--p1ai", "a@xn--b-xga.xn--p1ai"),
    ],
)
def test_addresses_that_are_taken(raw, sandbox, email_template, typed, shown, sent_to):
    answer = raw(
        "POST", "/v2/notifications/email", {"email_address": typed, "template_id": email_template}
    )
    assert answer.status_code == 201
    [message] = sandbox.messages()
    assert (message["recipient"], message["normalised"]) == (shown, sent_to)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "a@b",
        "a@b.c",
        "a@b.123",
        "a@1.2.3.4",
        '"a"@b.com',
        "ä@b.com",
        "a@b_c.com",
        "a@b.com.",
        "a@b.com,c@d.com",
        "a..b@b.com",
        "a@b..com",
        "a@@b.com",
        "a@-b.com",
        f"a@{'b' * 64}.com",
        f"{'a' * 315}@b.com",
        f"a@{'b.' * 130}com",
    ],
)
def test_addresses_that_are_refused(raw, email_template, typed):
    answer = raw(
        "POST", "/v2/notifications/email", {"email_address": typed, "template_id": email_template}
    )
    assert answer.status_code == 400
    assert [each["message"] for each in answer.json()["errors"]] == [NOT_AN_ADDRESS]


@pytest.mark.parametrize("key_type", ["live", "test"])
@pytest.mark.parametrize("recipient", ["07700900000", "+44 7700 900111", "07700 900222"])
def test_smoke_test_numbers_are_answered_and_not_stored(
    sandbox, text_template, key_type, recipient
):
    client = sandbox.client(key_type)
    answer = client.send_sms_notification(recipient, text_template, reference="smoke")
    assert answer["id"]
    status, [(error, _)] = refusal(lambda: client.get_notification_by_id(answer["id"]))
    assert (status, error) == (404, "NoResultFound")
    assert client.get_all_notifications(reference="smoke")["notifications"] == []


def test_smoke_test_addresses_are_not_stored_either(sandbox, email_template):
    client = sandbox.client()
    for suffix in ("", "-2", "-3"):
        address = f"simulate-delivered{suffix}@notifications.service.gov.uk"
        assert client.send_email_notification(address, email_template)["id"]
    assert sandbox.messages() == []
