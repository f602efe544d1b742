"""Pages say truly when messages go that are confirmed now: many wait, and texts rest at night."""

import pytest

from sessions_app.mailing_words import when_held
from tests.instants import at

HELD = (
    "They go two minutes after you confirm. Until then you can call them back, and nothing is sent."
)


@pytest.mark.parametrize(
    ("now", "is_held", "texts", "said"),
    [
        ("2027-01-12T12:00", False, 5, ""),
        ("2027-01-12T12:00", True, 5, HELD),
        ("2027-01-12T20:57", True, 5, HELD),
        ("2027-01-12T20:58", True, 5, f"{HELD} Text messages wait until 8:00am tomorrow."),
        ("2027-01-12T20:58", False, 5, ""),
        ("2027-01-12T21:00", False, 5, "Text messages wait until 8:00am tomorrow."),
        ("2027-01-12T02:02", True, 5, f"{HELD} Text messages wait until 8:00am."),
        ("2027-01-12T07:57", True, 5, f"{HELD} Text messages wait until 8:00am."),
        ("2027-01-12T07:58", True, 5, HELD),
        ("2027-01-12T02:02", True, 0, HELD),
        ("2027-01-12T02:02", False, 0, ""),
    ],
)
def test_when_messages_go_that_are_confirmed_now(now, is_held, texts, said):
    assert when_held(at(now), is_held=is_held, texts=texts) == said
