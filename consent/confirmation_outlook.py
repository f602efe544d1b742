"""Whether the person who answers can be sent a confirmation, told before a response is recorded.

Source: consent §6 and §12.
"""

from cohorts.models import Parent
from consent import replies
from consent.choices import Decision
from consent.guard import forbidden_by_record
from consent.messages import TRIAGE
from consent.services.contacts import Details, parent_of_child, stored_details
from consent.services.replies import is_contact, why_nobody_reads
from consent.wizard import Journey
from govuk.filters import begin_small
from sessions_app.rules import join_words

NO_CONTACT = "they are not a parent or guardian on the child’s record"


def why_unconfirmed(journey: Journey) -> list[str]:
    """A sentence for each reason why what would be confirmed cannot be; every page is valid.

    None where a message goes, or where none is to: a child's own answer, "No response", and a
    refusal that staff chose not to confirm.
    """
    reasons: dict[str, list[str]] = {}
    for programme in journey.programmes:
        if template := _template(journey, programme.key):
            reasons.setdefault(_why_not(journey, template), []).append(programme.name)
    return [
        f"No confirmation{f' about {join_words(names)}' if len(reasons) > 1 else ''} can be sent: "
        f"{reason}."
        for reason, names in reasons.items()
        if reason
    ]


def _template(journey: Journey, programme: str) -> str:
    """Which message confirms what is answered about a programme; empty for none."""
    recorded = journey.recorded()
    if recorded.is_own:
        return ""
    if verdict := journey.verdict(programme):
        return TRIAGE[verdict.option.outcome]
    decision = recorded.decision(programme)
    if decision == Decision.REFUSED and not recorded.confirms:
        return ""
    needs_triage = recorded.calls_for_triage(programme) or programme in journey.earlier_doses
    return replies.reply_to(decision, needs_triage=needs_triage)


def _why_not(journey: Journey, template: str) -> str:
    child = journey.draft.child
    if forbidden := forbidden_by_record(child):
        return begin_small(forbidden)
    parent, details = _who(journey, is_triaged=template in TRIAGE.values())
    if parent is not None and not is_contact(child, parent):
        return NO_CONTACT
    return why_nobody_reads(parent, details, template)


def _who(journey: Journey, *, is_triaged: bool) -> tuple[Parent | None, Details]:
    """Who is written to, unless they are new, and where: a reply goes by what they give now, a
    triage outcome by what is on record then.
    """
    recorded = journey.recorded()
    if new := recorded.new_contact:
        relationship = parent_of_child(journey.draft.child, new)
        if relationship is None:
            return None, new.details
        stored = stored_details(relationship.parent)
        return relationship.parent, stored if is_triaged and stored.email else new.details
    known = journey.known_contact()
    assert known is not None
    if is_triaged and not recorded.replaces_details:
        return known.parent, stored_details(known.parent)
    return known.parent, recorded.details(known.parent)
