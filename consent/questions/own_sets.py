"""The health questions as a competent child is asked them who answers for themselves.

They are the parents' questions of the same version under the same keys, with what a yes leads to,
in words for the child; so a nurse sees side by side what both answered. The wording is our own and
needs a clinical approval of its own. Whoever adds a version of the parents' questions adds its
words for the child. Source: consent §2.5 and §11.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from consent.questions.model import Question, QuestionSet
from consent.questions.sets import QUESTION_SETS


@dataclass(frozen=True)
class Words:
    """How a question is put to a child; a hint or prompt that is left out stays the parents'."""

    text: str
    hint: str | None = None
    details_prompt: str | None = None


WORDS_1 = {
    "severe_allergies": Words("Do you have any severe allergies?"),
    "severe_reaction": Words("Have you ever had a severe reaction to a medicine or vaccine?"),
    "bleeding_disorder": Words("Do you have a bleeding disorder?"),
    "blood_thinners": Words("Do you take any blood-thinning medicine?"),
    "other_conditions": Words("Do you have any other medical condition that we should know about?"),
    "extra_support": Words(
        "Do you need extra support during vaccination sessions?",
        hint="For example, you are autistic or very anxious about injections",
    ),
    "bleeding_or_condition": Words(
        "Do you have a bleeding disorder or another medical condition you are treated for?"
    ),
    "immune_system": Words(
        "Do you have a disease, or treatment, that weakens your immune system?",
        hint="If so, you may need 3 doses over 12 months",
    ),
    "weakened_immune_system": Words(
        "Do you have a disease, or treatment, that severely weakens your immune system?"
    ),
    "menacwy_last_5_years": Words(
        "Have you had a meningitis (MenACWY) vaccine in the last 5 years?"
    ),
    "td_ipv_last_5_years": Words(
        "Have you had a tetanus, diphtheria and polio vaccine in the last 5 years?"
    ),
    "asthma": Words("Have you been diagnosed with asthma?"),
    "asthma_steroids": Words(
        "Have you taken steroid tablets or syrup for your asthma in the last 2 weeks?",
        details_prompt="Give the name of the medicine, the dose and when you stop taking it",
    ),
    "asthma_intensive_care": Words("Have you ever been in intensive care because of your asthma?"),
    "close_contact": Words(
        "Are you in close contact with anybody whose immune system is severely weakened?",
        details_prompt=(
            "Can you avoid contact with them for 2 weeks after the vaccination? Give details"
        ),
    ),
    "egg_anaphylaxis": Words(
        "Have you ever been in intensive care because of an allergic reaction to egg?"
    ),
    "nasal_flu_vaccine_anaphylaxis": Words(
        "Have you ever had a severe allergic reaction (anaphylaxis) to a nasal flu vaccine or "
        "anything in it?"
    ),
    "aspirin": Words("Do you take aspirin regularly?"),
    "flu_vaccine_3_months": Words("Have you had a flu vaccine in the last 3 months?"),
    "bleeding_or_blood_thinners": Words(
        "Do you have a bleeding disorder, or take blood-thinning medicine?"
    ),
    "injected_flu_vaccine_anaphylaxis": Words(
        "Have you ever had a severe allergic reaction (anaphylaxis) to an injected flu vaccine or "
        "anything in it?"
    ),
    "blood_products_3_months": Words(
        "Have you been given blood, plasma or immunoglobulin in the last 3 months?"
    ),
    "mmr_anaphylaxis": Words(
        "Have you ever had a severe allergic reaction (anaphylaxis) to an MMR or MMRV vaccine?"
    ),
    "gelatine_anaphylaxis": Words(
        "Have you ever had a severe allergic reaction (anaphylaxis) to gelatine?"
    ),
    "neomycin_anaphylaxis": Words(
        "Have you ever had a severe allergic reaction (anaphylaxis) to neomycin?"
    ),
    "tests_and_vaccines_4_weeks": Words(
        "Have you had a tuberculosis (TB) skin test, or a chickenpox or yellow fever vaccine, in "
        "the last 4 weeks, or will you in the next 4 weeks?"
    ),
}


def _in(words: Mapping[str, Words], question: Question) -> Question:
    own = words[question.key]
    return replace(
        question,
        text=own.text,
        hint=question.hint if own.hint is None else own.hint,
        details_prompt=own.details_prompt or question.details_prompt,
        follow_ups=tuple(_in(words, one) for one in question.follow_ups),
    )


def _own_sets(
    version: int, words: Mapping[str, Words], *, approved_on: date | None = None
) -> tuple[QuestionSet, ...]:
    """The parents' sets of a version in these words, which are approved apart from theirs."""
    return tuple(
        replace(
            asked,
            is_own=True,
            approved_on=approved_on,
            questions=tuple(_in(words, question) for question in asked.questions),
        )
        for asked in QUESTION_SETS
        if asked.version == version
    )


OWN_SETS = _own_sets(1, WORDS_1)
