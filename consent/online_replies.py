"""What fills the reply to an online answer, and what its last page says.

It depends on nothing but what the parent typed and the session of their link, so that it never
tells whether we know the child. Source: consent §2.7, §12 and §15.
"""

from collections.abc import Sequence

from consent import replies
from consent.choices import Decision
from consent.models import OnlineDecision, OnlineResponse
from consent.online_rules import Outcome, name_in_messages
from notifications.models import Channel
from sessions_app.invitations.messages import how_to_book

TEMPLATE_OF = {
    Outcome.REFUSED: replies.REFUSED,
    Outcome.GIVEN: replies.GIVEN,
    Outcome.TRIAGE: replies.TRIAGE,
    Outcome.CLINIC: replies.CLINIC,
}
LONGEST_NAME_IN_A_TEXT = 60


def sorted_by_reply(
    decisions: Sequence[OnlineDecision], outcome: Outcome
) -> dict[str, list[OnlineDecision]]:
    """The decisions of an online answer by the reply that tells of them: what is given apart from
    what is refused.
    """
    sorted_decisions: dict[str, list[OnlineDecision]] = {}
    for decision in decisions:
        is_given = decision.decision == Decision.GIVEN
        template = TEMPLATE_OF[outcome] if is_given else replies.REFUSED
        sorted_decisions.setdefault(template, []).append(decision)
    return sorted_decisions


def next_steps(template: str, response: OnlineResponse, decisions: Sequence[OnlineDecision]) -> str:
    """What happens next. Only the school of the link is named, to who confirmed it: with another
    school a move is still to be decided.

    Days are never named: they would have to be left out while a move is open, and that would tell
    that the child is known. Whose child goes to no school reads that it is a clinic, and who
    answers at a clinic’s link reads how to book, as in its invitation.
    """
    is_certain = response.school_id == response.session.location_id
    steps = replies.next_steps(
        template,
        place=f"at {response.session.location.name}" if is_certain else "",
        wants_talk=any(decision.wants_follow_up for decision in decisions),
    )
    if template != replies.CLINIC:
        return steps
    is_clinic, goes_to_school = response.session.is_clinic, response.school_id is not None
    if not goes_to_school:
        steps = replies.NOT_AT_SCHOOL + ("" if is_clinic else f" {replies.WILL_BE_INVITED}")
    if is_clinic:
        return f"{steps}\n\n{replies.NOT_BOOKED_YET}\n\n{how_to_book(response.session)}"
    return steps


def last_page(response: OnlineResponse, outcome: Outcome) -> list[str]:
    """What the last page says of what happens next, in paragraphs."""
    decisions = list(response.decisions.all())
    steps = next_steps(TEMPLATE_OF[outcome], response, decisions).split("\n\n")
    wants_talk = any(decision.wants_follow_up for decision in decisions)
    return [*steps, replies.CALL_BACK] if wants_talk and replies.CALL_BACK not in steps else steps


def personalisation(
    template: str, response: OnlineResponse, decisions: Sequence[OnlineDecision], *, channel: str
) -> dict[str, str]:
    """What fills a reply to an online answer. Names are as typed, made harmless; in a text long
    ones are cut. Source: consent §15.
    """
    longest = LONGEST_NAME_IN_A_TEXT if channel == Channel.TEXT else None
    first = name_in_messages(response.given_name, longest=longest)
    last = name_in_messages(response.family_name, longest=longest)
    preferred_first = name_in_messages(response.preferred_given_name, longest=longest)
    preferred_last = name_in_messages(response.preferred_family_name, longest=longest)
    known_as = ""
    if preferred_first or preferred_last:
        known_as = f" (known as {preferred_first or first} {preferred_last or last})"
    return {
        "short_child_name": preferred_first or first,
        "full_and_preferred_child_name": f"{first} {last}{known_as}",
        **replies.about(decisions, response.session),
        "next_steps": next_steps(template, response, decisions),
    }
