"""The rig notices when a schedule that beat missed is not caught up, or twice."""

from datetime import UTC, datetime, timedelta

import pytest

from heartbeats.rules import Times
from mavis.rehearsals.journal import Beat
from mavis.rehearsals.missed import judge

BACK = datetime(2027, 1, 15, 9, 20, tzinfo=UTC)
COMES = {
    "nightly": Times(minutes=frozenset({15}), hours=frozenset({3})),
    "hourly": Times(minutes=frozenset({50}), hours=frozenset(range(24))),
}
SENT, BEGUN = True, False


def judged(*beats, minutes=20):
    return judge(
        {"nightly", "hourly"},
        [Beat(schedule, is_sent, BACK) for schedule, is_sent in beats],
        comes=COMES,
        since=BACK,
        until=BACK + timedelta(minutes=minutes),
    )


ONCE = [("nightly", SENT), ("nightly", BEGUN), ("hourly", SENT), ("hourly", BEGUN)]


def test_each_once_is_clean():
    found = judged(*ONCE)
    assert found.is_clean
    assert found.missed == 2


@pytest.mark.parametrize(
    ("beats", "late"),
    [
        ((), ["hourly", "nightly"]),
        (ONCE[:2], ["hourly"]),
        # Sent, and no worker began it.
        ((*ONCE[:1], *ONCE[2:]), ["nightly"]),
    ],
)
def test_what_was_not_caught_up_is_named(beats, late):
    assert judged(*beats).late == late


@pytest.mark.parametrize(
    ("more", "twice"),
    [
        ([("nightly", SENT), ("nightly", BEGUN)], ["nightly"]),
        ([("nightly", BEGUN)], ["nightly"]),
        ([("hourly", SENT)], ["hourly"]),
        # What comes each hour also comes by itself.
        ([("hourly", BEGUN)], []),
    ],
)
def test_what_ran_twice_is_named(more, twice):
    found = judged(*ONCE, *more)
    assert (found.twice, found.is_clean) == (twice, not twice)


def test_what_fell_due_again_may_be_caught_up_again():
    assert judged(*ONCE, ("hourly", SENT), minutes=40).is_clean
