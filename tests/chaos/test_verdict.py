"""The rig's count: each kind of breach is noticed, and nothing else is called one."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mavis.rehearsals import cohort, evidence
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
from tests import factories

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


HPV, BOTH = frozenset({"hpv"}), frozenset({"hpv", "menacwy"})


def at_notify(
    reference="a", notify_id="id-a", status="delivered", to="parent@example.com", programmes=HPV
):
    return AtNotify(reference, notify_id, status, to, programmes)


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
        ([ROW], [at_notify(programmes=BOTH)], "said otherwise than Notify"),
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


@pytest.mark.parametrize(
    ("status", "accepted", "is_clean"),
    [
        ("rejected", [], True),
        ("withheld", [], False),
        ("parked", [], False),
        ("delivered", [A], False),
    ],
)
def test_a_number_that_cannot_exist_must_be_refused(status, accepted, is_clean):
    row = replace(ROW, status=status)
    found = count([row], accepted, impossible=[ROW.recipient], called_bad=[ROW.recipient])
    assert found.is_clean is is_clean


def test_a_message_may_be_withheld_where_a_fault_met_the_farewell():
    withheld = replace(ROW, status="withheld")
    assert count([withheld], [], doubtful=[1]).is_clean
    assert not count([withheld], [], doubtful=[2]).is_clean


def test_two_letters_for_different_programmes_are_two_invitations():
    other = replace(
        ROW, reference="b", notify_id="id-b", letter="other", programmes=frozenset({"menacwy"})
    )
    about_it = at_notify("b", "id-b", programmes=frozenset({"menacwy"}))
    assert count([ROW, other], [A, about_it]).is_clean
    assert count([ROW, other], [A, B]).twice == ["child 1, hpv"], "by the words that Notify took"


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
    ("words", "stale"), [(BOTH, ["a"]), (HPV, ["a"]), (frozenset({"menacwy"}), [])]
)
def test_of_two_programmes_only_what_names_the_one_that_fell_away_is_too_late(words, stale):
    """By the words that Notify took, whatever the database says of them."""
    verdict = count(
        [replace(ROW, programmes=frozenset({"menacwy"}))],
        [at_notify(programmes=words)],
        gone=[Gone(1, "hpv", later(10))],
        steps=[claimed(at=later(11))],
        attempts=[Attempt("a", later(12), T)],
    )
    assert verdict.stale == stale


@pytest.mark.parametrize(
    ("gone", "is_lost"),
    [({""}, False), ({"hpv", "menacwy"}, False), ({"hpv"}, True), (set(), True)],
)
def test_what_was_withheld_though_a_part_was_due_is_lost(gone, is_lost):
    withheld = replace(ROW, status="withheld", programmes=BOTH)
    verdict = count([withheld], [], gone=[Gone(1, programme, T) for programme in gone])
    assert bool(verdict.lost) == is_lost


def test_the_words_tell_which_programmes_a_message_names():
    names = {"hpv": "HPV", "menacwy": "MenACWY", "flu": "Flu"}
    assert evidence.programmes_named("has not had the HPV and MenACWY vaccinations.", names) == BOTH


@pytest.fixture
def family(db):
    """A cohort of one child, in a clinic for HPV and MenACWY, with an email and a mobile."""
    session = factories.ClinicSessionFactory()
    session.programmes.add("menacwy")
    contacts = {1: {("email", "a@example.com"), ("text", "+447700900600")}}
    return cohort.Cohort([session], {}, {}, contacts, joined={1: session})


TOLD = {("email", "a@example.com", "hpv"), ("email", "a@example.com", "menacwy"),
        ("text", "+447700900600", "hpv"), ("text", "+447700900600", "menacwy")}  # fmt: skip


@pytest.mark.parametrize(
    ("gone", "missing", "lost"),
    [
        (set(), set(), set()),
        (set(), {"text"}, {"text"}),
        (set(), {"hpv"}, {"email", "text"}),
        ({"hpv"}, {"hpv"}, set()),
        ({"hpv"}, {"email"}, {"email"}),
        ({"hpv"}, {"menacwy"}, {"email", "text"}),
        ({"hpv", "menacwy"}, {"email", "text"}, set()),
        ({""}, {"email", "text"}, set()),
    ],
)
def test_every_address_is_expected_to_be_told_of_all_that_is_left(family, gone, missing, lost):
    family.farewells = [cohort.Farewell(1, "why", programme, T) for programme in gone]
    written = {(1, *told) for told in TOLD if not missing & set(told)}
    assert {channel for _, channel, _ in family.unwritten(written)} == lost
    family.doubtful = {1}
    assert family.unwritten(set()) == set()
