"""The rig's count: each kind of breach is noticed, and nothing else is called one."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mavis.rehearsals import cohort
from mavis.rehearsals.journal import Step
from mavis.rehearsals.verdict import (
    IN_REQUEST,
    NO_REQUEST,
    UNWRITTEN,
    AtNotify,
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


def at_notify(reference="a", notify_id="id-a", status="delivered", to="parent@example.com"):
    return AtNotify(reference, notify_id, status, to)


A = at_notify()
B = at_notify("b", "id-b")


def count(rows=(ROW,), accepted=(A,), **evidence):
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
        ([ROW], [A, at_notify(notify_id="id-b")], "sent twice"),
        ([ROW], [A, at_notify("stranger", "id-b")], "sent twice"),
        ([ROW, replace(ROW, reference="b", notify_id="id-b")], [A, B], "sent twice"),
        ([ROW, replace(ROW, reference="b", notify_id="id-b", letter="other")], [A, B],
         "sent twice"),
        ([replace(ROW, status="waiting")], [], "unsettled"),
        ([replace(ROW, status="claimed")], [], "unsettled"),
        ([replace(ROW, status="unknown")], [], "unsettled"),
        ([replace(ROW, status="parked")], [A], "said otherwise than Notify"),
        ([ROW], [at_notify(notify_id="id-b")], "said otherwise than Notify"),
        ([ROW], [at_notify(status="permanent-failure")], "said otherwise than Notify"),
        ([replace(ROW, status="failed")], [A], "said otherwise than Notify"),
        ([ROW], [at_notify(to="another@example.com")], "said otherwise than Notify"),
        ([replace(ROW, status="parked")], [], "given up without a cause"),
        ([replace(ROW, status="rejected")], [], "given up without a cause"),
    ],
)  # fmt: skip
def test_a_breach_is_noticed(rows, accepted, breach):
    verdict = count(rows, accepted)
    assert verdict.breaches[breach]
    assert not verdict.is_clean


def test_who_was_to_be_invited_and_has_no_message_is_lost():
    assert count(unwritten=[(7, "text", "+447700900600")]).lost == ["text to child 7"]


def test_an_address_may_be_called_bad_only_if_notify_found_that_it_does_not_exist():
    failed = replace(ROW, status="failed")
    at = at_notify(status="permanent-failure")
    assert count([failed], [at], called_bad=[ROW.recipient]).is_clean
    forged = count(called_bad=[ROW.recipient])
    assert forged.contradicted == ["parent@example.com called bad"]


@pytest.mark.parametrize("status", ["accepted", "sending"])
def test_to_know_less_than_notify_is_no_breach(status):
    assert count([replace(ROW, status=status)]).is_clean


def test_what_ordered_a_fault_may_be_given_up():
    parked = replace(ROW, status="parked", recipient="html400+7@sandbox.example")
    assert count([parked], []).is_clean


def test_a_message_may_be_withheld_where_a_fault_met_the_farewell():
    withheld = replace(ROW, status="withheld")
    assert count([withheld], [], doubtful=[1]).is_clean
    assert not count([withheld], [], doubtful=[2]).is_clean


def test_two_letters_for_different_programmes_are_two_invitations():
    other = replace(
        ROW, reference="b", notify_id="id-b", letter="other", programmes=frozenset({"menacwy"})
    )
    assert count([ROW, other], [A, B]).is_clean


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


@pytest.mark.parametrize(
    ("gone", "is_gone"),
    [
        (set(), False),
        ({(1, "")}, True),
        ({(1, "hpv")}, False),
        ({(1, "hpv"), (1, "menacwy")}, True),
        ({(2, "")}, False),
    ],
)
def test_a_child_is_expected_to_be_invited_while_anything_is_left_to_offer(gone, is_gone):
    assert cohort.is_gone(1, {"", "hpv", "menacwy"}, gone) is is_gone
