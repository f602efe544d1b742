"""The health questions as data, and which of them are asked now."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import checks, questions
from consent.decisions import OPTIONS, Agreement

INJECTION = Agreement()
NASAL = Agreement(("nasal",))
NASAL_OR_INJECTION = Agreement(("nasal", "injection"))
WITHOUT_GELATINE = Agreement(without_gelatine=True)

HPV = [
    "severe_allergies",
    "bleeding_disorder",
    "blood_thinners",
    "immune_system",
    "other_conditions",
    "extra_support",
]
SHARED_BY_DOUBLES = [
    "bleeding_or_condition",
    "severe_allergies",
    "severe_reaction",
    "extra_support",
]
FLU_NASAL = [
    "asthma",
    "weakened_immune_system",
    "close_contact",
    "egg_anaphylaxis",
    "nasal_flu_vaccine_anaphylaxis",
    "other_conditions",
    "aspirin",
    "flu_vaccine_3_months",
    "extra_support",
]
FLU_INJECTION = [
    "bleeding_or_blood_thinners",
    "injected_flu_vaccine_anaphylaxis",
    "other_conditions",
    "flu_vaccine_3_months",
    "extra_support",
]
MMR = [
    "bleeding_disorder",
    "blood_thinners",
    "blood_products_3_months",
    "mmr_anaphylaxis",
    "gelatine_anaphylaxis",
    "neomycin_anaphylaxis",
    "weakened_immune_system",
    "tests_and_vaccines_4_weeks",
    "other_conditions",
    "extra_support",
]


def keys(asked):
    return [one.key for one in asked]


@pytest.mark.parametrize(
    ("agreed", "expected"),
    [
        ({"hpv": INJECTION}, HPV),
        ({"menacwy": INJECTION}, [*SHARED_BY_DOUBLES, "menacwy_last_5_years"]),
        ({"td_ipv": INJECTION}, [*SHARED_BY_DOUBLES, "td_ipv_last_5_years"]),
        (
            {"td_ipv": INJECTION, "menacwy": INJECTION},
            [*SHARED_BY_DOUBLES, "menacwy_last_5_years", "td_ipv_last_5_years"],
        ),
        ({"flu": NASAL}, FLU_NASAL),
        ({"flu": WITHOUT_GELATINE}, FLU_INJECTION),
        (
            {"flu": NASAL_OR_INJECTION},
            [
                "asthma",
                "weakened_immune_system",
                "close_contact",
                "egg_anaphylaxis",
                "nasal_flu_vaccine_anaphylaxis",
                "bleeding_or_blood_thinners",
                "injected_flu_vaccine_anaphylaxis",
                "other_conditions",
                "aspirin",
                "flu_vaccine_3_months",
                "extra_support",
            ],
        ),
        ({"mmr": INJECTION}, MMR),
        ({"mmr": WITHOUT_GELATINE}, [key for key in MMR if key != "gelatine_anaphylaxis"]),
        ({}, []),
    ],
)
def test_each_consent_leads_to_its_questions(agreed, expected):
    assert keys(questions.questionnaire(agreed)) == expected


@pytest.mark.parametrize(
    ("agreed", "never"),
    [
        ({"hpv": INJECTION}, {"extra_support"}),
        ({"menacwy": INJECTION}, set()),
        ({"td_ipv": INJECTION}, set()),
        ({"flu": NASAL_OR_INJECTION}, {"asthma", "extra_support"}),
        ({"mmr": INJECTION}, {"extra_support"}),
    ],
)
def test_a_yes_calls_for_triage_but_to_few_questions(agreed, never):
    [(programme, agreement)] = agreed.items()
    everything = {
        key: {"yes": True, "details": "Some"}
        for key in {*HPV, *SHARED_BY_DOUBLES, *FLU_NASAL, *FLU_INJECTION, *MMR}
        | {"menacwy_last_5_years", "td_ipv_last_5_years"}
        | {"asthma_steroids", "asthma_intensive_care"}
    }

    def without_triage(*, triages_other_conditions):
        stored = questions.stored_answers(
            programme,
            agreement,
            everything,
            triages_other_conditions=triages_other_conditions,
        )
        return {answer["question"] for answer in stored if not answer["calls_for_triage"]}

    assert without_triage(triages_other_conditions=True) == never
    asks = "other_conditions" in keys(questions.questionnaire(agreed))
    assert without_triage(triages_other_conditions=False) == never | (
        {"other_conditions"} if asks else set()
    )


def test_a_question_has_the_same_words_wherever_it_is_asked_today():
    words = {}
    for programme in OPTIONS:
        for question_set in questions.current_sets(programme):
            for question in question_set.questions:
                kept = words.setdefault(question.key, question)
                assert (kept.text, kept.hint) == (question.text, question.hint)


@pytest.mark.parametrize("programme", OPTIONS)
def test_a_child_is_asked_what_parents_are_asked_today_in_words_of_their_own(programme):
    """Whoever adds a version of the parents' questions adds its words for the child."""

    def as_asked(question):
        follow_ups = [as_asked(one) for one in question.follow_ups]
        return question.key, question.triage, question.only_with_gelatine, follow_ups

    theirs = questions.current_sets(programme)
    own = questions.current_sets(programme, is_own=True)
    assert [one.name for one in own] == [f"{one.name}_own" for one in theirs]
    for asked, to_child in zip(theirs, own, strict=True):
        assert asked.version == to_child.version
        assert list(map(as_asked, asked.questions)) == list(map(as_asked, to_child.questions))


def test_a_child_is_asked_about_themselves():
    every = [question for found in questions.OWN_SETS for question in found.questions]
    for question in [*every, *(one for found in every for one in found.follow_ups)]:
        words = f"{question.text} {question.hint} {question.details_prompt}"
        assert "you" in question.text.split()
        assert not {"child", "they", "their"} & set(words.split()), words


def test_keys_are_unique_in_a_set_and_versions_among_sets_of_one_name():
    every = [*questions.QUESTION_SETS, *questions.OWN_SETS]
    for question_set in every:
        found = [question.key for question in question_set.questions]
        found += [one.key for question in question_set.questions for one in question.follow_ups]
        assert len(found) == len(set(found))
    names = [(found.name, found.version) for found in every]
    assert len(names) == len(set(names))


def test_asthma_leads_to_two_follow_ups_which_alone_ask_for_details():
    asked = questions.questionnaire({"flu": NASAL})
    assert keys(questions.with_follow_ups(asked, {"asthma": {"yes": False}})) == FLU_NASAL
    asthmatic = questions.with_follow_ups(asked, {"asthma": {"yes": True}})
    assert keys(asthmatic)[:4] == [
        "asthma",
        "asthma_steroids",
        "asthma_intensive_care",
        "weakened_immune_system",
    ]
    assert [one.follows for one in asthmatic[:4]] == ["", "asthma", "asthma", ""]
    assert [one.question.needs_details for one in asthmatic[:3]] == [False, True, True]


ANSWER = st.fixed_dictionaries({"yes": st.booleans(), "details": st.sampled_from(["", "Some"])})
AGREED = st.dictionaries(
    st.sampled_from(sorted(OPTIONS)),
    st.sampled_from([INJECTION, NASAL, NASAL_OR_INJECTION, WITHOUT_GELATINE]),
)
KEYS = sorted({*HPV, *SHARED_BY_DOUBLES, *FLU_NASAL, *FLU_INJECTION, *MMR, "asthma_steroids"})


@given(AGREED, AGREED, st.dictionaries(st.sampled_from(KEYS), ANSWER))
def test_a_changed_decision_keeps_just_the_answers_that_still_apply(before, after, answers):
    kept = questions.still_applying(after, answers)
    asked = keys(questions.with_follow_ups(questions.questionnaire(after), answers))
    assert len(asked) == len(set(asked))
    assert set(kept) == set(asked) & set(answers)
    assert all(kept[key] == answers[key] for key in kept)
    shared = set(keys(questions.questionnaire(before))) & set(asked)
    earlier = questions.still_applying(before, answers)
    assert {key: kept[key] for key in shared & set(kept)} == {
        key: earlier[key] for key in shared & set(kept)
    }


@given(AGREED, st.dictionaries(st.sampled_from(KEYS), ANSWER))
def test_what_is_unanswered_is_asked_until_it_is_answered_in_full(agreed, answers):
    answers = dict(answers)
    for _ in range(40):
        missing = questions.unanswered(agreed, answers)
        if not missing:
            break
        answers[missing[0].key] = {"yes": True, "details": "Some"}
    assert questions.unanswered(agreed, answers) == []
    for programme, agreement in agreed.items():
        stored = questions.stored_answers(
            programme, agreement, answers, triages_other_conditions=True
        )
        assert keys(
            questions.with_follow_ups(questions.questionnaire({programme: agreement}), answers)
        ) == [answer["question"] for answer in stored]


@pytest.mark.parametrize(
    ("answer", "is_missing"),
    [
        (None, True),
        ({}, True),
        ({"yes": None, "details": ""}, True),
        ({"yes": True, "details": ""}, True),
        ({"yes": True, "details": "Nuts"}, False),
        ({"yes": False, "details": ""}, False),
    ],
)
def test_a_yes_without_details_is_no_answer_yet(answer, is_missing):
    answers = {key: {"yes": False, "details": ""} for key in HPV}
    answers |= {} if answer is None else {"severe_allergies": answer}
    if answer is None:
        del answers["severe_allergies"]
    missing = questions.unanswered({"hpv": INJECTION}, answers)
    assert keys(missing) == (["severe_allergies"] if is_missing else [])


def test_stored_answers_keep_the_words_and_the_version():
    answers = {key: {"yes": False, "details": ""} for key in HPV}
    answers["severe_allergies"] = {"yes": True, "details": "Penicillin"}
    answers["extra_support"] = {"yes": False, "details": "left over from a yes"}
    stored = questions.stored_answers("hpv", INJECTION, answers, triages_other_conditions=True)
    assert stored[0] == {
        "question": "severe_allergies",
        "set": "hpv",
        "version": 1,
        "follows": "",
        "text": "Does your child have any severe allergies?",
        "hint": "",
        "yes": True,
        "details": "Penicillin",
        "calls_for_triage": True,
    }
    assert stored[-1]["details"] == ""
    assert questions.call_for_triage(stored)


def test_asthma_alone_needs_no_triage_but_a_yes_to_a_follow_up_does():
    answers = {key: {"yes": False, "details": ""} for key in FLU_NASAL}
    answers["asthma"] = {"yes": True, "details": ""}
    answers["asthma_steroids"] = {"yes": False, "details": ""}
    answers["asthma_intensive_care"] = {"yes": False, "details": ""}

    def stored():
        return questions.stored_answers("flu", NASAL, answers, triages_other_conditions=True)

    assert not questions.call_for_triage(stored())
    answers["asthma_steroids"] = {"yes": True, "details": "Prednisolone, 5 mg, until Friday"}
    assert questions.call_for_triage(stored())
    assert stored()[1]["follows"] == "asthma"


def test_a_question_left_out_is_an_error():
    with pytest.raises(KeyError):
        questions.stored_answers("hpv", INJECTION, {}, triages_other_conditions=True)


def test_operators_are_told_of_each_set_without_clinical_approval():
    warnings = checks.health_questions_are_approved(None)
    assert {warning.id for warning in warnings} == {"consent.W001"}
    named = " ".join(warning.msg for warning in warnings)
    assert all(
        f"for {name} (" in named for name in ["hpv", "flu_nasal", "flu_injection", "mmr", "hpv_own"]
    )
