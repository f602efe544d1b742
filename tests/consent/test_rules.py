"""What answers add up to, and when parents may be asked, as tables and as properties."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import rules, status_rules
from consent.choices import Decision
from consent.status_rules import Response
from sessions_app.choices import ConsentStatus, TriageStatus

MONDAY = datetime(2027, 1, 11, 9, tzinfo=UTC)
WEDNESDAY = MONDAY + timedelta(days=2)
MUM, DAD, GRAN = 1, 2, 3
GIVEN, REFUSED, SILENT = Decision.GIVEN, Decision.REFUSED, Decision.NOT_PROVIDED
SCOPE = {"programme": "hpv", "academic_year": 2026}


def answer(responder, decision, *, days=0, order=0, **flags):
    flags.setdefault("programme", "hpv")
    flags.setdefault("academic_year", 2026)
    return Response(
        responder=responder,
        decision=decision,
        responded_at=MONDAY + timedelta(days=days),
        order=order,
        **flags,
    )


def status(*responses):
    return status_rules.consent_status(responses, **SCOPE)


def triage(*responses, decisions=(), today=date(2027, 1, 20)):
    return status_rules.triage_status(responses, decisions, today=today, **SCOPE)


@pytest.mark.parametrize(
    ("responses", "expected"),
    [
        ([], ConsentStatus.NO_RESPONSE),
        ([answer(MUM, SILENT)], ConsentStatus.NO_RESPONSE),
        ([answer(MUM, GIVEN, is_invalid=True)], ConsentStatus.NO_RESPONSE),
        ([answer(MUM, GIVEN)], ConsentStatus.GIVEN),
        ([answer(MUM, GIVEN), answer(DAD, GIVEN)], ConsentStatus.GIVEN),
        ([answer(MUM, REFUSED)], ConsentStatus.REFUSED),
        ([answer(MUM, GIVEN), answer(DAD, REFUSED)], ConsentStatus.CONFLICTS),
        ([answer(MUM, REFUSED), answer(MUM, GIVEN, days=1)], ConsentStatus.GIVEN),
        ([answer(MUM, GIVEN), answer(MUM, REFUSED, days=1)], ConsentStatus.REFUSED),
        ([answer(MUM, GIVEN), answer(MUM, SILENT, days=1)], ConsentStatus.GIVEN),
        ([answer(MUM, GIVEN, withdrawn_at=WEDNESDAY)], ConsentStatus.REFUSED),
        ([answer(MUM, GIVEN, withdrawn_at=WEDNESDAY), answer(DAD, GIVEN)], ConsentStatus.CONFLICTS),
        # What she said last counts, whichever answer it was about.
        (
            [answer(MUM, GIVEN, withdrawn_at=WEDNESDAY), answer(MUM, GIVEN, days=1)],
            ConsentStatus.REFUSED,
        ),
        (
            [answer(MUM, GIVEN, withdrawn_at=WEDNESDAY), answer(MUM, GIVEN, days=3)],
            ConsentStatus.GIVEN,
        ),
        (
            [answer(MUM, REFUSED, confirmed_at=WEDNESDAY), answer(MUM, GIVEN, days=1)],
            ConsentStatus.REFUSED,
        ),
        (
            [answer(MUM, GIVEN), answer(MUM, REFUSED, days=1, is_invalid=True)],
            ConsentStatus.GIVEN,
        ),
        ([answer(MUM, GIVEN, programme="menacwy")], ConsentStatus.NO_RESPONSE),
        ([answer(MUM, GIVEN, academic_year=2025)], ConsentStatus.NO_RESPONSE),
        ([answer(MUM, GIVEN), answer(DAD, REFUSED, programme="menacwy")], ConsentStatus.GIVEN),
    ],
)
def test_the_status_of_answers(responses, expected):
    assert status(*responses) == expected


def test_e33_people_of_one_name_stay_two_because_ids_decide():
    assert status(answer(MUM, GIVEN), answer(GRAN, REFUSED, days=1)) == ConsentStatus.CONFLICTS


def test_i22_the_time_of_the_answer_decides_not_the_time_it_was_stored():
    stored_last = answer(MUM, GIVEN, days=0, order=9)
    answered_last = answer(MUM, REFUSED, days=1, order=1)
    assert status(stored_last, answered_last) == ConsentStatus.REFUSED


def test_answers_of_one_instant_are_told_apart_by_their_order():
    assert status(answer(MUM, GIVEN, order=1), answer(MUM, REFUSED, order=2)) == (
        ConsentStatus.REFUSED
    )


@pytest.mark.parametrize(
    ("responses", "needed"),
    [
        ([], False),
        ([answer(MUM, GIVEN)], False),
        ([answer(MUM, GIVEN, calls_for_triage=True)], True),
        ([answer(MUM, GIVEN), answer(DAD, GIVEN, calls_for_triage=True)], True),
        ([answer(MUM, GIVEN, calls_for_triage=True), answer(DAD, REFUSED)], False),
        (
            [answer(MUM, GIVEN, calls_for_triage=True), answer(MUM, GIVEN, days=1)],
            False,
        ),
        ([answer(MUM, GIVEN, calls_for_triage=True, is_invalid=True)], False),
    ],
)
def test_triage_is_needed_for_given_consent_with_a_yes_that_calls_for_it(responses, needed):
    assert triage(*responses) == (TriageStatus.NEEDED if needed else TriageStatus.NOT_NEEDED)


moments = st.datetimes(
    min_value=datetime(2026, 9, 1), max_value=datetime(2026, 9, 3), timezones=st.just(UTC)
)
answers = st.builds(
    Response,
    responder=st.integers(1, 4),
    programme=st.sampled_from(["hpv", "menacwy"]),
    academic_year=st.sampled_from([2025, 2026]),
    decision=st.sampled_from([decision.value for decision in Decision]),
    responded_at=moments,
    order=st.integers(0, 3),
    withdrawn_at=st.none() | moments,
    confirmed_at=st.none() | moments,
    is_invalid=st.booleans(),
    calls_for_triage=st.booleans(),
)
many_answers = st.lists(answers, max_size=12).map(
    lambda found: [replace(response, order=n) for n, response in enumerate(found)]
)


def slow_status(responses):
    """The same promise, said another way: look at all that each person said, from the last back."""
    said = [
        (moment, response.order, response)
        for response in responses
        for moment in (response.responded_at, response.withdrawn_at, response.confirmed_at)
        if moment is not None
    ]
    standing = set()
    for responder in {response.responder for response in responses}:
        for _, _, response in sorted(said, key=lambda word: word[:2], reverse=True):
            if (
                response.responder == responder
                and response.programme == "hpv"
                and response.academic_year == 2026
                and not response.is_invalid
                and response.decision != "not_provided"
            ):
                standing.add("refused" if response.withdrawn_at else response.decision)
                break
    return {(): "no_response", ("given",): "given", ("refused",): "refused"}.get(
        tuple(sorted(standing)), "conflicts"
    )


@given(many_answers)
def test_the_status_equals_an_independent_slow_model(responses):
    assert status(*responses) == slow_status(responses)


@given(many_answers, st.randoms())
def test_the_order_in_which_answers_are_read_does_not_matter(responses, random):
    shuffled = list(responses)
    random.shuffle(shuffled)
    assert status(*shuffled) == status(*responses)


@given(many_answers, st.integers(1, 4))
def test_a_later_refusal_always_blocks(responses, responder):
    refusal = answer(responder, REFUSED, days=9000, order=99)
    assert status(*responses, refusal) in (ConsentStatus.REFUSED, ConsentStatus.CONFLICTS)


@given(many_answers, answers)
def test_invalid_unanswered_and_other_scopes_never_change_anything(responses, extra):
    extra = replace(extra, order=99)
    for ignored in (
        replace(extra, is_invalid=True),
        replace(extra, decision="not_provided"),
        replace(extra, programme="menacwy"),
        replace(extra, academic_year=2025),
    ):
        assert status(*responses, ignored) == status(*responses)


@given(many_answers)
def test_triage_is_never_needed_without_given_consent(responses):
    if triage(*responses) == TriageStatus.NEEDED:
        assert status(*responses) == ConsentStatus.GIVEN


HPV = rules.ProgrammeFacts(
    key="hpv",
    name="HPV",
    consent=ConsentStatus.NO_RESPONSE,
    triage=TriageStatus.NOT_NEEDED,
    is_vaccinated=False,
    is_in_year_group=True,
)
ASKABLE = rules.ChildFacts(
    is_deceased=False,
    is_invalid=False,
    is_restricted=False,
    is_reachable=True,
    is_session_closed=False,
    responses_close_on=date(2027, 3, 10),
    programmes=(HPV,),
)
OPEN_DAY = date(2027, 3, 10)


def without(**changes):
    return replace(ASKABLE, programmes=(replace(HPV, **changes),))


def is_sentence(words):
    return re.fullmatch(r"[A-Z][a-z]+ [^.]+\.", words) and not re.search(r"[A-Z]{2}", words)


def test_a_request_may_be_sent_while_nothing_speaks_against_it():
    assert rules.why_no_request(ASKABLE, today=OPEN_DAY) == ""


@pytest.mark.parametrize(
    ("facts", "today", "words"),
    [
        (replace(ASKABLE, is_deceased=True), OPEN_DAY, "the child has died"),
        (replace(ASKABLE, is_invalid=True), OPEN_DAY, "flagged as invalid"),
        (replace(ASKABLE, is_restricted=True), OPEN_DAY, "flagged as sensitive"),
        (replace(ASKABLE, is_session_closed=True), OPEN_DAY, "this session is closed"),
        (replace(ASKABLE, is_reachable=False), OPEN_DAY, "no parent has an email address"),
        (replace(ASKABLE, responses_close_on=None), OPEN_DAY, "once session dates are scheduled"),
        (ASKABLE, date(2027, 3, 11), "closed at the end of 10 March 2027"),
        (without(consent=ConsentStatus.GIVEN), OPEN_DAY, "already been recorded"),
        (without(consent=ConsentStatus.REFUSED), OPEN_DAY, "already been recorded"),
        (without(consent=ConsentStatus.CONFLICTS), OPEN_DAY, "already been recorded"),
        (without(is_vaccinated=True), OPEN_DAY, "already vaccinated"),
        (without(is_in_year_group=False), OPEN_DAY, "not in a year group"),
        (without(is_kept_from_parents=True), OPEN_DAY, "asked us not to tell their parents"),
    ],
)
def test_e28_e30_why_no_request_may_be_sent(facts, today, words):
    reason = rules.why_no_request(facts, today=today)
    assert words in reason
    assert is_sentence(reason)


def test_e32_one_programme_without_an_answer_is_enough_to_ask():
    answered = replace(HPV, name="MenACWY", consent=ConsentStatus.GIVEN)
    facts = replace(ASKABLE, programmes=(answered, HPV))
    assert rules.why_no_request(facts, today=OPEN_DAY) == ""


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (ASKABLE, ""),
        (replace(ASKABLE, responses_close_on=None), ""),
        (replace(ASKABLE, responses_close_on=date(2026, 10, 1)), ""),
        (without(consent=ConsentStatus.REFUSED), ""),
        (replace(ASKABLE, is_restricted=True), ""),
        (replace(ASKABLE, is_session_closed=True), "this session is closed"),
        (replace(ASKABLE, is_deceased=True), "the child has died"),
        (without(is_vaccinated=True), "already vaccinated"),
        (without(is_in_year_group=False), "not in a year group"),
    ],
)
def test_e31_when_a_response_can_be_recorded(facts, words):
    reason = rules.why_no_response(facts, facts.programmes[0])
    assert words in reason
    assert is_sentence(reason) if words else reason == ""


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (without(consent=ConsentStatus.GIVEN), ""),
        (replace(without(consent=ConsentStatus.GIVEN), is_restricted=True), ""),
        (replace(without(consent=ConsentStatus.GIVEN), is_deceased=True), "the child has died"),
        (replace(without(consent=ConsentStatus.GIVEN), is_session_closed=True), "is closed"),
        (without(consent=ConsentStatus.GIVEN, is_vaccinated=True), "already vaccinated"),
        *(
            (without(consent=status), "once consent is given")
            for status in ConsentStatus
            if status != ConsentStatus.GIVEN
        ),
    ],
)
def test_triage_is_possible_whenever_consent_is_given(facts, words):
    reason = rules.why_no_triage(facts, facts.programmes[0])
    assert words in reason
    assert is_sentence(reason) if words else reason == ""


def test_who_refused_is_told_in_a_sentence():
    people = ["Jane Smith (Mum)", "John Smith (Dad)"]
    assert rules.refused_by(people) == "Refused by Jane Smith (Mum) and John Smith (Dad)."


@pytest.mark.parametrize(
    ("hours", "repeat"), [(None, False), (0, True), (23.9, True), (24, False), (50, False)]
)
def test_e29_a_second_request_within_a_day_is_a_repeat(hours, repeat):
    latest = None if hours is None else MONDAY - timedelta(hours=hours)
    assert rules.is_repeat(latest_request_at=latest, now=MONDAY) is repeat


@pytest.mark.parametrize(("seconds", "double"), [(None, False), (0, True), (59, True), (60, False)])
def test_a_second_request_within_a_minute_is_a_double_click(seconds, double):
    latest = None if seconds is None else MONDAY - timedelta(seconds=seconds)
    assert rules.is_double_click(latest_request_at=latest, now=MONDAY) is double


@pytest.mark.parametrize(
    ("dates", "today", "expected"),
    [
        ([], date(2027, 3, 1), None),
        ([date(2027, 3, 10), date(2027, 3, 20)], date(2027, 3, 1), date(2027, 3, 9)),
        ([date(2027, 3, 20), date(2027, 3, 10)], date(2027, 3, 10), date(2027, 3, 19)),
        ([date(2027, 3, 10)], date(2027, 3, 10), None),
    ],
)
def test_messages_quote_the_day_before_the_next_date(dates, today, expected):
    assert rules.respond_by(dates, today=today) == expected


@pytest.mark.parametrize(
    ("consent", "triage", "is_vaccinated", "title"),
    [
        ("no_response", "not_needed", False, "No response"),
        ("given", "not_needed", False, "Ready for nurse"),
        ("given", "needed", False, "Needs triage"),
        ("given", "safe", False, "Safe to vaccinate"),
        ("given", "do_not_vaccinate", False, "Could not vaccinate"),
        ("given", "delay", False, "Could not vaccinate"),
        ("refused", "not_needed", False, "Consent refused"),
        ("refused", "safe", False, "Consent refused"),
        ("conflicts", "safe", False, "Conflicting consent"),
        ("refused", "not_needed", True, "Vaccinated"),
        ("not_required", "needed", True, "Vaccinated"),
    ],
)
def test_where_a_child_stands(consent, triage, is_vaccinated, title):
    facts = replace(HPV, consent=consent, triage=triage, is_vaccinated=is_vaccinated)
    assert facts.standing.title == title


@pytest.mark.parametrize(
    ("consent", "title"),
    [
        ("no_response", "Not offered"),
        ("given", "Not offered"),
        ("refused", "Consent refused"),
        ("conflicts", "Conflicting consent"),
    ],
)
def test_a_child_outside_the_year_groups_is_neither_waited_for_nor_ready(consent, title):
    facts = replace(HPV, consent=consent, is_in_year_group=False)
    assert facts.standing.title == title


ANSWERS = [one for one in ConsentStatus.values if one != ConsentStatus.NOT_REQUIRED]


@given(st.sampled_from(ANSWERS), st.sampled_from(TriageStatus.values))
def test_only_given_consent_and_finished_triage_make_a_child_ready(consent, triage):
    standing = replace(HPV, consent=consent, triage=triage).standing
    ready = consent == "given" and triage in ("safe", "not_needed")
    assert (standing in (rules.Standing.SAFE, rules.Standing.READY)) is ready
