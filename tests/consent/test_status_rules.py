"""Whose answer counts, what all agree to, and where triage stands, as tables."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from consent import status_rules as rules
from consent.decisions import Agreement
from consent.status_rules import CHILD, Response, TriageDecision
from sessions_app.choices import ConsentStatus, TriageStatus

MONDAY = datetime(2027, 1, 11, 9, tzinfo=UTC)
TODAY = date(2027, 1, 20)
MUM, DAD = 1, 2
SCOPE = {"programme": "flu", "academic_year": 2026}
NASAL, INJECTION = ("nasal",), ("injection",)
EITHER = ("nasal", "injection")


def answer(responder, decision, *, days=0, **fields):
    return Response(
        responder=responder,
        programme="flu",
        academic_year=2026,
        decision=decision,
        responded_at=MONDAY + timedelta(days=days),
        order=days,
        **fields,
    )


def decided(outcome, *, days=1, **fields):
    return TriageDecision(
        programme="flu",
        academic_year=2026,
        outcome=outcome,
        performed_at=MONDAY + timedelta(days=days),
        order=days,
        **fields,
    )


def consent(*responses):
    return rules.consent_status(responses, **SCOPE)


def triage(responses, decisions, today=TODAY):
    return rules.triage_status(responses, decisions, today=today, **SCOPE)


MIDNIGHT, TYPED = MONDAY.replace(hour=0), MONDAY.replace(hour=10)
LAST_MOMENT = datetime(2027, 1, 11, 23, 59, 59, 999999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("decision", "recorded_at", "expected"),
    [
        ("given", TYPED, MIDNIGHT),
        ("given", TYPED + timedelta(days=3), MIDNIGHT),
        ("not_provided", TYPED, MIDNIGHT),
        ("refused", TYPED, TYPED),
        ("refused", TYPED + timedelta(days=3), LAST_MOMENT),
    ],
)
def test_an_answer_known_by_its_day_counts_where_it_is_safe(decision, recorded_at, expected):
    assert rules.counts_from(date(2027, 1, 11), decision, recorded_at=recorded_at) == expected


def test_the_day_of_a_form_is_a_london_day_in_summer_too():
    typed = datetime(2026, 9, 12, 9, tzinfo=UTC)
    begins = datetime(2026, 9, 9, 23, tzinfo=UTC)
    ends = datetime(2026, 9, 10, 22, 59, 59, 999999, tzinfo=UTC)
    assert rules.counts_from(date(2026, 9, 10), "given", recorded_at=typed) == begins
    assert rules.counts_from(date(2026, 9, 10), "refused", recorded_at=typed) == ends


@pytest.mark.parametrize(
    ("on_paper", "by_phone", "phoned_at", "typed_at", "expected"),
    [
        ("refused", "given", 8, 10, ConsentStatus.REFUSED),
        ("refused", "given", 12, 34, ConsentStatus.REFUSED),
        # Said after the form was typed in, so surely after it was signed.
        ("refused", "given", 12, 10, ConsentStatus.GIVEN),
        ("refused", "given", 25, 34, ConsentStatus.GIVEN),
        ("given", "refused", 8, 10, ConsentStatus.REFUSED),
        ("given", "refused", 12, 10, ConsentStatus.REFUSED),
        ("given", "refused", -2, 10, ConsentStatus.GIVEN),
    ],
)
def test_a_refusal_of_the_same_day_blocks_unless_it_was_surely_taken_back(
    on_paper, by_phone, phoned_at, typed_at, expected
):
    """Hours are those since the day on the form began."""
    typed = MIDNIGHT + timedelta(hours=typed_at)
    paper = replace(
        answer(MUM, on_paper),
        responded_at=rules.counts_from(date(2027, 1, 11), on_paper, recorded_at=typed),
    )
    phone = replace(
        answer(MUM, by_phone, days=1), responded_at=MIDNIGHT + timedelta(hours=phoned_at)
    )
    assert consent(paper, phone) == expected


YES = answer(MUM, "given", methods=NASAL)
NO = answer(DAD, "refused")
PERHAPS = answer(DAD, "refused", awaits_follow_up=True)
OWN = answer(CHILD, "given", days=1)
WORRY = answer(MUM, "given", methods=EITHER, calls_for_triage=True)


@pytest.mark.parametrize(
    ("responses", "expected"),
    [
        ([PERHAPS], ConsentStatus.FOLLOW_UP),
        ([PERHAPS, YES], ConsentStatus.FOLLOW_UP),
        ([PERHAPS, answer(MUM, "refused")], ConsentStatus.CONFLICTS),
        ([YES, NO], ConsentStatus.CONFLICTS),
        ([YES, answer(DAD, "given", methods=INJECTION)], ConsentStatus.CONFLICTS),
        ([YES, answer(DAD, "given", methods=EITHER)], ConsentStatus.GIVEN),
        ([YES, NO, OWN], ConsentStatus.GIVEN),
        ([YES, answer(CHILD, "refused", days=1)], ConsentStatus.REFUSED),
        ([NO, replace(OWN, is_competent=False)], ConsentStatus.REFUSED),
        ([NO, replace(OWN, is_invalid=True)], ConsentStatus.REFUSED),
        # I21: a parent's later view does not outweigh the competent child's.
        ([OWN, answer(DAD, "refused", days=2)], ConsentStatus.GIVEN),
    ],
)
def test_i21_the_childs_own_answer_counts_alone_and_methods_must_meet(responses, expected):
    assert consent(*responses) == expected


@pytest.mark.parametrize(
    ("responses", "expected"),
    [
        ([], None),
        ([YES, NO], None),
        ([YES], Agreement(NASAL)),
        ([YES, answer(DAD, "given", methods=EITHER)], Agreement(NASAL)),
        ([answer(MUM, "given", methods=("injection", "nasal"))], Agreement(EITHER)),
        (
            [
                answer(MUM, "given", methods=EITHER),
                answer(DAD, "given", methods=INJECTION, without_gelatine=True),
            ],
            Agreement(INJECTION, without_gelatine=True),
        ),
        ([YES, answer(DAD, "given", methods=INJECTION)], None),
    ],
)
def test_what_is_agreed_to_is_what_all_agree_to(responses, expected):
    assert rules.agreed(rules.counted_responses(responses, **SCOPE)) == expected


LATER_WORRY = answer(MUM, "given", days=2, methods=EITHER, calls_for_triage=True)
LATER_CALM = answer(MUM, "given", days=2, methods=EITHER)
DELAY = decided("delay", delay_until=TODAY + timedelta(days=1))


@pytest.mark.parametrize(
    ("responses", "decisions", "expected"),
    [
        ([WORRY], [], TriageStatus.NEEDED),
        ([WORRY], [decided("safe")], TriageStatus.SAFE),
        ([WORRY], [decided("keep")], TriageStatus.NEEDED),
        ([WORRY], [decided("do_not_vaccinate")], TriageStatus.DO_NOT_VACCINATE),
        ([WORRY], [decided("invite_to_clinic")], TriageStatus.INVITE_TO_CLINIC),
        ([WORRY], [DELAY], TriageStatus.DELAY),
        ([WORRY], [decided("delay", delay_until=TODAY)], TriageStatus.NEEDED),
        ([YES], [decided("delay", delay_until=TODAY)], TriageStatus.NEEDED),
        ([WORRY], [decided("safe"), decided("keep", days=2)], TriageStatus.NEEDED),
        ([WORRY], [decided("safe"), decided("keep", days=2, is_invalid=True)], TriageStatus.SAFE),
        # Rule 6: what was answered after the decision was never looked at.
        ([LATER_WORRY], [decided("safe")], TriageStatus.NEEDED),
        ([LATER_WORRY], [decided("do_not_vaccinate")], TriageStatus.NEEDED),
        ([LATER_CALM], [decided("safe")], TriageStatus.SAFE),
        ([LATER_CALM], [decided("do_not_vaccinate")], TriageStatus.DO_NOT_VACCINATE),
        # Safe for a vaccine that nobody agrees to any more.
        ([WORRY], [decided("safe", method="nasal")], TriageStatus.SAFE),
        (
            [WORRY, answer(DAD, "given", methods=INJECTION)],
            [decided("safe", method="nasal")],
            TriageStatus.NEEDED,
        ),
        ([WORRY, NO], [], TriageStatus.NOT_NEEDED),
        ([WORRY, NO], [decided("safe")], TriageStatus.NOT_NEEDED),
        ([NO], [decided("do_not_vaccinate")], TriageStatus.DO_NOT_VACCINATE),
        ([NO], [DELAY], TriageStatus.DELAY),
        ([NO], [decided("delay", delay_until=TODAY)], TriageStatus.NOT_NEEDED),
        ([], [decided("keep")], TriageStatus.NOT_NEEDED),
    ],
)
def test_where_triage_stands(responses, decisions, expected):
    assert triage(responses, decisions) == expected
    assert triage(responses, decisions[::-1]) == expected


def test_triage_of_another_programme_or_year_says_nothing():
    for other in (
        replace(decided("safe"), programme="hpv"),
        replace(decided("safe"), academic_year=2025),
    ):
        assert triage([WORRY], [other]) == TriageStatus.NEEDED


@pytest.mark.parametrize("consent", ConsentStatus.values)
@pytest.mark.parametrize("triage", TriageStatus.values)
def test_only_given_consent_and_settled_triage_let_a_child_be_vaccinated(consent, triage):
    may = rules.may_be_vaccinated(consent=consent, triage=triage)
    assert may == (consent == "given" and triage in ("safe", "not_needed"))


def test_consent_14_28_refusal_after_safe_triage():
    responses = [WORRY]
    assert triage(responses, [decided("safe")]) == TriageStatus.SAFE
    responses.append(answer(DAD, "refused", days=3))
    assert consent(*responses) == ConsentStatus.CONFLICTS
    assert not rules.may_be_vaccinated(
        consent=consent(*responses), triage=triage(responses, [decided("safe")])
    )


@pytest.mark.parametrize(
    ("decisions", "is_against"),
    [
        ([], False),
        ([decided("do_not_vaccinate")], True),
        ([decided("do_not_vaccinate"), decided("safe", days=2)], False),
        ([decided("safe"), decided("do_not_vaccinate", days=2)], True),
        ([decided("do_not_vaccinate", is_invalid=True)], False),
        ([replace(decided("do_not_vaccinate"), programme="hpv")], False),
        ([replace(decided("do_not_vaccinate"), academic_year=2025)], False),
    ],
)
def test_it_is_decided_against_while_the_newest_decision_says_no(decisions, is_against):
    assert rules.is_decided_against(decisions, **SCOPE) == is_against


def test_only_parents_whose_last_word_is_consent_gave_it():
    said = [
        answer(MUM, "given"),
        answer(DAD, "refused"),
        answer(DAD, "given", days=1),
        answer(3, "given"),
        answer(3, "refused", days=1),
    ]
    assert rules.parents_who_gave(said, **SCOPE) == {MUM, DAD}
    assert rules.parents_who_gave([answer(CHILD, "given")], **SCOPE) == set()
    assert rules.parents_who_gave([replace(said[0], programme="hpv")], **SCOPE) == set()
