import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from notifications import hints, rules
from notifications.limiter import Limiter
from tests.sandbox_process import eventually

# What comes back in 100 s: less than one while a test runs, however long that takes.
SLOW = 0.01


def limiter(rate=SLOW, burst=20, scope="test"):
    return Limiter(scope, rate=rate, burst=burst)


def test_a_burst_passes_and_then_nothing():
    brake = limiter()
    assert brake.take(50, urgent=True).count == 20
    refused = brake.take(50, urgent=True)
    assert refused.count == 0
    assert 50 < refused.wait_seconds <= 100


def test_waiting_as_told_is_enough():
    brake = limiter(rate=20)
    brake.take(20, urgent=True)
    told = brake.take(1, urgent=True)
    time.sleep(told.wait_seconds)
    assert told.count + brake.take(1, urgent=True).count >= 1


def test_bulk_leaves_a_quarter_of_the_burst_to_urgent_messages():
    brake = limiter()
    assert brake.take(50, urgent=False).count == 15
    assert brake.take(50, urgent=False).count == 0
    assert brake.take(50, urgent=True).count == 5


def test_what_was_not_used_can_be_used_by_others():
    brake = limiter()
    brake.take(20, urgent=True)
    brake.give_back(7)
    assert limiter().take(20, urgent=True).count == 7


def test_giving_back_never_makes_more_than_the_burst():
    brake = limiter()
    brake.take(3, urgent=True)
    brake.give_back(1000)
    assert brake.take(1000, urgent=True).count == 20


def test_services_and_key_types_have_their_own_allowance():
    limiter(scope="live").take(20, urgent=True)
    assert limiter(scope="test").take(20, urgent=True).count == 20


def test_many_threads_and_limiters_share_one_allowance():
    """In any time no more than the burst and that time's rate pass, however many ask."""
    rate, burst, wanted = 200, 50, 200
    granted, began = [], time.monotonic()

    def ask():
        brake = limiter(rate=rate, burst=burst)
        while sum(granted) < wanted and time.monotonic() < began + 60:
            granted.append(brake.take(10, urgent=True).count)

    with ThreadPoolExecutor(8) as pool:
        for each in [pool.submit(ask) for _ in range(8)]:
            each.result()
    seconds = time.monotonic() - began
    assert wanted <= sum(granted) <= burst + rate * seconds + 1


def test_failure_06_rests_double_and_everybody_rests(monkeypatch):
    monkeypatch.setattr("notifications.limiter.THROTTLED_REST", (100_000, 500_000))
    brake, other = limiter(), limiter()
    lengths = []
    for _ in range(5):
        lengths.append(brake.rest_throttled())
        assert brake.rest_throttled() == 0, "refusals during a rest lengthen nothing"
        assert other.take(1, urgent=True).count == 0
        # Redis forgets a rest when it is over.
        hints.connection().delete("mavis:notify:test:rest")
    for length, expected in zip(lengths, (100, 200, 400, 500, 500), strict=True):
        assert expected * 0.8 <= length <= expected * 1.2


def test_failure_06_the_first_rest_lasts_about_five_seconds():
    assert 4 <= limiter().rest_throttled() <= 6


def test_failure_06_after_a_rest_senders_come_back_slowly(monkeypatch):
    monkeypatch.setattr("notifications.limiter.THROTTLED_REST", (100, 500))
    brake = limiter()
    assert brake.rest_throttled() > 0
    eventually(lambda: brake.state().rest_seconds == 0)
    refused = brake.take(20, urgent=True)
    assert refused.count == 0
    assert 0 < refused.wait_seconds <= 100


SILENT = rules.NotSent("")
SPOKEN = rules.Rejected("mistake", "")


@pytest.mark.parametrize(
    ("batches", "rests"),
    [
        ([[SILENT] * 19], False),
        ([[SILENT] * 20], True),
        ([[SILENT] * 10, [rules.Unknown("")] * 10], True),
        ([[SILENT] * 10, [SPOKEN], [SILENT] * 10], False),
        ([[SILENT] * 19 + [SPOKEN]], False),
        ([[SPOKEN] + [SILENT] * 20], True),
        ([[SILENT] * 15, [SILENT] * 4 + [SPOKEN] + [SILENT] * 4], False),
    ],
)
def test_failure_01_twenty_silences_in_a_row_rest_all(batches, rests):
    brake = limiter()
    assert [brake.count_answers(batch) for batch in batches][-1] is rests


def test_a_rest_that_only_a_clock_set_back_can_have_left_is_over():
    """Redis ends a key at an instant of its machine's clock: an hour set back makes it last one."""
    brake = limiter()
    brake.rest_throttled()
    hints.connection().pexpire("mavis:notify:test:rest", 3_600_000)
    assert brake.state().rest_seconds == 0
    assert brake.rest_throttled() > 0, "what Notify says now counts"
    hints.connection().pexpire("mavis:notify:test:rest", 3_600_000)
    assert 0 < brake.take(1, urgent=True).wait_seconds <= 100


def test_a_redis_that_forgot_everything_starts_a_new_burst():
    brake = limiter()
    brake.take(20, urgent=True)
    hints.connection().flushdb()
    assert brake.take(50, urgent=True).count == 20
