import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.clock import LONDON
from notifications import rules

NOW = datetime(2027, 1, 12, 12, tzinfo=UTC)
NOTIFY_ID = "740e5834-3a29-46b4-9a6f-16142fde533a"
moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))


def body(status, *errors):
    return {
        "status_code": status,
        "errors": [{"error": type_, "message": message} for type_, message in errors],
    }


def test_an_acceptance_names_the_message_and_its_template():
    answer = {"id": NOTIFY_ID, "template": {"id": "x", "version": 3}}
    assert rules.answer_to_post(201, answer) == rules.Accepted(UUID(NOTIFY_ID), 3)


@pytest.mark.parametrize("answer", [None, [], {}, {"id": "x"}, {"id": NOTIFY_ID}, {"id": 3}])
def test_failure_05_an_unreadable_acceptance_is_unclear(answer):
    assert isinstance(rules.answer_to_post(201, answer), rules.Unknown)


@pytest.mark.parametrize(
    ("status", "errors", "expected"),
    [
        (429, [("RateLimitError", "Exceeded rate limit")], rules.Throttled("minute")),
        (429, [("TooManyRequestsError", "Exceeded send limits")], rules.Throttled("day")),
        (
            403,
            [("AuthError", "Error: Your system clock must be accurate to within 30 seconds")],
            rules.Unauthorised(
                "skew", "Error: Your system clock must be accurate to within 30 seconds"
            ),
        ),
        (
            403,
            [("AuthError", "Invalid token: API key revoked")],
            rules.Unauthorised("key", "Invalid token: API key revoked"),
        ),
        (
            401,
            [("AuthError", "Unauthorized: authentication token must be provided")],
            rules.Unauthorised("key", "Unauthorized: authentication token must be provided"),
        ),
        (
            500,
            [("TypeError", "Internal server error")],
            rules.Unknown("Notify answered with an internal error", server_error=True),
        ),
        (
            504,
            [("SoftEventletTimeout", "Timeout serving request")],
            rules.Unknown("Notify answered with status 504"),
        ),
    ],
)
def test_answers_that_are_no_verdict_on_the_message(status, errors, expected):
    assert rules.answer_to_post(status, body(status, *errors)) == expected


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        ([("ValidationError", "email_address Not a valid email address")], "recipient"),
        ([("ValidationError", "phone_number Not enough digits")], "recipient"),
        ([("InvalidPhoneError", "Not a UK mobile number")], "recipient"),
        (
            [("BadRequestError", "Cannot send to international mobile numbers")],
            "recipient",
        ),
        (
            [
                ("ValidationError", "phone_number Not enough digits"),
                ("ValidationError", "template_id is not a valid UUID"),
            ],
            "mistake",
        ),
        ([("BadRequestError", "Missing personalisation: name")], "mistake"),
        ([("BadRequestError", "Template not found")], "mistake"),
        ([("ValidationError", "reference None is not of type string")], "mistake"),
        (
            [("BadRequestError", "Can’t send to this recipient using a team-only API key")],
            "restricted",
        ),
        (
            [("BadRequestError", "Cannot send to this recipient when service is in trial mode")],
            "restricted",
        ),
        ([("SomethingNew", "email_address is odd")], "mistake"),
    ],
)
def test_only_the_recipients_own_fault_is_blamed_on_the_recipient(errors, kind):
    outcome = rules.answer_to_post(400, body(400, *errors))
    assert isinstance(outcome, rules.Rejected)
    assert outcome.kind == kind
    assert outcome.permanent == (kind == "recipient")


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 429, 500, 502, 503])
@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        {"message": "Request failed"},
        {"result": "error", "message": "Not found"},
        {"status_code": 418, "errors": [{"error": "BadRequestError", "message": "x"}]},
        {"errors": [{"error": "BadRequestError", "message": "x"}]},
    ],
)
def test_failure_10_another_shape_than_notifys_is_never_a_verdict(status, answer):
    assert isinstance(rules.answer_to_post(status, answer), rules.Unknown)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.integers(200, 599), json_values)
def test_any_answer_at_all_has_a_meaning(status, answer):
    outcome = rules.answer_to_post(status, answer)
    assert not isinstance(outcome, rules.Rejected)
    assert isinstance(outcome, rules.Outcome)


# When to send.


@pytest.mark.parametrize(
    ("local", "goes_at"),
    [
        ("2027-01-12 20:59:59", "2027-01-12 20:59:59"),
        ("2027-01-12 21:00:00", "2027-01-13 08:00:00"),
        ("2027-01-12 23:59:59", "2027-01-13 08:00:00"),
        ("2027-01-13 00:00:00", "2027-01-13 08:00:00"),
        ("2027-01-13 07:59:59", "2027-01-13 08:00:00"),
        ("2027-01-13 08:00:00", "2027-01-13 08:00:00"),
        # Clocks go forward at 01:00 on 28 March 2027 and back at 02:00 on 31 October.
        ("2027-03-27 22:00:00", "2027-03-28 08:00:00"),
        ("2027-03-28 00:30:00", "2027-03-28 08:00:00"),
        ("2027-10-30 22:00:00", "2027-10-31 08:00:00"),
        ("2027-10-31 01:30:00", "2027-10-31 08:00:00"),
    ],
)
def test_texts_rest_from_nine_in_the_evening_to_eight_in_the_morning(local, goes_at):
    now = datetime.fromisoformat(local).replace(tzinfo=LONDON)
    expected = datetime.fromisoformat(goes_at).replace(tzinfo=LONDON)
    assert rules.send_not_before("text", now) == expected
    assert rules.send_not_before("email", now) == now


@given(moments)
def test_a_held_text_goes_by_day_and_within_eleven_hours_of_clock_time(now):
    goes_at = rules.send_not_before("text", now)
    assert goes_at >= now
    assert rules.send_not_before("text", goes_at) == goes_at
    assert goes_at - now <= timedelta(hours=12)


def test_failure_01_retries_start_after_5_seconds_and_stay_within_5_minutes():
    pauses = [rules.retry_after(attempt).total_seconds() for attempt in range(1, 10)]
    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert rules.retry_after(10_000) == timedelta(minutes=5)


def test_failure_07_the_allowance_is_renewed_at_midnight_utc():
    summer_night = datetime(2027, 7, 1, 23, 30, tzinfo=UTC)
    assert rules.allowance_renewed_at(summer_night) == datetime(2027, 7, 2, tzinfo=UTC)
    assert rules.allowance_renewed_at(datetime(2027, 7, 2, 0, 30, tzinfo=LONDON)) == datetime(
        2027, 7, 2, tzinfo=UTC
    )


queues = st.builds(rules.Queue, st.sampled_from([0, 1]), st.sampled_from("et"), st.integers(1, 99))


@given(st.lists(queues, unique=True), st.integers(1, 60), st.randoms(use_true_random=False))
def test_organisations_of_a_lane_share_alike_and_a_claim_can_be_filled(some, most, luck):
    drawn = rules.draw(some, most, luck)
    assert set(drawn) <= set(some)
    for lane in {queue.lane for queue in some}:
        of_organisations: dict[int, int] = {}
        for queue, share in drawn.items():
            if queue.lane == lane:
                share += of_organisations.get(queue.organisation_id, 0)
                of_organisations[queue.organisation_id] = share
        shares = of_organisations.values()
        assert max(shares) - min(shares) <= 1
        assert most / 2 < sum(shares) <= most


def test_a_second_channel_does_not_double_an_organisations_share():
    both, texts = 1, 2
    some = [rules.Queue(1, "e", both), rules.Queue(1, "t", both), rules.Queue(1, "t", texts)]
    assert rules.draw(some, 100, random.Random(1)) == {some[0]: 25, some[1]: 25, some[2]: 50}


# Settling.


def after_empty(minutes, *, asked=None, empty_lookups=0):
    """What follows an empty answer, so many minutes after the attempt."""
    return rules.after_empty_lookup(
        attempt_ended_at=NOW,
        empty_lookups=empty_lookups,
        asked_at=NOW + timedelta(minutes=minutes if asked is None else asked),
        now=NOW + timedelta(minutes=minutes),
    )


def test_failure_04_an_empty_answer_counts_only_after_the_quarantine():
    assert after_empty(4) == rules.AskAgain(NOW + timedelta(minutes=5), 0)


@pytest.mark.parametrize("empty_lookups", [0, 1])
def test_failure_04_it_does_not_count_because_others_took_long_to_be_answered(empty_lookups):
    early = after_empty(9, asked=4.9, empty_lookups=empty_lookups)
    assert early == rules.AskAgain(NOW + timedelta(minutes=5), 0)


def test_failure_18_two_empty_answers_a_minute_apart_are_needed():
    assert after_empty(5) == rules.AskAgain(NOW + timedelta(minutes=6), 1)
    assert after_empty(6, empty_lookups=1) is None
    assert after_empty(8, asked=5) == rules.AskAgain(NOW + timedelta(minutes=9), 1)


@given(st.integers(0, 400), st.integers(1, 120), st.integers(0, 400))
def test_nothing_is_sent_again_within_six_minutes_of_an_unclear_attempt(delay, step, lasts):
    asked_at, empty, counted = NOW + timedelta(seconds=delay), 0, []
    while True:
        again = rules.after_empty_lookup(
            attempt_ended_at=NOW,
            empty_lookups=empty,
            asked_at=asked_at,
            now=asked_at + timedelta(seconds=lasts),
        )
        if again is None or again.empty_lookups:
            counted.append(asked_at - NOW)
        if again is None:
            break
        assert again.at > asked_at
        asked_at, empty = again.at + timedelta(seconds=step), again.empty_lookups
    first, second = counted
    assert first >= timedelta(minutes=5)
    assert second - first >= timedelta(minutes=1)


def test_failure_08_three_server_errors_or_six_silences_are_enough():
    error = rules.strikes_for(rules.Unknown("", server_error=True))
    silence = rules.strikes_for(rules.Unknown(""))
    assert 3 * error == 6 * silence == rules.MOST_STRIKES


def test_failure_26_an_attempt_is_remembered_for_less_than_notify_keeps_it():
    assert rules.still_remembered(NOW - timedelta(days=5), NOW)
    assert not rules.still_remembered(NOW - timedelta(days=6), NOW)


# Following up.


@given(moments)
def test_failure_19_an_accepted_message_is_followed_for_six_days_and_no_longer(accepted_at):
    checks, now = [], accepted_at
    while now := rules.next_check(accepted_at, now):
        checks.append(now - accepted_at)
    assert checks[0] == timedelta(hours=4)
    assert timedelta(days=5) < checks[-1] <= timedelta(days=6)
    assert len(checks) < 30


@pytest.mark.parametrize(
    ("now", "said", "action"),
    [
        ("accepted", "sending", "apply"),
        ("accepted", "delivered", "apply"),
        ("sending", "delivered", "apply"),
        ("claimed", "delivered", "apply"),
        ("delivered", "sending", "ignore"),
        ("delivered", "created", "ignore"),
        ("delivered", "delivered", "ignore"),
        ("failed", "permanent-failure", "ignore"),
        ("failed", "delivered", "ask"),
        ("delivered", "temporary-failure", "ask"),
        ("accepted", "permanent-failure", "ask"),
        ("sending", "temporary-failure", "ask"),
    ],
)
def test_failure_21_a_receipt_never_turns_a_final_status_back(now, said, action):
    assert rules.weigh_receipt(message_status_now=now, receipt_status=said).action == action
