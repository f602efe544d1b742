"""The rules of sending where one value more or less, or one word, makes the difference."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from calendars.clock import LONDON
from notifications import rules

NOTIFY_ID = UUID("740e5834-3a29-46b4-9a6f-16142fde533a")
NOON = datetime(2027, 1, 12, 12, tzinfo=UTC)
ERROR = {"error": "ValidationError", "message": "phone_number is wrong"}


@pytest.mark.parametrize(
    "errors",
    [
        [ERROR, "text"],
        [ERROR, {"error": "ValidationError"}],
        [ERROR, {"message": "phone_number is wrong"}],
        [ERROR, ERROR | {"error": 3}],
        [ERROR, ERROR | {"message": None}],
    ],
)
def test_one_entry_in_another_shape_makes_the_answer_unreadable(errors):
    assert rules.errors_in(400, {"status_code": 400, "errors": errors}) == []


@pytest.mark.parametrize("status", [408, 429, 500, 501])
def test_only_a_4xx_that_ends_the_matter_is_a_refusal(status):
    body = {"status_code": status, "errors": [{"error": "OtherError", "message": "x"}]}
    assert isinstance(rules.answer_to_post(status, body), rules.Unknown)


@pytest.mark.parametrize("status", [400, 404, 499])
def test_every_other_4xx_is_a_refusal(status):
    body = {"status_code": status, "errors": [{"error": "OtherError", "message": "x"}]}
    assert rules.answer_to_post(status, body) == rules.Rejected("mistake", "x")


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        (
            [ERROR, ERROR | {"message": "email_address is wrong"}],
            rules.Rejected("recipient", "phone_number is wrong. email_address is wrong"),
        ),
        (
            [{"error": "BadRequestError", "message": "Cannot send: trial mode"}],
            rules.Rejected("restricted", "Cannot send: trial mode"),
        ),
        (
            [{"error": "BadRequestError", "message": "Template not found"}, ERROR],
            rules.Rejected("mistake", "Template not found. phone_number is wrong"),
        ),
    ],
)
def test_a_refusal_keeps_all_that_notify_said(errors, expected):
    assert rules.answer_to_post(400, {"status_code": 400, "errors": errors}) == expected


def test_what_cannot_be_read_says_so():
    assert rules.answer_to_post(201, {}) == rules.Unknown(
        "Notify's answer could not be read (status 201)"
    )
    assert rules.answer_to_post(502, "<html>") == rules.Unknown(
        "Notify's answer could not be read (status 502)"
    )


def test_a_template_version_that_is_no_number_is_left_out():
    answer = {"id": str(NOTIFY_ID), "template": {"version": "3"}}
    assert rules.answer_to_post(201, answer) == rules.Accepted(NOTIFY_ID, None)


@pytest.mark.parametrize(
    ("outcome", "channel", "words"),
    [
        (
            rules.Rejected("recipient", "x"),
            "email",
            "GOV.UK Notify says that the email address is not valid",
        ),
        (
            rules.Rejected("recipient", "x"),
            "text",
            "GOV.UK Notify says that the number is not a UK mobile number",
        ),
        (rules.Rejected("mistake", "No template"), "text", f"{rules.REFUSED}No template"),
    ],
)
def test_refusals_in_words(outcome, channel, words):
    assert rules.rejection_in_words(outcome, channel) == words


def test_a_long_reason_is_cut_to_what_the_row_holds():
    words = rules.rejection_in_words(rules.Rejected("mistake", "x" * 400), "email")
    assert len(words) == 300


@pytest.mark.parametrize(
    ("outcome", "answered"),
    [
        (rules.NotSent("x"), False),
        (rules.Unknown("x"), False),
        (rules.Throttled("minute"), True),
        (rules.Accepted(NOTIFY_ID, 1), True),
    ],
)
def test_silence_and_broken_answers_are_no_answers(outcome, answered):
    assert rules.answered(outcome) is answered


@pytest.mark.parametrize(
    ("local", "goes"),
    [
        (datetime(2027, 1, 12, 7, 59, 59), False),
        (datetime(2027, 1, 12, 8, 0), True),
        (datetime(2027, 1, 12, 20, 59, 59), True),
        (datetime(2027, 1, 12, 21, 0), False),
        # In summer London is an hour ahead of UTC.
        (datetime(2027, 7, 1, 8, 0), True),
        (datetime(2027, 7, 1, 20, 30), True),
        (datetime(2027, 7, 1, 21, 0), False),
    ],
)
def test_texts_go_from_eight_to_nine_in_london(local, goes):
    now = local.replace(tzinfo=LONDON).astimezone(UTC)
    assert (rules.send_not_before("text", now) == now) is goes


def test_the_allowance_is_renewed_at_midnight_utc_also_in_summer():
    half_past_midnight = datetime(2027, 7, 2, 0, 30, tzinfo=LONDON)
    assert rules.allowance_renewed_at(half_past_midnight) == datetime(2027, 7, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("created", "accepted"),
        ("virus-scan", "accepted"),
        ("sending", "sending"),
        ("pending", "sending"),
        ("sent", "sending"),
        ("delivered", "delivered"),
        ("temporary-failure", "failed"),
        ("permanent-failure", "failed"),
        ("technical-failure", "failed"),
    ],
)
def test_notifys_statuses_in_our_words(theirs, ours):
    assert rules.message_status(theirs) == ours


@pytest.mark.parametrize(
    ("age", "in_"),
    [
        (timedelta(0), timedelta(hours=4)),
        (timedelta(hours=4), timedelta(hours=1)),
        (timedelta(hours=23), timedelta(hours=1)),
        (timedelta(days=1), timedelta(days=1)),
        (timedelta(days=5), timedelta(days=1)),
        (timedelta(days=5, seconds=1), None),
    ],
)
def test_notify_is_asked_hourly_for_a_day_then_daily(age, in_):
    expected = NOON + in_ if in_ else None
    assert rules.next_check(NOON - age, NOON) == expected


@pytest.mark.parametrize(
    ("known", "receipt", "verdict"),
    [
        ("delivered", "sending", ("ignore", "older than what is known")),
        ("delivered", "delivered", ("ignore", "known already")),
        ("failed", "delivered", ("ask", "contradicts what is known")),
        ("delivered", "temporary-failure", ("ask", "contradicts what is known")),
        ("sending", "permanent-failure", ("ask", "a failure is confirmed with Notify first")),
        ("accepted", "delivered", ("apply", "delivered")),
        ("unknown", "sending", ("apply", "sending")),
    ],
)
def test_what_a_receipt_may_change_and_why(known, receipt, verdict):
    found = rules.weigh_receipt(message_status_now=known, receipt_status=receipt)
    assert found == rules.ReceiptVerdict(*verdict)
