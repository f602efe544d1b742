"""The children of a session, as a filtered list."""

from django.db.models import QuerySet
from django.db.models.functions import Lower

from cohorts.search import fold
from sessions_app.models import Session
from sessions_app.selectors.counts import members, with_invitation

NAMES = ("given_name", "family_name", "preferred_given_name", "preferred_family_name")


def children_in(session: Session, *, name: str = "", state: str = "", reason: str = "") -> QuerySet:
    """The memberships of a session's children by name, for a page at a time.

    `name`: every word is part of a name. `state` and `reason`: how they stand with their
    invitation, for a clinic.
    """
    rows = members(session).select_related("child__school")
    for word in fold(name).split():
        rows = rows.filter(child__search_text__contains=word)
    if state or reason:
        rows = with_invitation(rows, session)
    if state:
        rows = rows.filter(invitation_state=state)
    if reason:
        rows = rows.filter(why_not_invited=reason)
    return rows.order_by(Lower("child__given_name"), Lower("child__family_name"), "child")
