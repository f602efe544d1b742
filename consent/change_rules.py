"""What may still be done about a response that was kept: plain values in and out.

Source: consent §7.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from consent.choices import Decision
from consent.status_rules import CHILD, Response, counted_responses

IS_INVALID = "This response has already been marked as invalid."
NOT_MATCHED = "This response was not matched with this child, or the match was undone already."
NOT_WAITING = "This response does not wait to be followed up."
OUT_OF_REACH = (
    "Whoever gave this response is not a contact of your organisation, so nobody can talk to them "
    "about it here. You can mark it as invalid, and record a new response."
)
FOR_ONE_DAY = "The child consented alone, for one day that is over. Nothing is left to withdraw."
OVERRULED = "Does not count: the child decided"
SUPERSEDED = "The same person has said something else since, which counts instead."


@dataclass(frozen=True)
class Kept:
    """A response as far as its changes depend on it.

    `is_superseded`: the same person said something later, which counts instead, or their refusal
    was talked over and does not stand. `is_overruled`: the child, being competent, decided instead.
    `is_incompetent`: the child answered, but was after all assessed as not competent. `is_over`:
    the child consented alone, on an earlier day. Source: consent §9.3 and §11.
    """

    decision: str
    is_withdrawn: bool = False
    is_invalid: bool = False
    is_superseded: bool = False
    is_overruled: bool = False
    is_incompetent: bool = False
    is_over: bool = False
    wants_follow_up: bool = False
    is_followed_up: bool = False


def why_no_withdrawal(kept: Kept) -> str:
    """Why the consent cannot be withdrawn, as a sentence; empty if it can.

    It can while it is in force and the person's last word.
    """
    if kept.is_invalid:
        return IS_INVALID
    if kept.decision != Decision.GIVEN:
        return "Only consent that was given can be withdrawn."
    if kept.is_withdrawn:
        return "This consent has already been withdrawn."
    if kept.is_over:
        return FOR_ONE_DAY
    return SUPERSEDED if kept.is_superseded else ""


def why_no_invalidation(kept: Kept) -> str:
    """Why the response cannot be marked as invalid, as a sentence; empty if it can.

    Any can that is not yet.
    """
    return IS_INVALID if kept.is_invalid else ""


def why_no_follow_up(kept: Kept) -> str:
    """Why the refusal cannot be followed up, as a sentence; empty if it waits for that."""
    if kept.is_invalid:
        return IS_INVALID
    if kept.decision != Decision.REFUSED or not kept.wants_follow_up:
        return NOT_WAITING
    if kept.is_followed_up:
        return "This refusal has already been followed up."
    return SUPERSEDED if kept.is_superseded else ""


def state_of(kept: Kept) -> str:
    """Why a response is no longer the one in force, in a word; empty where it is."""
    if kept.is_invalid:
        return "Invalid"
    if kept.is_withdrawn:
        return "Withdrawn"
    if kept.is_over:
        return "Does not count: it was for one day"
    if kept.is_superseded:
        return "Superseded"
    if kept.is_incompetent:
        return "Does not count: not competent"
    return OVERRULED if kept.is_overruled else ""


def is_struck_out(kept: Kept) -> bool:
    """Whether the decision is no longer what the person says, or never was; a parent's that does
    not count because the child decided still is.
    """
    return bool(state_of(replace(kept, is_overruled=False)))


def last_words(responses: Collection[Response]) -> Mapping[int, Response]:
    """The newest valid decision of each responder about one programme and year, whether it counts
    or the child's does instead.
    """
    last = {}
    for responder in {response.responder for response in responses}:
        own = [response for response in responses if response.responder == responder]
        scope = {"programme": own[0].programme, "academic_year": own[0].academic_year}
        last |= {one.responder: one for one in counted_responses(own, **scope)}
    return last


def is_overruled(response: Response, last: Mapping[int, Response]) -> bool:
    """Whether a parent's decision stands but does not count, since the child's does."""
    return (
        response.responder != CHILD and CHILD in last and last.get(response.responder) == response
    )
