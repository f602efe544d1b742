"""The children of a session by consent: each is in one group, so that counts equal lists.

Source: sessions and clinics §3.3; consent §9.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import (
    Case,
    CharField,
    Count,
    FilteredRelation,
    IntegerField,
    Max,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from calendars.rules import birth_academic_year_of
from cohorts.models import Child
from programmes.models import Programme
from sessions_app.choices import ConsentStatus
from sessions_app.models import Session

# With several programmes a child stands where most is left to do: the last that applies here.
# Who has not answered is asked and reminded by jobs; a conflict and a follow-up wait for a nurse.
BY_URGENCY = (
    ConsentStatus.NOT_REQUIRED,
    ConsentStatus.GIVEN,
    ConsentStatus.REFUSED,
    ConsentStatus.NO_RESPONSE,
    ConsentStatus.FOLLOW_UP,
    ConsentStatus.CONFLICTS,
)


def members_with_status(
    session: Session, programmes: Sequence[Programme], *, children: QuerySet[Child] | None = None
) -> QuerySet[Child]:
    """The living children now in the session whom the programmes are for, joined with
    `status_row`: a row for each programme that something is known of.
    """
    return (
        (Child.objects.all() if children is None else children)
        .filter(
            # Both are true of whoever is in a session; said here for the index of names.
            organisation=session.organisation_id,
            date_of_death__isnull=True,
            memberships__session=session,
            memberships__left_at__isnull=True,
            birth_academic_year__in=birth_years_of(programmes, session),
        )
        .annotate(
            status_row=FilteredRelation(
                "statuses",
                condition=Q(
                    statuses__academic_year=session.academic_year,
                    statuses__programme__in=programmes,
                ),
            )
        )
    )


def children_by_consent(
    session: Session, programmes: Sequence[Programme], *, children: QuerySet[Child] | None = None
) -> QuerySet[Child]:
    """The children now in the session, annotated with `consent`: a value of `ConsentStatus`.

    Children in no year group of the programmes are left out, and of several programmes only
    those of a child's year group count. A child for whom nothing is known has no response.
    """
    found = members_with_status(session, programmes, children=children)
    if len(programmes) == 1:
        no_response = _value(ConsentStatus.NO_RESPONSE)
        return found.annotate(consent=Coalesce("status_row__consent", no_response))
    return found.annotate(
        urgency=Max(
            Case(
                *(
                    When(
                        is_offered_to(programmes, session) & Q(status_row__consent=value), then=rank
                    )
                    for rank, value in enumerate(BY_URGENCY)
                ),
                output_field=IntegerField(),
            )
        ),
        consent=Case(
            *(When(urgency=rank, then=_value(value)) for rank, value in enumerate(BY_URGENCY)),
            default=_value(ConsentStatus.NO_RESPONSE),
            output_field=CharField(),
        ),
    )


def children_in_group(
    session: Session,
    programmes: Sequence[Programme],
    group: ConsentStatus,
    *,
    children: QuerySet[Child] | None = None,
) -> QuerySet[Child]:
    """The children of one group, annotated as `children_by_consent` does."""
    found = children_by_consent(session, programmes, children=children)
    if len(programmes) > 1:
        return found.filter(consent=group)
    # Asked of the column itself, of which the database knows how often each value occurs.
    is_in_group = Q(status_row__consent=group)
    if group == ConsentStatus.NO_RESPONSE:
        is_in_group |= Q(status_row__consent__isnull=True)
    return found.filter(is_in_group)


def consent_counts(
    session: Session, programmes: Sequence[Programme], *, children: QuerySet[Child] | None = None
) -> dict[ConsentStatus, int]:
    """How many children of the session are in each group; one query."""
    counts = children_by_consent(session, programmes, children=children).aggregate(
        **{value: Count("pk", filter=Q(consent=value)) for value in ConsentStatus.values}
    )
    return {status: counts[status.value] for status in ConsentStatus}


def consent_counts_by_programme(
    session: Session, programmes: Sequence[Programme]
) -> dict[Programme, dict[ConsentStatus, int]]:
    """How many children are in each group if one programme alone counts, for each of them: what
    `consent_counts` says of it. Two queries, however many programmes. Source: edge case E32.
    """
    members = members_with_status(session, programmes).order_by()
    by_birth_year = dict(members.values_list("birth_academic_year").annotate(Count("pk")))
    known = {
        (key, consent): size
        for key, consent, size in members.filter(is_offered_to(programmes, session))
        .values_list("status_row__programme", "status_row__consent")
        .annotate(Count("pk"))
    }
    counts = {}
    for programme in programmes:
        sizes = {status: known.get((programme.key, status.value), 0) for status in ConsentStatus}
        offered = sum(by_birth_year.get(year, 0) for year in birth_years_of([programme], session))
        others = sum(sizes.values()) - sizes[ConsentStatus.NO_RESPONSE]
        counts[programme] = sizes | {ConsentStatus.NO_RESPONSE: offered - others}
    return counts


@dataclass(frozen=True)
class LeftOut:
    """Children who are in a session and in no group, and why; with the groups they make it whole.

    They stay in the session so that people can see what became of them.
    """

    deceased: int
    other_year_group: int

    @property
    def total(self) -> int:
        return self.deceased + self.other_year_group


def left_out_of_groups(session: Session, programmes: Sequence[Programme]) -> LeftOut:
    """The children of a session whom `consent_counts` does not count; one query."""
    in_session = Child.objects.filter(memberships__session=session, memberships__left_at=None)
    has_died = Q(date_of_death__isnull=False)
    is_offered = Q(birth_academic_year__in=birth_years_of(programmes, session))
    return LeftOut(
        **in_session.aggregate(
            deceased=Count("pk", filter=has_died),
            other_year_group=Count("pk", filter=~has_died & ~is_offered),
        )
    )


def _value(status: ConsentStatus) -> Value:
    return Value(status.value, output_field=CharField())


def birth_years_of(programmes: Iterable[Programme], session: Session) -> list[int]:
    """The birth years of the children whom the programmes are for in the session's year."""
    groups = {group for programme in programmes for group in programme.year_groups}
    return sorted(birth_academic_year_of(group, session.academic_year) for group in groups)


def is_offered_to(programmes: Sequence[Programme], session: Session) -> Q:
    """The status is of a programme for the child's year group."""
    offered = Q()
    for programme in programmes:
        birth_years = birth_years_of([programme], session)
        offered |= Q(status_row__programme=programme, birth_academic_year__in=birth_years)
    return offered
