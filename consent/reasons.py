"""Why consent is refused: one table for the parent's form, staff and withdrawals alike.

Source: consent §2.4.
"""

from dataclasses import dataclass

from consent.choices import Reason


@dataclass(frozen=True)
class ReasonRule:
    """When a reason is offered, and what follows from it.

    The two texts ask for details, of the parent and of staff; empty where none are needed.
    """

    parent_text: str = ""
    staff_text: str = ""
    offers_follow_up: bool = False
    only_with_gelatine: bool = False
    only_at_school: bool = False

    @property
    def needs_details(self) -> bool:
        return bool(self.staff_text)


RULES = {
    Reason.GELATINE: ReasonRule(offers_follow_up=True, only_with_gelatine=True),
    Reason.ALREADY_VACCINATED: ReasonRule(
        "Where and when did your child get the vaccination?",
        "Where and when did their child get the vaccination?",
    ),
    Reason.ELSEWHERE: ReasonRule(
        "Where and when will your child get the vaccination?",
        "Where and when will their child get the vaccination?",
    ),
    Reason.MEDICAL: ReasonRule(
        "What medical reasons prevent your child from being vaccinated?",
        "What medical reasons prevent their child from being vaccinated?",
        offers_follow_up=True,
    ),
    Reason.NOT_AT_SCHOOL: ReasonRule(offers_follow_up=True, only_at_school=True),
    Reason.PERSONAL: ReasonRule(offers_follow_up=True),
    Reason.OTHER: ReasonRule(
        "Why are you refusing to give consent?",
        "Why are they refusing to give consent?",
        offers_follow_up=True,
    ),
}
_BOTH_DOSES = {
    ("mmr", Reason.ALREADY_VACCINATED): ReasonRule(
        "Where and when did your child get both doses?",
        "Where and when did their child get both doses?",
    )
}


def rule_of(reason: str, *, programme: str = "") -> ReasonRule:
    """What follows from a reason; for MMR, that it was received asks about both doses."""
    known = Reason(reason)
    return _BOTH_DOSES.get((programme, known), RULES[known])


def offered(*, contains_gelatine: bool, is_at_school: bool) -> list[Reason]:
    """The reasons to choose from, "Other" last.

    `contains_gelatine`: a vaccine in use in the programme does. `is_at_school`: the child would
    be vaccinated in a school session.
    """
    return [
        reason
        for reason, rule in RULES.items()
        if (contains_gelatine or not rule.only_with_gelatine)
        and (is_at_school or not rule.only_at_school)
    ]
