"""The children of a session by what their parents answered."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import F, QuerySet, Value
from django.db.models.expressions import BaseExpression
from django.db.models.functions import Lower

from calendars.clock import london_day
from calendars.rules import birth_academic_year_of
from cohorts.models import Child
from cohorts.search import fold
from consent import choices, lapse_rules, status_rules
from consent.facts import inputs_on
from consent.models import ConsentResponse
from consent.selectors.request_outlooks import request_outlooks
from programmes.models import Programme
from sessions_app import invitations
from sessions_app.choices import ConsentStatus
from sessions_app.consent_groups import children_in_group, consent_counts
from sessions_app.models import Session
from sessions_app.selectors.mailings import waiting_to_be_invited

CHILDREN_PER_PAGE = 100
# So few are found first and sorted then. The database would guess that more fit, and walk through
# everybody of the organisation in the order of the list to fill one page.
SORTED_APART_UP_TO = 5000
WITHDRAWN = "Consent withdrawn"
WAITING = "Waiting to be sent"
BY_NAME = ("given_name_key", "family_name_key", "id")
# The year group falls as the birth year rises.
BY_YEAR_GROUP = (Value(0) - F("birth_academic_year"), Lower("registration"), *BY_NAME)
SHOWN = (
    "public_id",
    "given_name",
    "family_name",
    "preferred_given_name",
    "preferred_family_name",
    "birth_academic_year",
    "registration",
)
SORT_COLUMNS = {"name": BY_NAME, "year-group": BY_YEAR_GROUP}


@dataclass(frozen=True)
class Filters:
    """What a list of children is narrowed to; empty fields narrow nothing."""

    name: str = ""
    year_groups: Sequence[int] = ()
    programme: str = ""
    invitation: str = ""


@dataclass(frozen=True, slots=True)
class ListedChild:
    """A row of the list."""

    public_id: str
    full_name: str
    known_as: str
    year_group: int
    registration: str
    invitation: str = ""
    reasons: Sequence[str] = field(default=())
    requests: Sequence[str] = field(default=())


@dataclass(frozen=True)
class Sized:
    """A query whose number of rows is known already, for pagination not to count again."""

    rows: QuerySet
    size: int

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, part: slice) -> QuerySet:
        return self.rows[part]


def year_groups_of(session: Session, programmes: Iterable[Programme]) -> list[int]:
    """The year groups that the programmes of a session are for, ascending; at a school those that
    it teaches. The session was fetched with its place.
    """
    groups = {group for programme in programmes for group in programme.year_groups}
    taught = set() if session.is_clinic else groups.intersection(session.location.year_groups)
    return sorted(taught or groups)


def narrowed(session: Session, filters: Filters) -> QuerySet[Child]:
    """The children that the filters leave, before it is asked who is in the session."""
    children = Child.objects.all()
    for word in fold(filters.name).split():
        # The folded names stand before the first digit: those of the number and the birth date.
        children = children.filter(search_text__regex=rf"^[^0-9]*{re.escape(word)}")
    if filters.year_groups:
        children = children.filter(
            birth_academic_year__in=[
                birth_academic_year_of(group, session.academic_year)
                for group in filters.year_groups
            ]
        )
    if filters.invitation:
        children = invitations.in_state(children, session, filters.invitation)
    return children


def counted_programmes(programmes: Sequence[Programme], filters: Filters) -> Sequence[Programme]:
    """The programmes whose consent decides the tab: the one filtered by, else all."""
    return [found for found in programmes if found.key == filters.programme] or programmes


def tab_counts(
    session: Session, programmes: Sequence[Programme], filters: Filters
) -> Mapping[ConsentStatus, int]:
    """How many children each tab has under these filters; one query."""
    return consent_counts(
        session,
        counted_programmes(programmes, filters),
        children=narrowed(session, filters),
    )


def children_in_tab(
    session: Session, programmes: Sequence[Programme], filters: Filters, tab: ConsentStatus
) -> QuerySet[Child]:
    """The children of one tab, unsorted."""
    return children_in_group(
        session,
        counted_programmes(programmes, filters),
        tab,
        children=narrowed(session, filters),
    ).only(*SHOWN)


def in_order(
    children: QuerySet[Child], ordering: Sequence[str | BaseExpression], *, size: int
) -> QuerySet[Child]:
    """The children of a tab, `size` in number, in this order."""
    if size <= SORTED_APART_UP_TO:
        found = children.order_by().values("pk")[:size]
        children = Child.objects.filter(pk__in=found).only(*SHOWN)
    return children.order_by(*ordering)


def rows(
    session: Session,
    programmes: Sequence[Programme],
    children: Sequence[Child],
    *,
    now: datetime,
    tab: ConsentStatus | None = None,
) -> list[ListedChild]:
    """What the list shows of the children of one page; as many queries for one as for a hundred."""
    ids = [child.pk for child in children]
    states = _invitation_states(session, ids, now=now) if session.is_clinic else {}
    reasons = (
        refusal_reasons(ids, programmes, session.academic_year, today=london_day(now))
        if tab == ConsentStatus.REFUSED
        else {}
    )
    requests = (
        _requests(session, ids, programmes, now=now) if tab == ConsentStatus.NO_RESPONSE else {}
    )
    return [
        ListedChild(
            public_id=str(child.public_id),
            full_name=child.full_name,
            known_as=child.preferred_name,
            year_group=child.year_group(session.academic_year),
            registration=child.registration,
            invitation=states.get(child.pk, ""),
            reasons=reasons.get(child.pk, ()),
            requests=requests.get(child.pk, ()),
        )
        for child in children
    ]


def _requests(
    session: Session, child_ids: Sequence[int], programmes: Sequence[Programme], *, now: datetime
) -> dict[int, list[str]]:
    """What became of the requests about each child: one sentence, or one for each programme."""
    names = {programme.key: programme.name for programme in programmes}
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for (child_id, key), outlook in request_outlooks(session, child_ids, names, now=now).items():
        found[child_id][names[key]] = outlook.text
    return {
        child_id: list(set(texts.values()))
        if len(set(texts.values())) == 1
        else [f"{name}: {texts[name]}" for name in sorted(texts)]
        for child_id, texts in found.items()
    }


def refusal_reasons(
    child_ids: Sequence[int], programmes: Sequence[Programme], academic_year: int, *, today: date
) -> dict[int, list[str]]:
    """The distinct reasons of the refusals that count today, by child; at most four queries."""
    stored = list(
        ConsentResponse.objects.filter(
            child_id__in=child_ids, programme__in=programmes, academic_year=academic_year
        )
        .select_related("assessment")
        .order_by("responded_at", "pk")
    )
    by_order = {response.pk: response for response in stored}
    as_seen = defaultdict(list)
    for response, seen in zip(stored, inputs_on(stored, today), strict=True):
        if not lapse_rules.is_over(seen, today=today):
            as_seen[response.child_id, response.programme_id].append(seen)
    reasons: dict[int, dict[str, None]] = defaultdict(dict)
    for (child_id, programme), found in as_seen.items():
        counted = status_rules.counted_responses(
            found, programme=programme, academic_year=academic_year
        )
        for seen in sorted(counted, key=lambda one: one.order):
            if seen.stands_for == choices.Decision.REFUSED:
                reasons[child_id][reason_of(by_order[seen.order])] = None
    return {child_id: list(words) for child_id, words in reasons.items()}


def reason_of(response: ConsentResponse) -> str:
    """Why somebody refused, for people to read."""
    return response.get_reason_display() if response.reason else WITHDRAWN


def _invitation_states(
    session: Session, child_ids: Sequence[int], *, now: datetime
) -> dict[int, str]:
    waiting = set(waiting_to_be_invited(session, now=now).filter(child__in=child_ids))
    return {
        child_id: WAITING if child_id in waiting else invitations.State(state).label
        for child_id, state in invitations.with_state(
            Child.objects.filter(pk__in=child_ids), session
        )
        .order_by()
        .values_list("pk", "invitation_state")
    }
