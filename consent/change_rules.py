"""What may still be done about a response that was kept: plain values in and out.

Source: consent §7.
"""

from dataclasses import dataclass

from consent.choices import Decision


@dataclass(frozen=True)
class Kept:
    """A response as far as its changes depend on it.

    `is_superseded`: the same person gave a later answer, which counts instead.
    """

    decision: str
    is_withdrawn: bool = False
    is_invalid: bool = False
    is_superseded: bool = False
    wants_follow_up: bool = False
    is_followed_up: bool = False


def may_withdraw(kept: Kept) -> bool:
    """Whether the consent can be withdrawn: given, in force, and the person's last word."""
    return (
        kept.decision == Decision.GIVEN
        and not kept.is_withdrawn
        and not kept.is_invalid
        and not kept.is_superseded
    )


def may_invalidate(kept: Kept) -> bool:
    """Whether the response can be marked as invalid: any that is not yet."""
    return not kept.is_invalid


def may_follow_up(kept: Kept) -> bool:
    """Whether the refusal waits to be talked about."""
    return (
        kept.decision == Decision.REFUSED
        and kept.wants_follow_up
        and not kept.is_followed_up
        and not kept.is_invalid
        and not kept.is_superseded
    )


def state_of(kept: Kept) -> str:
    """Why a response is no longer the one in force, in a word; empty where it is."""
    if kept.is_invalid:
        return "Invalid"
    if kept.is_withdrawn:
        return "Withdrawn"
    return "Superseded" if kept.is_superseded else ""
