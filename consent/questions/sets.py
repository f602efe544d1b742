"""The health questions of each programme, as versioned data.

The wording is our own and needs clinical approval before real use: `manage.py check --deploy`
names every current set that has none. To change a question, add a set with the next version, and
its words for a child (`own_sets`); a response keeps the questions it was asked.
Source: consent §2.5.
"""

from dataclasses import replace

from consent.questions.model import Question, QuestionSet, Triage
from programmes.choices import Method

_ALLERGIES = Question("severe_allergies", "Does your child have any severe allergies?")
_REACTION = Question(
    "severe_reaction",
    "Has your child ever had a severe reaction to a medicine or vaccine?",
)
_BLEEDING = Question(
    "bleeding_disorder",
    "Does your child have a bleeding disorder?",
    hint="For example, haemophilia",
)
_BLOOD_THINNERS = Question(
    "blood_thinners",
    "Does your child take any blood-thinning medicine?",
    hint="For example, warfarin",
)
_OTHER_CONDITIONS = Question(
    "other_conditions",
    "Does your child have any other medical condition that we should know about?",
    triage=Triage.ORGANISATION_DECIDES,
)
_SUPPORT = Question(
    "extra_support",
    "Does your child need extra support during vaccination sessions?",
    hint="For example, they are autistic or very anxious about injections",
    triage=Triage.NEVER,
)
_SUPPORT_WITH_TRIAGE = replace(_SUPPORT, triage=Triage.ALWAYS)
_BLEEDING_OR_CONDITION = Question(
    "bleeding_or_condition",
    "Does your child have a bleeding disorder or another medical condition they are treated for?",
)
_WEAKENED_IMMUNE_SYSTEM = Question(
    "weakened_immune_system",
    "Does your child have a disease, or treatment, that severely weakens their immune system?",
    hint="For example, treatment for leukaemia or taking steroid tablets for a long time",
)
_FLU_VACCINE = Question(
    "flu_vaccine_3_months", "Has your child had a flu vaccine in the last 3 months?"
)
_ASTHMA = Question(
    "asthma",
    "Has your child been diagnosed with asthma?",
    triage=Triage.NEVER,
    follow_ups=(
        Question(
            "asthma_steroids",
            "Has your child taken steroid tablets or syrup for their asthma in the last 2 weeks?",
            details_prompt="Give the name of the medicine, the dose and when they stop taking it",
        ),
        Question(
            "asthma_intensive_care",
            "Has your child ever been in intensive care because of their asthma?",
        ),
    ),
)

QUESTION_SETS = (
    QuestionSet(
        "hpv",
        1,
        (
            _ALLERGIES,
            _BLEEDING,
            _BLOOD_THINNERS,
            Question(
                "immune_system",
                "Does your child have a disease, or treatment, that weakens their immune system?",
                hint="If so, they may need 3 doses over 12 months",
            ),
            _OTHER_CONDITIONS,
            _SUPPORT,
        ),
    ),
    QuestionSet(
        "menacwy",
        1,
        (
            _BLEEDING_OR_CONDITION,
            _ALLERGIES,
            _REACTION,
            _SUPPORT_WITH_TRIAGE,
            Question(
                "menacwy_last_5_years",
                "Has your child had a meningitis (MenACWY) vaccine in the last 5 years?",
            ),
        ),
    ),
    QuestionSet(
        "td_ipv",
        1,
        (
            _BLEEDING_OR_CONDITION,
            _ALLERGIES,
            _REACTION,
            _SUPPORT_WITH_TRIAGE,
            Question(
                "td_ipv_last_5_years",
                "Has your child had a tetanus, diphtheria and polio vaccine in the last 5 years?",
            ),
        ),
    ),
    QuestionSet(
        "flu",
        1,
        (
            _ASTHMA,
            _WEAKENED_IMMUNE_SYSTEM,
            Question(
                "close_contact",
                "Is your child in close contact with anybody whose immune system is severely "
                "weakened?",
                hint="For example, somebody who has just had a bone marrow transplant",
                details_prompt=(
                    "Can your child avoid contact with them for 2 weeks after the vaccination? "
                    "Give details"
                ),
            ),
            Question(
                "egg_anaphylaxis",
                "Has your child ever been in intensive care because of an allergic reaction to "
                "egg?",
            ),
            Question(
                "nasal_flu_vaccine_anaphylaxis",
                "Has your child ever had a severe allergic reaction (anaphylaxis) to a nasal flu "
                "vaccine or anything in it?",
                hint="It contains gelatine and traces of egg and of the antibiotic gentamicin",
            ),
            _OTHER_CONDITIONS,
            Question(
                "aspirin",
                "Does your child take aspirin regularly?",
                hint="Also called salicylate therapy",
            ),
            _FLU_VACCINE,
            _SUPPORT,
        ),
        method=Method.NASAL,
    ),
    QuestionSet(
        "flu",
        1,
        (
            Question(
                "bleeding_or_blood_thinners",
                "Does your child have a bleeding disorder, or take blood-thinning medicine?",
                hint="For example, haemophilia or warfarin",
            ),
            Question(
                "injected_flu_vaccine_anaphylaxis",
                "Has your child ever had a severe allergic reaction (anaphylaxis) to an injected "
                "flu vaccine or anything in it?",
            ),
            _OTHER_CONDITIONS,
            _FLU_VACCINE,
            _SUPPORT,
        ),
        method=Method.INJECTION,
    ),
    QuestionSet(
        "mmr",
        1,
        (
            _BLEEDING,
            _BLOOD_THINNERS,
            Question(
                "blood_products_3_months",
                "Has your child been given blood, plasma or immunoglobulin in the last 3 months?",
            ),
            Question(
                "mmr_anaphylaxis",
                "Has your child ever had a severe allergic reaction (anaphylaxis) to an MMR or "
                "MMRV vaccine?",
            ),
            Question(
                "gelatine_anaphylaxis",
                "Has your child ever had a severe allergic reaction (anaphylaxis) to gelatine?",
                only_with_gelatine=True,
            ),
            Question(
                "neomycin_anaphylaxis",
                "Has your child ever had a severe allergic reaction (anaphylaxis) to neomycin?",
                hint="Neomycin is an antibiotic",
            ),
            _WEAKENED_IMMUNE_SYSTEM,
            Question(
                "tests_and_vaccines_4_weeks",
                "Has your child had a tuberculosis (TB) skin test, or a chickenpox or yellow "
                "fever vaccine, in the last 4 weeks, or will they in the next 4 weeks?",
            ),
            _OTHER_CONDITIONS,
            _SUPPORT,
        ),
    ),
)
