"""The children of a session, as a filtered list."""

from django.db.models import QuerySet
from django.db.models.functions import Lower

from cohorts.search import fold
from sessions_app.models import Session
from sessions_app.selectors.counts import in_state, left_out_because, members

# Few and narrow, since tens of thousands of rows are sorted for one page of them.
SHOWN = (
    "public_id",
    "given_name",
    "family_name",
    "preferred_given_name",
    "preferred_family_name",
    "birth_academic_year",
    "registration",
    "school",
)


def children_in(session: Session, *, name: str = "", state: str = "", reason: str = "") -> QuerySet:
    """The memberships of a session's children by name, for a page at a time.

    `name`: every word is part of a name. `state` and `reason`: how they stand with their
    invitation, for a clinic.
    """
    rows = (
        members(session)
        .select_related("child")
        .only("session", *(f"child__{field}" for field in SHOWN))
        .prefetch_related("child__school")
    )
    for word in fold(name).split():
        rows = rows.filter(child__search_text__contains=word)
    if state:
        rows = in_state(rows, session, state)
    if reason:
        rows = left_out_because(rows, session, reason)
    return rows.order_by(Lower("child__given_name"), Lower("child__family_name"), "child")
