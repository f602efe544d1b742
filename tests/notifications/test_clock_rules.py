"""Which moments cannot have been written truly, and what is true instead."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications import clock_rules, rules

NOON = datetime(2027, 1, 12, 12, tzinfo=UTC)


def at(hour, minute=0, day=12):
    return datetime(2027, 1, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (None, False),
        (NOON - timedelta(days=1), False),
        (NOON + clock_rules.AHEAD, False),
        (NOON + clock_rules.AHEAD + timedelta(microseconds=1), True),
    ],
)
def test_a_moment_is_ahead_by_more_than_clocks_ever_differ(moment, expected):
    assert clock_rules.is_ahead(moment, NOON) is expected
    assert timedelta(seconds=rules.TOLERATED_SKEW_SECONDS) < clock_rules.AHEAD


@pytest.mark.parametrize(
    ("channel", "due", "created", "claimed", "now", "expected"),
    [
        # Queued at one, while it was noon: at once, or as long from now as it was held.
        ("email", at(13), at(13), None, at(12), at(12)),
        ("email", at(13, 2), at(13), None, at(12), at(12, 2)),
        ("email", at(12, 55), at(13), None, at(12), at(12)),
        # Tried again at one, though it was queued truly.
        ("email", at(13, 1), at(11), at(13), at(12), at(12, 1)),
        ("email", at(13, 9), at(12, 30), at(13), at(12), at(12, 9)),
        # Far ahead, and written truly: the texts of the night, a held mailing.
        ("text", at(8, day=13), at(22), None, at(22), at(8, day=13)),
        ("email", at(12, 30), at(12), at(12), at(12), at(12, 30)),
        # Clocks that differ by a little.
        ("email", at(12, 5), at(12, 5), None, at(12), at(12, 5)),
        # Texts rest, whatever the clock said then.
        ("text", at(8, 30), at(8, 30), None, at(7, 30), at(8)),
        ("text", at(13, day=20), at(13, day=20), None, at(12), at(12)),
        ("text", at(8, day=13), at(21, 30), None, at(20), at(8, day=13)),
    ],
)
def test_only_a_moment_that_cannot_be_true_brings_a_message_back(
    channel, due, created, claimed, now, expected
):
    assert (
        clock_rules.due_when_right(
            channel=channel, due_at=due, created_at=created, claimed_at=claimed, now=now
        )
        == expected
    )


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (at(7, 59), at(8)),
        (at(8), at(8, day=13)),
        (at(23), at(8, day=13)),
        # Summer time begins in the night.
        (datetime(2027, 3, 27, 22, tzinfo=UTC), datetime(2027, 3, 28, 7, tzinfo=UTC)),
    ],
)
def test_texts_of_the_evening_wait_for_the_next_opening_and_for_nothing_later(now, opens):
    assert clock_rules.next_opening(now) == opens
    assert rules.send_not_before("text", opens) == opens
