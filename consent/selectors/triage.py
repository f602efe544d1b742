"""What a triage decision is made on: the responses that count, and earlier decisions."""

from collections.abc import Sequence

from cohorts.models import Child
from consent import status_rules
from consent.facts import rule_inputs, triage_input
from consent.models import ConsentResponse, Triage

# A response as the rules see it, and as it is stored.
Counted = tuple[status_rules.Response, ConsentResponse]


def counted_responses(child: Child, programme: str, academic_year: int) -> list[Counted]:
    """The responses that count for a child's programme and year, with what they say; the newest
    first. At most three queries.
    """
    stored = list(
        ConsentResponse.objects.filter(
            child=child, programme=programme, academic_year=academic_year
        ).select_related("recorded_by")
    )
    counted = status_rules.counted_responses(
        rule_inputs(stored), programme=programme, academic_year=academic_year
    )
    by_order = {response.pk: response for response in stored}
    return [
        (seen, by_order[seen.order])
        for seen in sorted(counted, key=lambda one: (one.responded_at, one.order), reverse=True)
    ]


def triages_of(child: Child, academic_year: int) -> Sequence[Triage]:
    """All decisions about a child in a year, the newest first; one query."""
    return list(
        Triage.objects.filter(child=child, academic_year=academic_year).select_related(
            "performed_by"
        )
    )


def newest_triage(child: Child, programme: str, academic_year: int) -> Triage | None:
    """The decision that counts for a child's programme and year."""
    stored = {
        triage.pk: triage
        for triage in triages_of(child, academic_year)
        if triage.programme_id == programme
    }
    newest = status_rules.newest_triage(
        map(triage_input, stored.values()), programme=programme, academic_year=academic_year
    )
    return stored[newest.order] if newest else None
