"""What people may decide about each programme, and what each choice stores.

Shared by every route an answer comes by: the parent's pages, and staff who record one. The wording
is our own and needs clinical approval with the health questions. Source: consent §2.3.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from consent.choices import Decision
from programmes.choices import Method
from programmes.together import TOGETHER
from sessions_app.rules import join_words

REFUSE = Decision.REFUSED.value
# MenACWY and Td/IPV are given together, and may be answered on one form.
DOUBLES = TOGETHER[0]


@dataclass(frozen=True)
class Agreement:
    """What consent was given to: by which methods, in order of preference, and whether only to a
    vaccine without gelatine.
    """

    methods: tuple[str, ...] = (Method.INJECTION,)
    without_gelatine: bool = False


@dataclass(frozen=True)
class Choice:
    """One answer: its words for the parent, and for staff who write down what a parent said.

    The hint is what a parent should know before they choose it.
    """

    key: str
    parent_label: str
    staff_label: str
    agreement: Agreement = Agreement()
    hint: str = ""


@dataclass(frozen=True)
class Narrowing:
    """A further question that one way to agree leads to; its answer says what is agreed to."""

    key: str
    parent_text: str
    staff_text: str
    choices: tuple[Choice, ...]
    parent_error: str
    staff_error: str


@dataclass(frozen=True)
class Options:
    """The ways to agree to a programme, and the further question that some of them ask."""

    choices: tuple[Choice, ...]
    narrowings: Mapping[str, Narrowing]


_AGREE = Choice("given", "Yes, I agree", "Yes, they agree")
_INJECTION_ONLY = Options((_AGREE,), {})
_FALLBACK = Narrowing(
    "injection_instead",
    "If the nasal spray is not suitable on the day, may your child have the injection instead?",
    "If the nasal spray is not suitable on the day, may the child have the injection instead?",
    (
        Choice("yes", "Yes", "Yes", Agreement((Method.NASAL, Method.INJECTION))),
        Choice("no", "No", "No", Agreement((Method.NASAL,))),
    ),
    parent_error="Select whether your child may have the injection instead",
    staff_error="Select whether the child may have the injection instead",
)
_GELATINE = Narrowing(
    "gelatine",
    "Which vaccine may your child have?",
    "Which vaccine may the child have?",
    (
        Choice(
            "either",
            "Either vaccine",
            "Either vaccine",
            hint="One of them contains gelatine, which comes from pigs",
        ),
        Choice(
            "without",
            "Only the one that does not contain gelatine",
            "Only the one that does not contain gelatine",
            Agreement(without_gelatine=True),
        ),
    ),
    parent_error="Select which vaccine your child may have",
    staff_error="Select which vaccine the child may have",
)

# How both of two that are given together are agreed to, or only one of them.
BOTH, ONE = "both", "one"
TOGETHER_CHOICES = (
    Choice(BOTH, "Yes, I agree to both", "Yes, they agree to both"),
    Choice(ONE, "I agree to only one of them", "They agree to only one of them"),
)

OPTIONS: Mapping[str, Options] = {
    "hpv": _INJECTION_ONLY,
    "menacwy": _INJECTION_ONLY,
    "td_ipv": _INJECTION_ONLY,
    "flu": Options(
        (
            Choice(
                "nasal",
                "Yes, I agree to the nasal spray (recommended)",
                "Yes, for the nasal spray",
                Agreement((Method.NASAL,)),
                hint="It contains gelatine, which comes from pigs",
            ),
            Choice(
                "injection",
                "Yes, I agree to the injection",
                "Yes, for the injection only",
                Agreement((Method.INJECTION,), without_gelatine=True),
            ),
        ),
        {"nasal": _FALLBACK},
    ),
    "mmr": Options((_AGREE,), {"given": _GELATINE}),
}


def decision_of(choice: str) -> str:
    """The decision that a choice stands for; every way to agree is consent given."""
    return choice if choice in (Decision.REFUSED, Decision.NOT_PROVIDED) else Decision.GIVEN


def narrowing_of(programme: str, choice: str) -> Narrowing | None:
    """The further question that a choice leads to, if any."""
    return OPTIONS[programme].narrowings.get(choice)


def agreement_to(programme: str, choice: str, further: str = "") -> Agreement | None:
    """What a choice agrees to: None for one that is not consent.

    `further` answers the choice's narrowing question, where it has one. Raises LookupError for a
    choice or answer that the programme does not offer.
    """
    if decision_of(choice) != Decision.GIVEN:
        return None
    narrowing = narrowing_of(programme, choice)
    offered = narrowing.choices if narrowing else OPTIONS[programme].choices
    chosen = further if narrowing else choice
    try:
        return next(found.agreement for found in offered if found.key == chosen)
    except StopIteration:
        raise LookupError(f"{programme} has no choice {chosen!r}") from None


def decisions_on(programmes: Sequence[str], choice: str, chosen: str = "") -> dict[str, str]:
    """The decision on each programme of one answer; empty before a choice is made.

    Of two that are given together both are agreed to, or one, or none is; with one, `chosen` is
    the programme agreed to and the other is refused. Raises LookupError for a programme that is
    not one of them. Source: consent §2.3.
    """
    if not choice:
        return {}
    if choice == ONE and chosen not in programmes:
        raise LookupError(f"{chosen!r} is not one of those answered together")
    if choice == ONE:
        return {
            programme: Decision.GIVEN.value if programme == chosen else REFUSE
            for programme in programmes
        }
    return dict.fromkeys(programmes, str(decision_of(choice)))


def agreements_to(
    programmes: Sequence[str], choice: str, *, chosen: str = "", further: str = ""
) -> dict[str, Agreement]:
    """What one answer agrees to, by programme; see `decisions_on` and `agreement_to`."""
    decided = decisions_on(programmes, choice, chosen)
    agreed = [programme for programme in programmes if decided.get(programme) == Decision.GIVEN]
    if len(programmes) > 1:
        return dict.fromkeys(agreed, Agreement())
    found = {programme: agreement_to(programme, choice, further) for programme in agreed}
    return {programme: agreement for programme, agreement in found.items() if agreement}


def recorded_in_words(decided: Mapping[str, str], *, child: str) -> str:
    """The banner once an answer is kept, by what was decided on each programme, by its name.

    Only consent is called consent, so that nobody who reads on takes a refusal for a yes.
    """
    decisions = set(decided.values())
    if decisions == {Decision.GIVEN}:
        return f"Consent recorded for {child}."
    if decisions == {Decision.REFUSED}:
        return f"Refusal recorded for {child}."
    if decisions == {Decision.NOT_PROVIDED}:
        return f"Recorded for {child}: no response."
    given = [name for name, decision in decided.items() if decision == Decision.GIVEN]
    refused = [name for name, decision in decided.items() if decision == Decision.REFUSED]
    return (
        f"Consent to {join_words(given)} and refusal of {join_words(refused)} recorded for {child}."
    )


def in_words(programme: str, agreement: Agreement) -> str:
    """What was agreed to, where there was a choice; else empty."""
    if programme == "flu":
        if Method.NASAL not in agreement.methods:
            return "Injection only"
        or_injection = Method.INJECTION in agreement.methods
        return "Nasal spray, or injection if not suitable" if or_injection else "Nasal spray only"
    if programme == "mmr":
        return "Only without gelatine" if agreement.without_gelatine else "Either vaccine"
    return ""
