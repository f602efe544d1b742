"""The children of a session by triage: each in one group at most, so that counts equal lists.

What a nurse decided, and that a child is vaccinated, comes before what was consented to: a "no" or
"not yet" stands whatever the consent, and is found under what is completed. Other children with no
response, a conflict or a follow-up are in none. Source: sessions and clinics §3.4 and §9.1.
"""

from collections.abc import Sequence

from django.db.models import Case, Count, IntegerField, Max, Q, QuerySet, TextChoices, When

from cohorts.models import Child
from programmes.models import Programme
from sessions_app.choices import ConsentStatus, TriageStatus, VaccinationStatus
from sessions_app.consent_groups import is_offered_to, members_with_status
from sessions_app.models import Session


class TriageGroup(TextChoices):
    NEEDED = "needed", "Triage needed"
    COMPLETED = "completed", "Triage completed"
    NOT_NEEDED = "not_needed", "No triage needed"


_COMPLETED = (
    TriageStatus.SAFE,
    TriageStatus.DO_NOT_VACCINATE,
    TriageStatus.DELAY,
    TriageStatus.INVITE_TO_CLINIC,
)
# With several programmes a child stands where most is left to do: the last that applies here.
BY_URGENCY = (TriageGroup.NOT_NEEDED, TriageGroup.COMPLETED, TriageGroup.NEEDED)


def _standing() -> list[tuple[Q, TriageGroup]]:
    """The first that applies to a row of `statuses`."""
    return [
        (Q(status_row__vaccination=VaccinationStatus.VACCINATED), TriageGroup.NOT_NEEDED),
        (Q(status_row__triage=TriageStatus.NEEDED), TriageGroup.NEEDED),
        (Q(status_row__triage__in=_COMPLETED), TriageGroup.COMPLETED),
        (
            Q(status_row__consent__in=(ConsentStatus.GIVEN, ConsentStatus.REFUSED)),
            TriageGroup.NOT_NEEDED,
        ),
    ]


def children_by_triage(
    session: Session, programmes: Sequence[Programme], *, children: QuerySet[Child] | None = None
) -> QuerySet[Child]:
    """The children now in the session, annotated with `triage_rank`: a place in `BY_URGENCY`, or
    none. Of several programmes only those of a child's year group count.
    """
    offered = is_offered_to(programmes, session)
    return members_with_status(session, programmes, children=children).annotate(
        triage_rank=Max(
            Case(
                *(
                    When(offered & applies, then=BY_URGENCY.index(group))
                    for applies, group in _standing()
                ),
                output_field=IntegerField(),
            )
        )
    )


def children_in_triage_group(
    session: Session,
    programmes: Sequence[Programme],
    group: TriageGroup,
    *,
    children: QuerySet[Child] | None = None,
) -> QuerySet[Child]:
    """The children of one group."""
    found = children_by_triage(session, programmes, children=children)
    return found.filter(triage_rank=BY_URGENCY.index(group))


def triage_counts(
    session: Session, programmes: Sequence[Programme], *, children: QuerySet[Child] | None = None
) -> dict[TriageGroup, int]:
    """How many children of the session are in each group; one query."""
    counts = children_by_triage(session, programmes, children=children).aggregate(
        **{
            group.value: Count("pk", filter=Q(triage_rank=rank))
            for rank, group in enumerate(BY_URGENCY)
        }
    )
    return {group: counts[group.value] for group in TriageGroup}
