"""The rig's count: each kind of breach is noticed, and nothing else is called one."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mavis.rehearsals.journal import Step
from mavis.rehearsals.verdict import (
    IN_REQUEST,
    NO_REQUEST,
    UNWRITTEN,
    Attempt,
    Gone,
    Row,
    judge,
)
from notifications.rules import SENDER_GONE

T = datetime(2027, 1, 12, 12, tzinfo=UTC)
ROW = Row(
    reference="a",
    status="delivered",
    notify_id="id-a",
    letter="letter",
    channel="email",
    recipient="parent@example.com",
    child_id=1,
    programmes=frozenset({"hpv"}),
)


def later(seconds):
    return T + timedelta(seconds=seconds)


def claimed(reference="a", at=T, claim=None):
    return Step(reference, "waiting", "claimed", claim or uuid.uuid4(), "", at)


def count(rows=(ROW,), accepted=(("a", "id-a"),), **evidence):
    nothing = {"attempts": [], "steps": [], "gone": [], "kills": [], "unwritten": []}
    return judge(rows=list(rows), accepted=list(accepted), **(nothing | evidence))


def test_what_was_sent_once_is_clean():
    verdict = count(attempts=[Attempt("a", T, T)], steps=[claimed()])
    assert verdict.is_clean
    assert (verdict.planned, verdict.accepted_at_notify) == (1, 1)


@pytest.mark.parametrize(
    ("rows", "accepted", "breach"),
    [
        ([ROW], [], "lost"),
        ([replace(ROW, status="withheld")], [], "lost"),
        ([ROW], [("a", "id-a"), ("a", "id-b")], "sent twice"),
        ([ROW], [("a", "id-a"), ("stranger", "id-b")], "sent twice"),
        ([ROW, replace(ROW, reference="b", notify_id="id-b")],
         [("a", "id-a"), ("b", "id-b")], "sent twice"),
        ([ROW, replace(ROW, reference="b", notify_id="id-b", letter="other")],
         [("a", "id-a"), ("b", "id-b")], "sent twice"),
        ([replace(ROW, status="waiting")], [], "unsettled"),
        ([replace(ROW, status="claimed")], [], "unsettled"),
        ([replace(ROW, status="unknown")], [], "unsettled"),
        ([replace(ROW, status="parked")], [("a", "id-a")], "said otherwise than Notify"),
        ([ROW], [("a", "id-b")], "said otherwise than Notify"),
    ],
)  # fmt: skip
def test_a_breach_is_noticed(rows, accepted, breach):
    verdict = count(rows, accepted)
    assert verdict.breaches[breach]
    assert not verdict.is_clean


def test_who_was_to_be_invited_and_has_no_message_is_lost():
    assert count(unwritten=[(7, "text", "+447700900600")]).lost == ["text to child 7"]


def test_two_letters_for_different_programmes_are_two_invitations():
    other = replace(
        ROW, reference="b", notify_id="id-b", letter="other", programmes=frozenset({"menacwy"})
    )
    assert count([ROW, other], [("a", "id-a"), ("b", "id-b")]).is_clean


@pytest.mark.parametrize("programme", ["", "hpv"])
def test_a_claim_after_the_child_became_ineligible_must_not_be_sent(programme):
    gone = [Gone(1, programme, later(10))]
    too_late = count(
        gone=gone, steps=[claimed(at=later(11))], attempts=[Attempt("a", later(12), T)]
    )
    assert too_late.stale == ["a"]


@pytest.mark.parametrize(
    ("gone", "claim_at", "requests"),
    [
        (Gone(1, "", later(10)), later(9), [later(12)]),
        (Gone(1, "", later(10)), later(11), []),
        (Gone(1, "", later(10)), later(11), [later(8)]),
        (Gone(1, "menacwy", later(10)), later(11), [later(12)]),
        (Gone(2, "", later(10)), later(11), [later(12)]),
    ],
    ids=["claimed before", "held back", "an older claim's request", "other programme", "other"],
)
def test_what_could_not_be_known_or_was_held_back_is_not_too_late(gone, claim_at, requests):
    attempts = [Attempt("a", at, T) for at in requests]
    assert not count(gone=[gone], steps=[claimed(at=claim_at)], attempts=attempts).stale


@pytest.mark.parametrize(
    ("attempts", "kill_at", "where"),
    [
        ([], later(1), NO_REQUEST),
        ([Attempt("a", later(-100), later(-99))], later(1), NO_REQUEST),
        ([Attempt("a", later(1), None)], later(2), IN_REQUEST),
        ([Attempt("a", later(1), later(3))], later(2), IN_REQUEST),
        ([Attempt("a", later(1), later(2))], later(3), UNWRITTEN),
    ],
)
def test_a_claim_given_up_tells_how_far_its_sender_had_come(attempts, kill_at, where):
    claim = uuid.uuid4()
    steps = [
        claimed(claim=claim),
        Step("a", "claimed", "unknown", claim, SENDER_GONE, later(120)),
    ]
    verdict = count(steps=steps, attempts=attempts, kills=[kill_at])
    assert verdict.claims_given_up[where] == 1
    assert sum(verdict.claims_given_up.values()) == 1
