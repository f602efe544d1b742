"""The answers to "Is it safe to vaccinate?", by what was agreed to. Source: consent §10."""

from dataclasses import dataclass

from consent.choices import TriageOutcome
from consent.decisions import Agreement
from programmes.choices import Method

METHOD_WORDS = {Method.NASAL: "nasal spray", Method.INJECTION: "injection"}


@dataclass(frozen=True)
class Option:
    """One answer: its words, and what it stores."""

    key: str
    label: str
    outcome: str
    method: str = ""
    without_gelatine: bool = False


_STOPPING = (
    Option("do_not_vaccinate", "No, do not vaccinate", TriageOutcome.DO_NOT_VACCINATE),
    Option("delay", "No, delay vaccination until a later date", TriageOutcome.DELAY),
    Option("invite_to_clinic", "No, invite to a community clinic", TriageOutcome.INVITE_TO_CLINIC),
    Option("keep", "No, keep in triage", TriageOutcome.KEEP),
)
_SAFE = Option("safe", "Yes, it is safe to vaccinate", TriageOutcome.SAFE)


def options(programme: str, agreement: Agreement | None, *, is_at_clinic: bool) -> list[Option]:
    """What a nurse may decide: that it is safe is said of a vaccine that was agreed to. Nobody is
    sent from a clinic to a clinic.
    """
    stopping = [
        option
        for option in _STOPPING
        if not (is_at_clinic and option.outcome == TriageOutcome.INVITE_TO_CLINIC)
    ]
    if agreement is None:
        return stopping
    if programme == "flu":
        safe = [
            Option(
                f"safe_{method}",
                f"Yes, it is safe to vaccinate with the {METHOD_WORDS[Method(method)]}",
                TriageOutcome.SAFE,
                method=method,
                without_gelatine=agreement.without_gelatine,
            )
            for method in agreement.methods
        ]
    elif programme == "mmr":
        without = Option(
            "safe_without_gelatine",
            "Yes, it is safe to vaccinate with the vaccine without gelatine",
            TriageOutcome.SAFE,
            without_gelatine=True,
        )
        either = Option("safe", "Yes, it is safe to vaccinate with either vaccine", _SAFE.outcome)
        safe = [without] if agreement.without_gelatine else [either, without]
    else:
        safe = [_SAFE]
    return [*safe, *stopping]
