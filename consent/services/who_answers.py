"""Who answers, when a response is recorded: a parent known or new, or the child alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from accounts.models import User
from activity import services as activity
from activity.models import Entry
from calendars.clock import london_day
from cohorts.models import Child, Parent, ParentRelationship
from consent.models import GillickAssessment
from consent.selectors.contacts import CHILD_LABEL, known_contacts
from consent.selectors.gillick import competent_child
from consent.services.attaching import families_of
from consent.services.contacts import Details, NewContact, contact_of, replace_details
from sessions_app.models import Session


class ContactGone(Exception):
    """The chosen contact is no longer one of the child's."""


class NotCompetent(Exception):
    """The child is not assessed as Gillick competent today."""


@dataclass(frozen=True)
class KnownParent:
    """A contact of the child, with the details given now, which replace those on record if so
    decided.
    """

    parent_id: int
    details: Details
    replaces_details: bool = False


Parental = KnownParent | NewContact


@dataclass(frozen=True)
class Responder:
    """Whose answer it is, as the response keeps it."""

    parent: Parent | None
    name: str
    relationship: str
    details: Details = Details()
    assessments: Mapping[str, GillickAssessment] = field(default_factory=dict)


def responder_of(
    child: Child,
    session: Session,
    who: Parental | None,
    *,
    programmes: Sequence[str],
    now: datetime,
    by: User,
) -> Responder:
    """The person who answers, added or brought up to date. Raises ContactGone or NotCompetent."""
    if who is None:
        return _the_child(child, session, programmes, now)
    if isinstance(who, NewContact):
        relationship, is_new = contact_of(child, who)
        responder = Responder(
            relationship.parent,
            relationship.parent.display_name,
            relationship.label,
            who.details,
        )
        if is_new:
            _tell("Parent or guardian added", child, session, responder, now=now, by=by)
        return responder
    known = next((one for one in known_contacts(child) if one.parent.pk == who.parent_id), None)
    if known is None:
        raise ContactGone
    responder = Responder(known.parent, known.parent.display_name, known.relationship, who.details)
    if who.replaces_details and replace_details(known.parent, who.details, now=now, by=by):
        _tell("Contact details changed", child, session, responder, now=now, by=by)
    return responder


def _the_child(
    child: Child, session: Session, programmes: Sequence[str], now: datetime
) -> Responder:
    assessments = {}
    for programme in programmes:
        found = competent_child(child, session, programme, today=london_day(now))
        if found is None:
            raise NotCompetent
        assessments[programme] = found
    return Responder(None, child.full_name, CHILD_LABEL, assessments=assessments)


def _tell(
    what: str, child: Child, session: Session, responder: Responder, *, now: datetime, by: User
) -> None:
    activity.record(
        child_id=child.pk,
        kind=Entry.Kind.RECORD,
        title=f"{what}: {responder.name} ({responder.relationship})",
        organisation_id=session.organisation_id,
        session_id=session.pk,
        now=now,
        by=by,
    )


def vouch_for(child: Child, responder: Responder) -> None:
    """Take whoever staff had an answer from for one they know, if the record has them."""
    relationship = ParentRelationship.objects.filter(child=child, parent=responder.parent).first()
    if responder.parent is not None and relationship is not None:
        relationship.vouch()


def concerned(child_id: int, who: Parental | None) -> set[int]:
    """The children to lock before an answer about one is recorded: whom it may `spread` to.

    Two people who record the answers about a brother and a sister would wait for each other if
    each locked one child first. A former contact has children who share no parent with this one.
    """
    family = families_of({child_id})
    if isinstance(who, KnownParent):
        theirs = ParentRelationship.objects.filter(parent=who.parent_id)
        family.update(theirs.values_list("child_id", flat=True))
    return family


def spread(child: Child, responder: Responder) -> set[int]:
    """The children whose derived values may change: siblings too, whose parent may be reachable."""
    if responder.parent is None:
        return {child.pk}
    siblings = ParentRelationship.objects.filter(parent=responder.parent)
    return {child.pk} | set(siblings.values_list("child_id", flat=True))
