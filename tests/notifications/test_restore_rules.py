"""What is recognised, after a restore, as sent already."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.restore_rules import MARGIN, Sent, Verdict, reaches_known, weigh, words_of

DUMPED = datetime(2027, 1, 12, 9, 30, tzinfo=UTC)
ADA = "ada example has not had the hpv vaccination book by 12 march"
BEN = "ben example has not had the hpv vaccination book by 12 march"


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (("O'Neil & <b>",), "o neil b"),
        (("O’Neil &amp; <b>",), "o neil b"),
        (("Anne&#45;Marie \\(Bob\\)",), "anne marie bob"),
        (("Subject", "# Body\n\n* item_one"), "subject body item one"),
        (("ŴYN  é",), "ŵyn é"),
        ((), ""),
    ],
)
def test_texts_are_compared_by_their_words(texts, words):
    assert words_of(*texts) == words


@pytest.mark.parametrize(
    ("words", "name", "asked", "sent", "verdict"),
    [
        (ADA, "Ada", False, [], (Verdict.GO, None)),
        (ADA, "Ada", False, [Sent(1, ADA)], (Verdict.SENT_ALREADY, 1)),
        (ADA, "Ada", True, [Sent(1, ADA)], (Verdict.SENT_ALREADY, 1)),
        # A brother or sister at the same address.
        (ADA, "Ada", False, [Sent(1, BEN)], (Verdict.GO, None)),
        (ADA, "Ada", False, [Sent(1, BEN), Sent(2, ADA)], (Verdict.SENT_ALREADY, 2)),
        # The clinic's dates or the programmes have changed since.
        (f"{ADA} or april", "Ada", False, [Sent(1, ADA)], (Verdict.A_PERSON_DECIDES, 1)),
        (f"{ADA} or april", "Ada", False, [Sent(1, BEN), Sent(2, ADA)])
        + ((Verdict.A_PERSON_DECIDES, 2),),
        # A person has decided.
        (f"{ADA} or april", "Ada", True, [Sent(1, ADA)], (Verdict.GO, None)),
        # A name is a whole word, of one part or more, whatever stands around it.
        ("x", "Ad", False, [Sent(1, ADA)], (Verdict.GO, None)),
        ("x", "March", False, [Sent(1, ADA)], (Verdict.A_PERSON_DECIDES, 1)),
        ("x", "anne-marie", False, [Sent(1, "anne marie")], (Verdict.A_PERSON_DECIDES, 1)),
    ],
)
def test_only_the_same_child_at_the_same_address_is_alike(words, name, asked, sent, verdict):
    found = weigh(words=words, child_name=name, is_asked_for_again=asked, sent=sent)
    assert found == verdict


@given(st.text(), st.sampled_from(["’", "'", "-", " ", "&#45;", "**"]))
def test_punctuation_never_makes_a_text_another_one(text, mark):
    assert words_of(f"Anne{mark}Marie", text) == words_of("anne marie", text)


@pytest.mark.parametrize(
    ("accepted_at", "reaches"),
    [
        (None, False),
        (DUMPED + timedelta(hours=1), False),
        (DUMPED, False),
        (DUMPED - MARGIN, False),
        (DUMPED - MARGIN - timedelta(seconds=1), True),
    ],
)
def test_the_list_is_read_back_to_ten_minutes_before_the_copy(accepted_at, reaches):
    assert reaches_known(accepted_at, back_to=DUMPED) is reaches
