"""The health questions as data."""

import pytest

from consent import checks, questions


def test_hpv_asks_six_questions_and_extra_support_alone_needs_no_triage():
    hpv = questions.current_set("hpv")
    assert [question.key for question in hpv.questions] == [
        "severe_allergies",
        "bleeding_disorder",
        "blood_thinners",
        "immune_system",
        "other_conditions",
        "extra_support",
    ]
    assert [q.key for q in hpv.questions if not q.calls_for_triage] == ["extra_support"]


def test_keys_are_unique_in_a_set_and_versions_in_a_programme():
    for question_set in questions.QUESTION_SETS:
        keys = [question.key for question in question_set.questions]
        assert len(keys) == len(set(keys))
    names = [(found.programme, found.version) for found in questions.QUESTION_SETS]
    assert len(names) == len(set(names))


def test_a_programme_without_questions_has_no_set():
    assert questions.current_set("flu") is None


def test_stored_answers_keep_the_words_and_the_version():
    hpv = questions.current_set("hpv")
    answers = {question.key: {"yes": False, "details": ""} for question in hpv.questions}
    answers["severe_allergies"] = {"yes": True, "details": "Penicillin"}
    answers["extra_support"] = {"yes": False, "details": "left over from a yes"}
    stored = questions.stored_answers(hpv, answers)
    assert stored[0] == {
        "question": "severe_allergies",
        "version": 1,
        "text": hpv.questions[0].text,
        "yes": True,
        "details": "Penicillin",
        "calls_for_triage": True,
    }
    assert stored[-1]["details"] == ""
    assert questions.call_for_triage(stored)


def test_a_question_left_out_is_an_error():
    with pytest.raises(KeyError):
        questions.stored_answers(questions.current_set("hpv"), {})


def test_operators_are_told_of_questions_without_clinical_approval():
    assert {warning.id for warning in checks.health_questions_are_approved(None)} == {
        "consent.W001"
    }
